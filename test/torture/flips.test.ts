import { describe, expect, test } from 'vitest';
import { DotSet } from '../../src/clock/dot-set.ts';
import { CausalError } from '../../src/errors.ts';
import { exchange } from '../../src/repair/exchange-local.ts';
import { memoryStorage } from '../../src/storage/memory.ts';
import type { ByteEntry, StorageEngine } from '../../src/storage/storage.ts';
import { IdBook } from '../../src/store/durable/id-book.ts';
import { KIND, rangeOf, textKey } from '../../src/store/durable/layout.ts';
import { decodeStoredRecord, encodeStoredRecord } from '../../src/store/durable/stored-record.ts';
import { openStore } from '../../src/store/open-store.ts';
import type { StoreRecord, Version } from '../../src/store/record.ts';
import type { VersionedKVStore } from '../../src/store/versioned-kv-store.ts';

const KEY = textKey(KIND.record, 'käse');

function version(id: string, counter: number, value: Version['value']): Version {
  return { id, counter, time: 1_700_000_000_000, value };
}

const beyond = DotSet.of([
  { id: 'b~2', counter: 9 },
  { id: 'c~3', counter: 2 ** 40 },
]);

const SHAPES: Readonly<Record<string, StoreRecord>> = {
  settled: { versions: [version('a~1', 7, 'red')], residual: DotSet.empty },
  tombstone: { versions: [version('a~1', 300, undefined)], residual: DotSet.empty },
  siblings: {
    versions: [version('a~1', 1, { deep: [1, null, 'x', { y: -0.5 }] }), version('b~2', 70_000, undefined)],
    residual: DotSet.empty,
  },
  residual: { versions: [version('a~1', 2, 12n)], residual: beyond },
  'residual alone': { versions: [], residual: beyond },
  'big value': { versions: [version('b~2', 5, 'x'.repeat(2_000))], residual: DotSet.empty },
  bytes: { versions: [version('b~2', 5, new Uint8Array(300).fill(7))], residual: DotSet.empty },
};

function book(): IdBook {
  const ids = new IdBook();
  for (const id of ['a~1', 'b~2', 'c~3']) ids.numberOf(id);
  return ids;
}

/** The code of the refusal; `accepted` when there is none. */
function verdict(key: Uint8Array, bytes: Uint8Array): string {
  try {
    decodeStoredRecord(key, bytes, book());
    return 'accepted';
  } catch (error) {
    return error instanceof CausalError ? error.code : String(error);
  }
}

describe('decodeStoredRecord', () => {
  test.each(Object.keys(SHAPES))('finds every flipped bit, every truncation and every growth (%s)', (shape) => {
    const record = SHAPES[shape] as StoreRecord;
    const sealed = encodeStoredRecord(KEY, record, book());
    expect(decodeStoredRecord(KEY, sealed, book())).toEqual(record);
    const verdicts = new Set<string>();
    for (let bit = 0; bit < sealed.length * 8; bit += 1) {
      const flipped = sealed.slice();
      flipped[bit >> 3] = (flipped[bit >> 3] as number) ^ (1 << (bit & 7));
      verdicts.add(verdict(KEY, flipped));
    }
    for (let length = 0; length < sealed.length; length += 1) verdicts.add(verdict(KEY, sealed.subarray(0, length)));
    for (const tail of [[0], [0, 0, 0, 0], [255]]) verdicts.add(verdict(KEY, Uint8Array.of(...sealed, ...tail)));
    verdicts.add(verdict(KEY, new Uint8Array(sealed.length)));
    verdicts.add(verdict(textKey(KIND.record, 'other'), sealed));
    expect([...verdicts]).toEqual(['RECORD_CORRUPT']);
  });
});

type Told = { readonly status: string; readonly values: string };

/** What a key shows, or the code of the refusal. */
async function told(store: VersionedKVStore, key: string): Promise<Told | string> {
  try {
    const { status, siblings } = await store.get(key);
    return { status, values: JSON.stringify(siblings) };
  } catch (error) {
    if (error instanceof CausalError) return error.code;
    throw error;
  }
}

const KEYS = ['gone', 'k0', 'k1', 'k2', 'lost', 'own', 'two'];

/** A store with every kind of entry: a tombstone, siblings, a peer, a damaged key. */
async function medium(): Promise<{ readonly entries: readonly ByteEntry[]; readonly peer: VersionedKVStore }> {
  const engine = memoryStorage();
  const options = { name: 'a', incarnation: '1', storage: engine, members: ['a', 'b'] };
  const peer = await openStore({ name: 'b', incarnation: '1', members: ['a', 'b'] });
  const a = await openStore(options);
  for (const key of ['k0', 'k1', 'k2', 'lost', 'two']) await peer.put(key, `${key} of b`);
  await a.put('two', 'two of a');
  await a.put('own', 'own of a');
  await a.put('gone', 'once');
  await a.delete('gone');
  // Long enough that what they name gets an entry of its own.
  const long = (n: number): string => `${n} ${'long '.repeat(n)}`;
  await a.batch(Array.from({ length: 12 }, (_, n) => ({ put: long(n), value: n })));
  await exchange(a, peer);
  await a.close();
  const lost = (await entriesOf(engine)).find(([key]) => isEqual(key, textKey(KIND.record, 'lost')));
  await write(engine, [[(lost as ByteEntry)[0], Uint8Array.of(1)]]);
  const again = await openStore(options);
  expect(await told(again, 'lost')).toBe('RECORD_CORRUPT');
  await again.close();
  return { entries: await entriesOf(engine), peer };
}

function isEqual(left: Uint8Array, right: Uint8Array): boolean {
  return Buffer.compare(left, right) === 0;
}

async function entriesOf(engine: StorageEngine): Promise<ByteEntry[]> {
  const storage = await engine.open();
  const entries: ByteEntry[] = [];
  for await (const chunk of storage.scan({})) entries.push(...chunk);
  await storage.close();
  return entries;
}

async function write(engine: StorageEngine, puts: readonly ByteEntry[]): Promise<void> {
  const storage = await engine.open();
  await storage.commit({ puts, deletes: [] }, 'synced');
  await storage.close();
}

describe('a flipped byte in what a store has written', () => {
  const kinds = Object.entries(KIND).map(([name, kind]) => ({ name, kind }));

  test.each(kinds)('in an entry of kind $name is an error or a fault, never a wrong answer', async ({ kind }) => {
    const { entries } = await medium();
    const sound = await openOn(entries);
    const expected = new Map(await Promise.all(KEYS.map(async (key) => [key, await told(sound, key)] as const)));
    const { from = new Uint8Array(), to = new Uint8Array() } = rangeOf(kind);
    const ofKind = entries.filter(([key]) => Buffer.compare(key, from) >= 0 && Buffer.compare(key, to) < 0);
    expect(ofKind.length).toBeGreaterThan(0);
    for (const [key, value] of ofKind) {
      for (let at = 0; at < value.length; at += 1) {
        const flipped = value.slice();
        flipped[at] = (flipped[at] as number) ^ (1 << (at % 8));
        const where = `${Buffer.from(key).toString('latin1')} byte ${at}`;
        const changed = entries.map((entry): ByteEntry => (entry[0] === key ? [key, flipped] : entry));
        await judge(changed, expected, where);
      }
    }
  });
});

async function openOn(entries: readonly ByteEntry[]): Promise<VersionedKVStore> {
  const storage = memoryStorage();
  await write(storage, entries);
  return openStore({ name: 'a', storage, members: ['a', 'b'] });
}

async function judge(
  entries: readonly ByteEntry[],
  expected: ReadonlyMap<string, Told | string>,
  where: string,
): Promise<void> {
  let store: VersionedKVStore;
  try {
    store = await openOn(entries);
  } catch (error) {
    expect(error instanceof CausalError ? error.code : String(error), where).toBe('RECORD_CORRUPT');
    return;
  }
  const check = async (when: string): Promise<void> => {
    for (const [key, answer] of expected) {
      const now = await told(store, key);
      if (now !== 'RECORD_CORRUPT') expect(now, `${where}, ${when}: ${key}`).toEqual(answer);
    }
  };
  await check('at first');
  const { faults } = await store.verify();
  // The key that was damaged before is one fault; the flipped byte was noticed by a read, or is another, or nothing says any
  // more which key was damaged.
  const refused = (await Promise.all(KEYS.map((key) => told(store, key)))).filter((one) => one === 'RECORD_CORRUPT');
  const unnamed = faults.filter((fault) => 'key' in fault && fault.key === '');
  expect(faults.length + refused.length + unnamed.length, `${where}: nobody noticed`).toBeGreaterThan(2);
  await check('after verify');
  await store.close();
}
