/** An engine over another, of which every commit is told: before, to look at it, hold it back or refuse it; and after. */

import type { Storage, StorageBatch, StorageEngine } from '../../src/storage/storage.ts';

export type Watch = {
  readonly before?: (batch: StorageBatch) => void | Promise<void>;
  readonly after?: (storage: Storage) => void | Promise<void>;
};

export function watched(inner: StorageEngine, { before, after }: Watch): StorageEngine {
  return {
    name: 'watched',
    open: async (): Promise<Storage> => {
      const storage = await inner.open();
      return {
        manifest: storage.manifest,
        place: storage.place,
        getMany: (keys) => storage.getMany(keys),
        scan: (range) => storage.scan(range),
        close: () => storage.close(),
        commit: async (batch, durability) => {
          await before?.(batch);
          await storage.commit(batch, durability);
          await after?.(storage);
        },
      };
    },
  };
}
