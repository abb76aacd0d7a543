/** Directories for the stores of one test file, and the stores in them. */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';
import { level } from '../../src/storage/level.ts';
import { KIND, textKey } from '../../src/store/durable/layout.ts';
import { openStore } from '../../src/store/open-store.ts';
import type { VersionedKVStore } from '../../src/store/versioned-kv-store.ts';
import { runCairn } from './drive-process.ts';

export class Directories {
  readonly root: string;
  #made = 0;

  constructor(name: string) {
    this.root = mkdtempSync(join(tmpdir(), `cairn-${name}-`));
    afterAll(() => rmSync(this.root, { recursive: true, force: true }));
  }

  /** A place where nothing is yet. */
  next(name: string): string {
    this.#made += 1;
    return join(this.root, String(this.#made), name);
  }
}

/** Does something with the store in a directory, in this process. */
export async function inStore<R>(directory: string, use: (store: VersionedKVStore<unknown>) => Promise<R>): Promise<R> {
  const store = await openStore<unknown>({ storage: level(directory) });
  try {
    return await use(store);
  } finally {
    await store.close();
  }
}

/** Changes one bit of the stored record of a key. */
export async function damage(directory: string, key: string): Promise<void> {
  const storage = await level(directory).open();
  const at = textKey(KIND.record, key);
  const [bytes] = await storage.getMany([at]);
  const changed = bytes!.slice();
  changed[3]! ^= 1;
  await storage.commit({ puts: [[at, changed]], deletes: [] }, 'synced');
  await storage.close();
}

/** What a command prints; it must end well, and say nothing beside but what `notices` expects. */
export async function cairn(args: readonly string[], notices: RegExp = /^$/, input = ''): Promise<string> {
  const { status, stdout, stderr } = await runCairn(args, input);
  if (status !== 0 || !notices.test(stderr)) throw new Error(`cairn ${args.join(' ')}: ${status}\n${stdout}${stderr}`);
  return stdout;
}

/** What a command prints as JSON. */
export async function cairnJson(args: readonly string[], notices?: RegExp): Promise<unknown> {
  return JSON.parse(await cairn([...args, '--json'], notices));
}

export const MADE = /^Made a store in .*: the replica ".*"\.\n$/;
