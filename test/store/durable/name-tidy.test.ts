import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { memoryStorage } from '../../../src/storage/memory.ts';
import type { ByteEntry, Storage, StorageEngine } from '../../../src/storage/storage.ts';
import { KIND, rangeOf } from '../../../src/store/durable/layout.ts';
import { openStore } from '../../../src/store/open-store.ts';
import type { VersionedKVStore } from '../../../src/store/versioned-kv-store.ts';
import { rewriteNames } from '../../scenarios/harmed-names.ts';
import { entriesOf } from '../../scenarios/kit.ts';
import { watched } from '../../storage/watched.ts';

/** The faults of what is stored at this moment, found by a store that is opened on a copy. */
async function faultsOf(storage: Storage): Promise<readonly string[]> {
  const entries: ByteEntry[] = [];
  for await (const chunk of storage.scan({})) entries.push(...chunk);
  const copy = memoryStorage();
  const written = await copy.open();
  await written.commit({ puts: entries, deletes: [] }, 'synced');
  await written.close();
  const store = await openStore({ storage: copy });
  const { faults, records, dots } = await store.verify();
  await store.close();
  return [...faults.map(({ kind }) => kind), ...(dots < records ? [`${dots} dots of ${records} records`] : [])];
}

async function bytesOfNames(engine: StorageEngine): Promise<number> {
  const storage = await engine.open();
  const entries = await entriesOf(storage, KIND.names);
  await storage.close();
  return entries.reduce((sum, [key, value]) => sum + key.length + value.length, 0);
}

const KEYS = Array.from({ length: 60 }, (_, n) => `${n}/a key that takes a few bytes`);
const anyOperation = fc.record({ key: fc.nat(KEYS.length - 1), isDelete: fc.boolean(), others: fc.nat(12) });

async function apply(
  store: VersionedKVStore,
  { key, isDelete, others }: { readonly key: number; readonly isDelete: boolean; readonly others: number },
): Promise<void> {
  const keys = new Set(Array.from({ length: others + 1 }, (_, n) => KEYS[(key + n * n) % KEYS.length] as string));
  await store.batch([...keys].map((each) => (isDelete ? { delete: each } : { put: each, value: others })));
}

describe('compact', () => {
  test('writes the names anew while others write, and after every commit the index agrees with the records', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(anyOperation, { minLength: 1, maxLength: 30 }),
        fc.array(anyOperation, { maxLength: 5 }),
        fc.boolean(),
        async (before, during, reaps) => {
          const found: string[] = [];
          const engine = watched(memoryStorage(), {
            after: async (storage) => {
              // Not before there is a store.
              if (isOpen) found.push(...(await faultsOf(storage)));
            },
          });
          let isOpen = false;
          const store = await openStore({ name: 'a', storage: engine });
          for (const operation of before) await apply(store, operation);
          isOpen = true;
          if (reaps) await store.reap({ force: true });
          await Promise.all([store.compact(), ...during.map((operation) => apply(store, operation))]);
          await store.compact();
          expect(found).toEqual([]);
          expect((await store.verify()).faults).toEqual([]);
          await store.close();
        },
      ),
      { numRuns: 40 },
    );
  });

  test('leaves no name of what was overwritten, deleted or reaped', async () => {
    const engine = memoryStorage();
    const store = await openStore({ name: 'a', storage: engine });
    for (let round = 0; round < 10; round += 1) await store.batch(KEYS.map((put) => ({ put, value: round })));
    await store.batch(KEYS.slice(1).map((key) => ({ delete: key })));
    await store.reap();
    await store.compact();
    await store.close();
    // What is left is one name, and the names that the last commits left beside the moment.
    expect(await bytesOfNames(engine)).toBeLessThan(100);
  });

  test('leaves names alone that cannot be read, for a check to find', async () => {
    const engine = memoryStorage();
    const store = await openStore({ name: 'a', storage: engine });
    await store.batch(KEYS.map((put) => ({ put, value: 1 })));
    await store.close();
    await harm(engine, (sealed) => sealed.map((byte, at) => (at === 9 ? byte ^ 1 : byte)));
    const again = await openStore({ storage: engine });
    await again.compact();
    const { faults } = await again.verify();
    expect(new Set(faults.map(({ kind }) => kind))).toEqual(new Set(['index-corrupt', 'index-missing']));
    expect((await again.verify()).faults).toEqual([]);
    await again.compact();
    expect((await again.verify()).faults).toEqual([]);
    await again.close();
  });
});

describe('a store that is written for a long time', () => {
  test.each([1, 300])('keeps no more names than its keys need: %i at a time', async (together) => {
    const engine = memoryStorage();
    const store = await openStore({ name: 'a', storage: engine });
    for (let round = 0; round < 6_000 / together; round += 1) {
      await Promise.all(Array.from({ length: together }, (_, n) => store.put(KEYS[n % 20] as string, n)));
    }
    await store.close();
    // Some 500 stale names are tolerated, each of some 35 bytes and its end.
    expect(await bytesOfNames(engine)).toBeLessThan(30_000);
    const again = await openStore({ storage: engine });
    expect((await again.verify()).faults).toEqual([]);
    await again.close();
  });

  test('goes on to tidy up after it could not', async () => {
    const engine = memoryStorage();
    let isFailing = false;
    const storage: StorageEngine = {
      name: 'failing',
      open: async () => {
        const inner = await engine.open();
        return {
          manifest: inner.manifest,
          place: undefined,
          getMany: (keys) => inner.getMany(keys),
          scan: (range) => {
            if (isFailing && range.from?.[0] === KIND.names) throw new Error('the disk does not answer');
            return inner.scan(range);
          },
          commit: (batch, durability) => inner.commit(batch, durability),
          close: () => inner.close(),
        };
      },
    };
    const store = await openStore({ name: 'a', storage });
    isFailing = true;
    for (let n = 0; n < 2_000; n += 1) await store.put('k', n);
    isFailing = false;
    for (let n = 0; n < 3_000; n += 1) await store.put('k', n);
    await store.close();
    expect(await bytesOfNames(engine)).toBeLessThan(40_000);
  });
});

describe('names that were lost', () => {
  test('of what was reaped since do not make it damaged', async () => {
    const engine = memoryStorage();
    const store = await openStore({ name: 'a', storage: engine });
    await store.batch(KEYS.map((put) => ({ put, value: 1 })));
    await store.compact();
    for (const key of KEYS) await store.delete(key);
    await store.reap();
    await store.close();
    const storage = await engine.open();
    const entries = await entriesOf(storage, KIND.names);
    await storage.commit({ puts: [], deletes: entries.slice(1).map(([key]) => key) }, 'synced');
    await rewriteNames(storage, (key) => key);
    await storage.close();
    const again = await openStore({ storage: engine });
    const { faults } = await again.verify();
    expect(new Set(faults.map(({ kind }) => kind))).toEqual(new Set(['index-stale']));
    expect((await again.get(KEYS[0] as string)).status).toBe('absent');
    expect((await again.verify()).faults).toEqual([]);
    await again.close();
  });
});

async function harm(engine: StorageEngine, change: (sealed: Uint8Array) => Uint8Array): Promise<void> {
  const storage = await engine.open();
  for await (const chunk of storage.scan(rangeOf(KIND.names)))
    await storage.commit({ puts: chunk.map(([key, sealed]) => [key, change(sealed)]), deletes: [] }, 'synced');
  await storage.close();
}
