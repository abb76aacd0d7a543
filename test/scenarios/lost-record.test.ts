import { describe, expect, test } from 'vitest';
import { exchange } from '../../src/repair/exchange-local.ts';
import type { ByteEntry, Storage, StorageEngine } from '../../src/storage/storage.ts';
import { KIND, textKey } from '../../src/store/durable/layout.ts';
import {
  agree,
  directories,
  dropRecord,
  faultsOf,
  flipRecord,
  Ledger,
  meet,
  openTrioIn,
  type Replica,
  shown,
} from './kit.ts';

const directory = directories();

type Harm = readonly [name: string, harm: (storage: Storage) => Promise<void>, fault: string];
const HARMS: readonly Harm[] = [
  ['a record is gone', (storage) => dropRecord(storage, 'k', 'index stays'), 'record-missing k'],
  ['a record is corrupt', (storage) => flipRecord(storage, 'k'), 'record-corrupt k'],
];

/** What a reader may not be told of a damaged key, whatever it asks. */
async function expectRefused({ store }: Replica, key: string): Promise<void> {
  const refused = { code: 'RECORD_CORRUPT' };
  await expect(store.get(key)).rejects.toMatchObject(refused);
  await expect(store.getMany(['other', key])).rejects.toMatchObject(refused);
  await expect(store.put(key, 'over it')).rejects.toMatchObject(refused);
  await expect(store.delete(key)).rejects.toMatchObject(refused);
  await expect(store.record(key)).rejects.toMatchObject(refused);
  expect(() => store.peek(key)).toThrow(expect.objectContaining(refused));
  const listed = async (): Promise<void> => {
    for await (const each of store.keys()) expect(each).not.toBe('');
  };
  await expect(listed()).rejects.toMatchObject(refused);
}

describe.each(HARMS)('while the store was closed %s', (_, harm, fault) => {
  test.each([
    ['written by a peer', 'b'],
    ['written here', 'a'],
  ])('verify names it, readers are refused, one exchange refills it: %s', async (_who, author) => {
    const [a, b, c] = await openTrioIn(directory);
    const ledger = new Ledger();
    await a.put(ledger, 'other', 'v');
    await (author === 'a' ? a : b).put(ledger, 'k', 'v');
    await meet([a, b, c]);
    const before = a.store.id;
    await a.hurt(harm);
    expect(await faultsOf(a)).toEqual([fault]);
    expect(await faultsOf(a)).toEqual(['still-damaged k']);
    await expectRefused(a, 'k');
    expect(a.told).toEqual(author === 'a' ? ['renewed', 'damage'] : ['damage']);
    expect(a.reports.at(-1)).toMatchObject({ kind: 'damage', keys: ['k'] });
    expect(a.store.id === before).toBe(author !== 'a');
    await a.put(ledger, 'written while damaged', 'v');
    await exchange(a.store, b.store);
    expect(await shown(a, 'k')).toBe('v');
    expect(await faultsOf(a)).toEqual([]);
    await agree([a, b, c], ledger, { k: 'v', other: 'v', 'written while damaged': 'v' });
  });

  test('it is still damaged when the store was closed and opened before anybody refilled it', async () => {
    const [a, b, c] = await openTrioIn(directory);
    const ledger = new Ledger();
    await b.put(ledger, 'k', 'v');
    await meet([a, b, c]);
    await a.hurt(harm);
    expect(await shown(a, 'k')).toBe('RECORD_CORRUPT');
    await a.store.close();
    await a.open();
    await expectRefused(a, 'k');
    expect(await faultsOf(a)).toEqual(['still-damaged k']);
    await agree([a, b, c], ledger, { k: 'v' });
  });

  test('an update that arrives meanwhile is taken in, by an exchange or alone', async () => {
    for (const isAlone of [false, true]) {
      const [a, b, c] = await openTrioIn(directory);
      const ledger = new Ledger();
      await b.put(ledger, 'k', 'old');
      await meet([a, b, c]);
      await a.hurt(harm);
      await b.put(ledger, 'k', 'new');
      if (isAlone) await a.store.receiveReplica('k', await b.store.record('k'));
      else await exchange(b.store, a.store);
      expect(await shown(a, 'k')).toBe('new');
      await agree([a, b, c], ledger, { k: 'new' });
    }
  });

  test('a stale record that arrives meanwhile heals nothing and brings nothing back', async () => {
    const [a, b, c] = await openTrioIn(directory);
    const ledger = new Ledger();
    await b.put(ledger, 'k', 'old');
    const stale = await b.store.record('k');
    await b.put(ledger, 'k', 'new');
    await meet([a, b, c]);
    await a.hurt(harm);
    await a.store.receiveReplica('k', stale);
    expect(await shown(a, 'k')).toBe('RECORD_CORRUPT');
    await agree([a, b, c], ledger, { k: 'new' });
  });

  test('a tombstone: what it deleted does not come back, and it is reaped in the end', async () => {
    const [a, b, c] = await openTrioIn(directory);
    const ledger = new Ledger();
    await b.put(ledger, 'k', 'v');
    const stale = await b.store.record('k');
    await meet([a, b, c]);
    await b.delete(ledger, 'k');
    await meet([a, b, c]);
    await a.hurt(harm);
    expect(await shown(a, 'k')).toBe('RECORD_CORRUPT');
    await a.store.receiveReplica('k', stale);
    expect(await shown(a, 'k')).toBe('RECORD_CORRUPT');
    await meet([a, b, c]);
    expect(await shown(a, 'k')).toBe('deleted');
    for (const { store } of [a, b, c]) await store.reap();
    await agree([a, b, c], ledger, { k: 'absent' });
  });

  test('a tombstone that the others reap without this replica, which was away, ends as theirs did', async () => {
    const [a, b, c] = await openTrioIn(directory);
    const ledger = new Ledger();
    await c.put(ledger, 'k', 'v');
    await meet([a, b, c]);
    await b.delete(ledger, 'k');
    await meet([a, b, c]);
    await a.hurt(harm);
    for (const { store } of [b, c]) await store.reap({ force: true });
    await meet([b, c]);
    await a.put(ledger, 'unsent', 'v');
    expect(await shown(a, 'k')).toBe('RECORD_CORRUPT');
    await agree([a, b, c], ledger, { k: 'absent', unsent: 'v' });
  });

  test('a value that the others deleted and reaped while this replica was away is gone, not lost', async () => {
    const [a, b, c] = await openTrioIn(directory);
    const ledger = new Ledger();
    await c.put(ledger, 'k', 'v');
    await a.put(ledger, 'other', 'v');
    await meet([a, b, c]);
    await a.hurt(harm);
    await b.delete(ledger, 'k');
    await b.put(ledger, 'other', 'new');
    for (let n = 0; n < 2; n++) {
      await meet([b, c]);
      for (const { store } of [b, c]) await store.reap({ force: true });
    }
    expect(await shown(a, 'k')).toBe('RECORD_CORRUPT');
    await agree([a, b, c], ledger, { k: 'absent', other: 'new' });
  });

  test('a peer that comes back after a year keeps what the damaged replica lost', async () => {
    const [a, b, c] = await openTrioIn(directory);
    const ledger = new Ledger();
    await c.put(ledger, 'k', 'v');
    await meet([a, b, c]);
    await a.hurt(harm);
    await b.put(ledger, 'passing', 'v');
    await b.delete(ledger, 'passing');
    await exchange(a.store, b.store);
    for (const { store } of [a, b]) await store.reap({ force: true });
    await exchange(a.store, c.store);
    await agree([a, b, c], ledger, { k: 'v', passing: 'absent' });
  });
});

/** Loses the record of a key from a moment on, in the middle of the life of whoever has it open. */
function losing(inner: StorageEngine): { readonly engine: StorageEngine; readonly lose: (key: string) => void } {
  const lost = new Set<string>();
  const isLost = (key: Uint8Array): boolean => lost.has(String(key));
  const engine: StorageEngine = {
    name: `losing ${inner.name}`,
    open: async (): Promise<Storage> => {
      const storage = await inner.open();
      return {
        manifest: storage.manifest,
        place: storage.place,
        getMany: async (keys) =>
          (await storage.getMany(keys)).map((value, at) => (isLost(keys[at] ?? new Uint8Array()) ? undefined : value)),
        async *scan(range) {
          for await (const chunk of storage.scan(range)) yield chunk.filter(([key]: ByteEntry) => !isLost(key));
        },
        commit: async (batch, durability) => {
          await storage.commit(batch, durability);
          for (const [key] of batch.puts) lost.delete(String(key));
        },
        close: () => storage.close(),
      };
    },
  };
  return { engine, lose: (key) => lost.add(String(textKey(KIND.record, key))) };
}

describe('while the store is open a record is lost', () => {
  test('before anybody has read it: nobody is told that it never was', async () => {
    const [a, b, c] = await openTrioIn(directory);
    const ledger = new Ledger();
    await b.put(ledger, 'k', 'v');
    await a.put(ledger, 'other', 'v');
    await meet([a, b, c]);
    await a.store.close();
    const { engine, lose } = losing(a.engine);
    a.engine = engine;
    await a.open();
    lose('k');
    await expectRefused(a, 'k');
    expect(await faultsOf(a)).toEqual(['still-damaged k']);
    expect(a.reports).toMatchObject([{ kind: 'damage', keys: ['k'] }]);
    await agree([a, b, c], ledger, { k: 'v', other: 'v' });
  });

  test('after it was read: verify names it, and writes it again from memory', async () => {
    const [a, b, c] = await openTrioIn(directory);
    const ledger = new Ledger();
    await b.put(ledger, 'k', 'v');
    await meet([a, b, c]);
    await a.store.close();
    const { engine, lose } = losing(a.engine);
    a.engine = engine;
    await a.open();
    await a.store.load();
    lose('k');
    expect(await shown(a, 'k')).toBe('v');
    expect(await faultsOf(a)).toEqual(['record-missing k']);
    expect(await faultsOf(a)).toEqual([]);
    expect(await shown(a, 'k')).toBe('v');
    await agree([a, b, c], ledger, { k: 'v' });
  });

  test('and an update of what is in memory writes it anew', async () => {
    const [a, b, c] = await openTrioIn(directory);
    const ledger = new Ledger();
    await b.put(ledger, 'k', 'v');
    await meet([a, b, c]);
    await a.store.close();
    const { engine, lose } = losing(a.engine);
    a.engine = engine;
    await a.open();
    await a.store.load();
    lose('k');
    await a.put(ledger, 'k', 'new');
    expect(await faultsOf(a)).toEqual([]);
    await agree([a, b, c], ledger, { k: 'new' });
  });
});

describe('a record that vanished with everything that names it', () => {
  test('verify says that something is missing, others keep it, and one exchange with a healthy peer brings it back', async () => {
    const [a, b, c] = await openTrioIn(directory);
    const ledger = new Ledger();
    await b.put(ledger, 'k', 'v');
    await a.put(ledger, 'other', 'v');
    await meet([a, b, c]);
    await a.hurt((storage) => dropRecord(storage, 'k', 'with index'));
    expect(await faultsOf(a)).toEqual(['sum-differs']);
    expect(a.told).toEqual(['renewed', 'damage']);
    await exchange(a.store, b.store);
    expect(await shown(a, 'k')).toBe('v');
    expect(await faultsOf(a)).toEqual([]);
    await agree([a, b, c], ledger, { k: 'v', other: 'v' });
  });
});
