import { describe, expect, test } from 'vitest';
import { exchange } from '../../src/repair/exchange-local.ts';
import { memoryStorage } from '../../src/storage/memory.ts';
import type { ByteRange, Storage, StorageEngine } from '../../src/storage/storage.ts';
import { restoreBackup } from '../../src/store/durable/index.ts';
import { DOT_OF_FORMAT_1, KIND } from '../../src/store/durable/layout.ts';
import { IDENTITY_KEY } from '../../src/store/durable/stored-meta.ts';
import { dropRecord, entriesOf, faultsOf, meet, openTrio, Replica, removing, shown } from './kit.ts';

/** An engine whose scan of the dot index, which only a check makes, takes a while. */
function slowToCheck(inner: StorageEngine, atCheck: () => Promise<void>): StorageEngine {
  return {
    name: 'slow',
    open: async (): Promise<Storage> => {
      const storage = await inner.open();
      return {
        manifest: storage.manifest,
        place: undefined,
        getMany: (keys) => storage.getMany(keys),
        commit: (batch, durability) => storage.commit(batch, durability),
        close: () => storage.close(),
        async *scan(range: ByteRange) {
          if (range.from?.[0] === DOT_OF_FORMAT_1 && range.to?.[0] !== DOT_OF_FORMAT_1 + 1) await atCheck();
          yield* storage.scan(range);
        },
      };
    },
  };
}

/** Makes `replica` one that has reaped a tombstone nobody else knows, so that the next exchange reconciles. */
async function reapSomething({ store }: Replica): Promise<void> {
  await store.put('passing', 'v');
  await store.delete('passing');
  await store.reap({ force: true });
}

describe('a loss never spreads', () => {
  test('exchange: a record lost with its index entries is not taken for deleted by a peer that reconciles', async () => {
    const [a, b, c] = await openTrio();
    await c.store.put('k', 'v1');
    await exchange(c.store, a.store);
    await a.hurt((storage) => dropRecord(storage, 'k', 'with index'));
    await exchange(a.store, b.store);
    await reapSomething(b);
    await exchange(b.store, c.store);
    expect(await shown(c, 'k')).toBe('v1');
    await meet([a, b, c], 3);
    expect(await shown(a, 'k')).toBe('v1');
    expect(await faultsOf(a)).toEqual([]);
  });

  test('exchange: one that begins while another is finding out what was lost says nothing of it', async () => {
    const [, b, c] = await openTrio();
    const engine = memoryStorage();
    let begin: () => void = () => undefined;
    let goOn: () => void = () => undefined;
    const hasBegun = new Promise<void>((resolve) => {
      begin = resolve;
    });
    const mayGoOn = new Promise<void>((resolve) => {
      goOn = resolve;
    });
    const a = await Replica.open(
      'a',
      slowToCheck(engine, () => {
        begin();
        return mayGoOn;
      }),
    );
    await c.store.put('k', 'v1');
    await exchange(c.store, a.store);
    await a.hurt((storage) => dropRecord(storage, 'k', 'index stays'));
    await c.store.put('news', 'v');
    const first = exchange(a.store, c.store).catch(() => undefined);
    await hasBegun; // everything is read, the check is under way
    const second = exchange(a.store, b.store).catch(() => undefined);
    for (let turn = 0; turn < 200; turn += 1) await undefined; // as far as it comes before the check ends
    goOn();
    await Promise.all([first, second]);
    await reapSomething(b);
    await exchange(b.store, c.store);
    expect(await shown(c, 'k')).toBe('v1');
  });

  test('put: nobody writes over a record that vanished, as if it had never been', async () => {
    const [a, b, c] = await openTrio();
    await b.store.put('k', 'v1');
    await meet([a, b, c]);
    await a.hurt((storage) => dropRecord(storage, 'k', 'index stays'));
    expect(await shown(a, 'k')).toBe('RECORD_CORRUPT');
    await expect(a.store.delete('k')).rejects.toMatchObject({ code: 'RECORD_CORRUPT' });
    await meet([a, b, c], 3);
    expect([await shown(a, 'k'), await shown(b, 'k')]).toEqual(['v1', 'v1']);
  });

  test('receiveReplica: an update of a record that vanished leaves sums that fit, and exchanges fall silent', async () => {
    const [a, b, c] = await openTrio();
    await b.store.put('k', 'v1');
    await meet([a, b, c]);
    await a.hurt((storage) => dropRecord(storage, 'k', 'index stays'));
    await b.store.put('k', 'v2');
    await a.store.receiveReplica('k', await b.store.record('k')).catch(() => undefined);
    await meet([a, b, c], 2);
    expect(await meet([a, b, c], 1)).toEqual(['equal', 'equal', 'equal']);
    await a.store.verify();
    expect(await faultsOf(a)).toEqual([]);
  });
});

describe('what is lost is known to be lost', () => {
  test('load: a record that the replica wrote itself and lost is damaged, not absent', async () => {
    const [a, b, c] = await openTrio();
    await a.store.put('k', 'v1');
    await meet([a, b, c]);
    await a.hurt((storage) => dropRecord(storage, 'k', 'index stays'));
    await a.store.load().catch(() => undefined);
    expect(await shown(a, 'k')).toBe('RECORD_CORRUPT');
    await meet([a, b, c], 3);
    expect(await shown(a, 'k')).toBe('v1');
    expect(a.told).toEqual(['renewed', 'damage']);
  });

  test('exchange: the first after a loss does not break off', async () => {
    const [a, b, c] = await openTrio();
    await b.store.put('k', 'v1');
    await meet([a, b, c]);
    await a.hurt((storage) => dropRecord(storage, 'k', 'index stays'));
    await b.store.put('news', 'v');
    await exchange(a.store, b.store);
    await meet([a, b, c], 2);
    expect([await shown(a, 'k'), await shown(a, 'news')]).toEqual(['v1', 'v']);
  });

  test('verify: a record that nobody else ever had can be given up, by a write or by what a peer writes', async () => {
    const [a, b, c] = await openTrio();
    await meet([a, b, c]);
    await a.store.put('k', 'only here');
    await a.hurt((storage) => dropRecord(storage, 'k', 'index stays'));
    expect(await faultsOf(a)).toEqual(['record-missing k']);
    await b.store.put('k', 'written later');
    await meet([a, b, c], 3);
    expect(await shown(a, 'k')).toBe('written later');
    await a.store.reap();
    expect(await faultsOf(a)).toEqual([]);
  });

  test('exchange: a write beside what was lost does not stand for it, and nobody hears from there what it had superseded', async () => {
    const [a, b, c] = await openTrio();
    await b.store.put('k', 'v1');
    await exchange(b.store, a.store);
    await b.store.put('k', 'v2');
    await exchange(b.store, a.store);
    await a.hurt((storage) => dropRecord(storage, 'k', 'index stays'));
    expect(await faultsOf(a)).toEqual(['record-missing k']);
    await c.store.put('k', 'v3');
    await meet([a, c], 2);
    expect(await shown(a, 'k')).toBe('RECORD_CORRUPT');
    const d = await Replica.open('d');
    await exchange(a.store, d.store);
    expect((await d.store.get('k')).clock.get(b.store.id)).toBe(0);
    await meet([a, b, c, d], 3);
    for (const { store } of [a, b, c, d]) expect(await shown({ store } as Replica, 'k')).toBe('v2|v3');
    expect(await faultsOf(a)).toEqual([]);
  });

  test('openStore: records without an identity are not an empty place', async () => {
    const a = await Replica.open('a');
    await a.store.put('k', 'unsent');
    await a.store.close();
    const storage = await a.engine.open();
    await storage.commit(removing([IDENTITY_KEY]), 'synced');
    await storage.close();
    await expect(a.open()).rejects.toMatchObject({ code: 'RECORD_CORRUPT' });
  });

  test('openStore: a number of the id book that was lost is not given to another id', async () => {
    const [a, b, c] = await openTrio();
    await b.store.put('k', 'by b');
    await exchange(a.store, b.store);
    await a.hurt(async (storage) => {
      const last = (await entriesOf(storage, KIND.id)).at(-1)?.[0];
      if (last !== undefined) await storage.commit(removing([last]), 'synced');
    });
    await c.store.put('z', 'by c');
    await a.store.receiveReplica('z', await c.store.record('z'));
    const dot = await a.store.get('k').then(
      ({ siblings }) => siblings[0]?.dot.id,
      () => 'refused',
    );
    expect(['refused', b.store.id]).toContain(dot);
    await meet([a, b, c], 3);
    for (const key of ['k', 'z']) expect([key, await shown(a, key)]).toEqual([key, await shown(b, key)]);
  });
});

describe('no dot is used twice', () => {
  test('openStore: a wiped store with the same incarnation that writes before it meets anybody loses nothing', async () => {
    const options = { incarnation: 'fixed' };
    const [before, b, c] = [await Replica.open('a', memoryStorage(), options), ...(await openTrio()).slice(1)] as const;
    if (b === undefined || c === undefined) return expect.fail('there are three');
    for (const key of ['k1', 'k2', 'k3']) await before.store.put(key, `${key} before`);
    await meet([before, b, c]);
    const a = await Replica.open('a', memoryStorage(), options);
    await a.store.put('k1', 'k1 after');
    await a.store.put('z', 'z after');
    await meet([a, b, c], 4);
    const all: Record<string, string> = { k2: 'k2 before', k3: 'k3 before', z: 'z after' };
    for (const replica of [a, b, c])
      for (const [key, value] of Object.entries(all))
        expect([replica.name, key, await shown(replica, key)]).toEqual([replica.name, key, value]);
    expect(await shown(a, 'k1')).toContain('k1 after');
    expect(await shown(b, 'k1')).toBe(await shown(a, 'k1'));
  });

  test('openStore: a restored store never draws the incarnation it had, whatever chance says', async () => {
    const env = { now: () => 1, random: () => 0.5 };
    const a = await Replica.open('a', memoryStorage(), { env });
    await a.store.put('k', 'v');
    const engine = memoryStorage();
    await restoreBackup(a.store.backup(), engine);
    const restored = await Replica.open('a', engine, { env });
    expect(restored.store.id).not.toBe(a.store.id);
  });
});

describe('reading what is not there', () => {
  test('get: a key that was never written is absent in a store that was opened again', async () => {
    const a = await Replica.open('a');
    // A store that asks for ever without leaving the processor is stopped by its engine: no timer would fire.
    const { engine } = a;
    let reads = 0;
    await a.store.close();
    a.engine = {
      name: 'counted',
      open: async () => {
        const storage = await engine.open();
        const { manifest, place } = storage;
        return {
          ...{ manifest, place },
          scan: (range) => storage.scan(range),
          commit: (batch, durability) => storage.commit(batch, durability),
          close: () => storage.close(),
          getMany: (keys) => {
            if (++reads > 100) throw new Error('it reads the same key for ever');
            return storage.getMany(keys);
          },
        } satisfies Storage;
      },
    };
    await a.open();
    expect((await a.store.get('never written')).status).toBe('absent');
  });
});
