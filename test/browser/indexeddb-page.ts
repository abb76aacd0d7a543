/** What the test of the IndexedDB engine runs in the browser: bundled by esbuild, called by name from the test. */

import { indexedDb } from '../../src/storage/indexeddb.ts';
import type { Storage } from '../../src/storage/storage.ts';
import { storageLaws } from '../../src/testkit/storage-suite.ts';

const opened = new Map<string, Storage>();
let made = 0;

/** What a test may ask of the page; answers are JSON. */
export const page = {
  /** Runs a law of the port on a database nobody has used; its complaint, or undefined. */
  law: async (name: string): Promise<string | undefined> => {
    const { run } = storageLaws.find((law) => law.name === name) ?? {};
    made += 1;
    const database = `law-${made}`;
    return run === undefined ? `there is no law "${name}"` : told(() => run(() => indexedDb(database)));
  },

  open: (database: string): Promise<string | undefined> =>
    told(async () => {
      opened.set(database, await indexedDb(database).open());
    }),

  close: async (database: string): Promise<void> => {
    await opened.get(database)?.close();
  },

  put: (database: string, key: number, byteLength: number): Promise<string | undefined> =>
    told(async () => {
      const value = new Uint8Array(byteLength).map((_, at) => (at * 7919) >> 3);
      await opened.get(database)?.commit({ puts: [[Uint8Array.of(key), value]], deletes: [] }, 'synced');
    }),

  /** How long the value of a key is; -1 for none. */
  byteLength: async (database: string, key: number): Promise<number> => {
    const [value] = (await opened.get(database)?.getMany([Uint8Array.of(key)])) ?? [];
    return value?.length ?? -1;
  },
};

/** The code of the CausalError that `use` ends with, or what else it throws. */
async function told(use: () => Promise<void>): Promise<string | undefined> {
  try {
    await use();
    return undefined;
  } catch (error) {
    if (error instanceof Error && 'code' in error && typeof error.code === 'string') return error.code;
    return String(error);
  }
}

Object.assign(globalThis, { page });
