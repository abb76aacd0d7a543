/**
 * Storage in memory that fails when it is told to: the commit or the read at a given place, as full, as failed with or
 * without effect, as unreadable. Everything else answers, so that a test sees what one failure does and for how long.
 */

import { failedStorage, fullStorage, unreadableStorage } from '../../src/storage/failure.ts';
import type { Storage, StorageBatch, StorageEngine } from '../../src/storage/storage.ts';

/** `unsure`: the commit fails, and so do the next reads, so that nobody can tell for a while. */
export type Failure = 'full' | 'failed, applied' | 'failed, not applied' | 'unsure, applied' | 'unsure, not applied';

export const FAILURES: readonly Failure[] = [
  'full',
  'failed, applied',
  'failed, not applied',
  'unsure, applied',
  'unsure, not applied',
];

const UNSURE_READS = 3;

/** What goes wrong, counted from now on; the first commit and the first read have the number 0. */
export class Trouble {
  commits = 0;
  reads = 0;
  #commitsAt = new Map<number, Failure>();
  #readsAt = new Set<number>();

  commitFails(at: number, how: Failure): void {
    this.#commitsAt.set(this.commits + at, how);
  }

  readFails(at: number): void {
    this.#readsAt.add(this.reads + at);
  }

  /** All is well again. */
  end(): void {
    this.#commitsAt.clear();
    this.#readsAt.clear();
  }

  async commit(storage: Storage, batch: StorageBatch): Promise<void> {
    const how = this.#commitsAt.get(this.commits);
    this.commits += 1;
    await new Promise(setImmediate);
    if (how === 'full') throw fullStorage('failing', new Error('no room'));
    if (how === undefined || how === 'failed, applied' || how === 'unsure, applied')
      await storage.commit(batch, 'synced');
    if (how === undefined) return;
    if (how.startsWith('unsure')) for (let at = 0; at < UNSURE_READS; at += 1) this.readFails(at);
    throw failedStorage('failing', new Error('it broke'));
  }

  read(): void {
    const isBroken = this.#readsAt.has(this.reads);
    this.reads += 1;
    if (isBroken) throw unreadableStorage('failing', new Error('it does not answer'));
  }
}

/** The same engine, failing as `trouble` says. */
export function failingEngine(engine: StorageEngine, trouble: Trouble): StorageEngine {
  return {
    name: 'failing',
    open: async () => {
      const storage = await engine.open();
      return {
        manifest: storage.manifest,
        place: storage.place,
        getMany: async (keys) => {
          await new Promise(setImmediate);
          trouble.read();
          return storage.getMany(keys);
        },
        scan: (range) => {
          trouble.read();
          return storage.scan(range);
        },
        commit: (batch) => trouble.commit(storage, batch),
        close: () => storage.close(),
      };
    },
  };
}
