import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { DotSet } from '../../../src/clock/dot-set.ts';
import { crc32 } from '../../../src/codec/checksum.ts';
import { memoryStorage } from '../../../src/storage/memory.ts';
import type { ByteEntry, ByteRange, Storage, StorageBatch, StorageEngine } from '../../../src/storage/storage.ts';
import { restoreBackup } from '../../../src/store/durable/backup.ts';
import { DOT_OF_FORMAT_1, KIND, rangeOf, STORED_FORMAT, textKey } from '../../../src/store/durable/layout.ts';
import {
  decodeIdentity,
  encodeIdentity,
  formatOf,
  IDENTITY_KEY,
  NOWHERE,
} from '../../../src/store/durable/stored-meta.ts';
import { seenBy } from '../../../src/store/membership.ts';
import { openStore } from '../../../src/store/open-store.ts';
import type { Report } from '../../../src/store/operations.ts';
import { stateOf, type VersionedKVStore } from '../../../src/store/versioned-kv-store.ts';

/** A store of an older or of this format, written once and never again: every later release must read it. */
async function storeOfFormat(format: number): Promise<StorageEngine> {
  const text = readFileSync(new URL(`../../vectors/store/v${format}/backup.base64`, import.meta.url), 'utf8');
  const engine = memoryStorage();
  await restoreBackup([Uint8Array.from(Buffer.from(text, 'base64'))], engine);
  return engine;
}

/** The same, as it was before it was saved: nothing in it says that it is of another format. */
async function formerStore(): Promise<StorageEngine> {
  const engine = await storeOfFormat(1);
  const [, identity] = encodeIdentity({ ...decodeIdentity(await identityOf(engine)), place: NOWHERE, isClean: true });
  await change(engine, { puts: [[IDENTITY_KEY, ofFormat(1, IDENTITY_KEY, identity)]], deletes: [] });
  return engine;
}

/** Sealed bytes as another format has them. */
function ofFormat(format: number, key: Uint8Array, sealed: Uint8Array): Uint8Array {
  const other = sealed.slice();
  other[0] = format;
  const body = other.length - 4;
  new DataView(other.buffer).setUint32(body, crc32(other, crc32(key), 0, body));
  return other;
}

async function change(engine: StorageEngine, batch: StorageBatch): Promise<void> {
  const storage = await engine.open();
  await storage.commit(batch, 'synced');
  await storage.close();
}

async function entriesOf(engine: StorageEngine, range: ByteRange = {}): Promise<readonly ByteEntry[]> {
  const storage = await engine.open();
  const entries: ByteEntry[] = [];
  for await (const chunk of storage.scan(range)) entries.push(...chunk);
  await storage.close();
  return entries;
}

async function identityOf(engine: StorageEngine): Promise<Uint8Array> {
  const found = (await entriesOf(engine)).find(([key]) => Buffer.compare(key, IDENTITY_KEY) === 0);
  if (found === undefined) throw new RangeError('nothing says whose it is');
  return found[1];
}

async function expectShown(store: VersionedKVStore): Promise<void> {
  expect(store.name).toBe('berlin');
  expect(await store.get('live')).toMatchObject({
    status: 'live',
    value: {
      text: 'hé🎉',
      n: [1, 2.5, -0],
      bytes: Uint8Array.of(1, 2, 3),
      at: new Date(0),
      big: 12_345_678_901_234_567_890n,
    },
  });
  expect((await store.get('gone')).status).toBe('deleted');
  expect((await store.get('both')).siblings).toMatchObject([{ value: 'from a' }, { tombstone: true }]);
  expect(store.members().sort()).toEqual(['berlin', 'lima', 'oslo']);
  expect(store.seen.vector.toJSON()).toMatchObject({ 'lima~2': 1 });
  expect((await store.verify()).faults).toEqual([]);
}

describe('openStore', () => {
  test.each([1, 2, 3])('of a store of format %i shows what was written then', async (format) => {
    const reports: Report[] = [];
    const onReport = (report: Report): unknown => reports.push(report);
    const engine = await storeOfFormat(format);
    const store = await openStore({ storage: engine, onReport });
    await expectShown(store);
    expect(reports.map(({ kind }) => kind)).toEqual(['renewed']);
    await store.compact();
    await expectShown(store);
    await store.close();
    const again = await openStore({ storage: engine, onReport });
    await expectShown(again);
    expect(reports).toHaveLength(1);
    await again.close();
  });

  test.each([2, 3])(
    'of a store of format %i has rows whose names were cut, overwritten, or lie beside the moment',
    async (format) => {
      const store = await openStore({ storage: await storeOfFormat(format) });
      const answers = await store.getMany(['row/000', 'row/001', 'row/059', 'row/🎉a', 'row/🎊b', 'last']);
      expect(answers.map((answer) => answer.status === 'live' && answer.value)).toEqual([-0, 1, 59, 1, 2, 'one']);
      await store.close();
    },
  );

  test('of a store of format 1 goes on under its incarnation, and makes it one that an older release refuses', async () => {
    const engine = await formerStore();
    expect(formatOf(await identityOf(engine))).toBe(1);
    const store = await openStore({ storage: engine });
    expect(store.id).toBe('berlin~1');
    await expectShown(store);
    await store.close();
    expect(formatOf(await identityOf(engine))).toBe(STORED_FORMAT);
  });

  test.each<readonly [when: string, work: (store: VersionedKVStore) => Promise<unknown>]>([
    ['at once', async () => undefined],
    ['once another key was written', (store) => store.put('live', 'again')],
    ['once it was compacted', (store) => store.compact()],
  ])('of a store of format 1 misses a record that is lost: %s', async (_when, work) => {
    const engine = await formerStore();
    const first = await openStore({ storage: engine });
    await work(first);
    await first.close();
    await change(engine, { puts: [], deletes: [textKey(KIND.record, 'gone')] });
    const store = await openStore({ storage: engine });
    expect((await store.verify()).faults).toMatchObject([{ kind: 'record-missing', key: 'gone' }]);
    await expect(store.get('gone')).rejects.toMatchObject({ code: 'RECORD_CORRUPT' });
    expect((await store.verify()).faults).toMatchObject([{ kind: 'still-damaged', key: 'gone' }]);
    await store.close();
  });

  test('of a store of format 1 leaves nothing of its index once it was compacted', async () => {
    const engine = await formerStore();
    expect(await entriesOf(engine, rangeOf(DOT_OF_FORMAT_1))).not.toEqual([]);
    const store = await openStore({ storage: engine });
    await store.compact();
    await store.close();
    expect(await entriesOf(engine, rangeOf(DOT_OF_FORMAT_1))).toEqual([]);
  });

  test('refuses a newer format with VERSION_UNSUPPORTED and changes nothing', async () => {
    const engine = await storeOfFormat(STORED_FORMAT);
    const newer = ofFormat(STORED_FORMAT + 1, IDENTITY_KEY, await identityOf(engine));
    await change(engine, { puts: [[IDENTITY_KEY, newer]], deletes: [] });
    const before = await entriesOf(engine);
    await expect(openStore({ storage: engine })).rejects.toMatchObject({ code: 'VERSION_UNSUPPORTED' });
    expect(await entriesOf(engine)).toEqual(before);
  });

  test('goes on under its incarnation after it was closed, and after a crash of a synced store', async () => {
    const engine = memoryStorage();
    const first = await openStore<number>({ name: 'a', storage: engine });
    const { dot } = await first.put('k', 1);
    await first.close();
    const second = await openStore<number>({ storage: engine });
    expect(second.id).toBe(first.id);
    expect((await second.put('k', 2)).dot.counter).toBe(dot.counter + 1);
    await second.close();
  });

  // A copy of the peer that is put back can be told only by who knows how far its life went. Law: L23.
  test('finds after a crash what a peer told of its own writes, with the very commit that took them in', async () => {
    const left = memoryStorage();
    const image = await left.open();
    const engine = memoryStorage();
    const storage = await engine.open();
    const twofold: Storage = {
      ...{ manifest: storage.manifest, place: undefined, close: () => storage.close() },
      getMany: (keys) => storage.getMany(keys),
      scan: (range) => storage.scan(range),
      commit: async (batch, durability) => {
        await storage.commit(batch, durability);
        await image.commit(batch, durability);
      },
    };
    const store = await openStore<number>({ name: 'a', storage: { name: 'twofold', open: async () => twofold } });
    const { membership } = stateOf(store);
    for (const counter of [1, 2, 3]) {
      membership.advance('x~1', DotSet.of([{ id: 'x~1', counter }]), 7);
      await store.put('k', counter);
    }
    await image.close();
    const again = await openStore<number>({ storage: left });
    expect(stateOf(again).membership.peers.get('x')).toMatchObject({ id: 'x~1', life: 7 });
    expect(seenBy(stateOf(again).membership, 'x~1')?.vector.get('x~1')).toBe(3);
  });

  test('refuses another name than the one the store was made with', async () => {
    const engine = memoryStorage();
    await (await openStore({ name: 'a', storage: engine })).close();
    await expect(openStore({ name: 'b', storage: engine })).rejects.toThrow('it is the store of "a"');
  });
});
