import { describe, expect, test } from 'vitest';
import { CausalError } from '../../../src/errors.ts';
import { exchange } from '../../../src/repair/exchange-local.ts';
import { memoryStorage } from '../../../src/storage/memory.ts';
import type { StorageEngine } from '../../../src/storage/storage.ts';
import { openStore } from '../../../src/store/open-store.ts';
import type { Report } from '../../../src/store/operations.ts';
import type { VersionedKVStore } from '../../../src/store/versioned-kv-store.ts';
import {
  definiteFailure,
  exactSiblings,
  type SessionStoreUnderTest,
  type StoreUnderTest,
  sessionGuarantees,
  storeLaws,
} from '../../../src/testkit/index.ts';
import { Disk } from '../../../src/testkit/schedule/disk.ts';

const parameters = { seed: 20_261_122, numRuns: 150 };
const MEMBERS: readonly string[] = ['a', 'b', 'c'];

async function shownBy(store: VersionedKVStore<string>, key: string) {
  const { siblings, context } = await store.get(key);
  return { values: siblings.flatMap((one) => (one.tombstone ? [] : [one.value])), context };
}

const common = {
  put: (store: VersionedKVStore<string>, key: string, value: string, context: string | undefined) =>
    store.put(key, value, { context: context ?? 'none' }),
  delete: (store: VersionedKVStore<string>, key: string, context: string) => store.delete(key, { context }),
  reap: (store: VersionedKVStore<string>) => store.reap(),
  remains: async (store: VersionedKVStore<string>) => (await store.stats()).tombstones,
  digest: (store: VersionedKVStore<string>) => store.seen.toString(),
};

/** Stores in memory. */
const inMemory: StoreUnderTest<VersionedKVStore<string>, string> = {
  ...common,
  open: (name) => openStore<string>({ name, members: MEMBERS }),
  get: shownBy,
  sync: exchange,
  close: (store) => store.close(),
};

/** A store on a disk that may crash, fail, be harmed and be copied. */
type Durable = { store: VersionedKVStore<string>; readonly disk: Disk; readonly reports: Report[] };

async function openOn(disk: Disk, name: string): Promise<Durable> {
  const reports: Report[] = [];
  const store = await openStore<string>({
    name,
    members: MEMBERS,
    storage: disk,
    onReport: (report) => reports.push(report),
  });
  return { store, disk, reports };
}

async function reopen({ store, disk, reports }: Durable, meanwhile: () => Promise<void> = async () => {}) {
  await disk.cutOff();
  await store.close().catch(() => {});
  await meanwhile();
  const again = await openOn(disk, store.name);
  again.reports.unshift(...reports);
  return again;
}

const durable: StoreUnderTest<Durable, string> = {
  open: (name) => openOn(new Disk(memoryStorage()), name),
  get: ({ store }, key) => shownBy(store, key),
  put: ({ store }, key, value, context) => common.put(store, key, value, context),
  delete: ({ store }, key, context) => common.delete(store, key, context),
  sync: (a, b) => exchange(a.store, b.store),
  reap: ({ store }) => store.reap(),
  remains: ({ store }) => common.remains(store),
  digest: ({ store }) => common.digest(store),
  restart: (replica) => reopen(replica),
  damage: (replica, key) => reopen(replica, () => replica.disk.harm(key, 'flipped')),
  clone: async ({ store, disk }) => {
    const copied = new Disk(memoryStorage());
    await copied.write(await disk.image());
    return openOn(copied, store.name);
  },
  isAlarmed: ({ reports }) => reports.some(({ kind }) => kind === 'renewed'),
  close: ({ store }) => store.close(),
};

describe('VersionedKVStore in memory', () => {
  test('shows exactly the siblings (L4)', () => exactSiblings(inMemory, parameters));
  test.each(storeLaws(inMemory, parameters))('keeps $name', ({ run }) => run());
});

describe('VersionedKVStore on a disk', () => {
  test('shows exactly the siblings (L4)', () => exactSiblings(durable, { ...parameters, numRuns: 60 }));
  test.each(storeLaws(durable, { ...parameters, numRuns: 60 }))('keeps $name', ({ run }) => run());
});

describe('VersionedKVStore on a disk that may be full', () => {
  type Tight = { readonly store: VersionedKVStore<string>; readonly room: { isFull: boolean } };
  let refused = 0;
  const tight: StoreUnderTest<Tight, string> = {
    open: async (name) => {
      const inner = memoryStorage();
      const room = { isFull: false };
      const full = (): boolean => {
        const wasFull = room.isFull;
        room.isFull = false;
        return wasFull;
      };
      const storage: StorageEngine = {
        name: 'tight',
        open: async () => {
          const opened = await inner.open();
          return {
            manifest: opened.manifest,
            place: opened.place,
            getMany: (keys) => opened.getMany(keys),
            scan: (range) => opened.scan(range),
            commit: async (batch, durability) => {
              if (full()) throw new CausalError('STORAGE_FULL', 'Cannot commit: the medium is full');
              await opened.commit(batch, durability);
            },
            close: () => opened.close(),
          };
        },
      };
      return { room, store: await openStore<string>({ name, members: MEMBERS, storage }) };
    },
    get: ({ store }, key) => shownBy(store, key),
    put: ({ store }, key, value, context) => common.put(store, key, value, context),
    delete: ({ store }, key, context) => common.delete(store, key, context),
    sync: async (a, b) => {
      for (const { room } of [a, b]) room.isFull = false;
      await exchange(a.store, b.store);
    },
    failNext: ({ room }) => {
      room.isFull = true;
    },
    outcomeOf: (error) => {
      refused += 1;
      return error instanceof CausalError ? error.outcome : undefined;
    },
    close: ({ store }) => store.close(),
  };
  test('keeps L17 definite failure', async () => {
    await definiteFailure(tight, { ...parameters, numRuns: 60 });
    expect(refused).toBeGreaterThan(10);
  });
});

describe('Session', () => {
  const behind = (error: unknown): 'behind' => {
    if (error instanceof CausalError && error.code === 'BEHIND') return 'behind';
    throw error;
  };
  const sessions: SessionStoreUnderTest<VersionedKVStore<string>, string> = {
    open: (name) => openStore<string>({ name, members: MEMBERS }),
    get: async (store, key, token) => {
      const session = store.session(token);
      try {
        const { siblings } = await session.get(key);
        return { values: siblings.flatMap((one) => (one.tombstone ? [] : [one.value])), session: session.token };
      } catch (error) {
        return behind(error);
      }
    },
    put: async (store, key, value, token) => {
      const session = store.session(token);
      try {
        const { context } = await session.get(key);
        await session.put(key, value, { context });
        return { session: session.token };
      } catch (error) {
        return behind(error);
      }
    },
    sync: exchange,
    close: (store) => store.close(),
  };
  test('Session keeps the four guarantees (L15)', () => sessionGuarantees(sessions, parameters));
});
