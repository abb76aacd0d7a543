import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Value } from '../../src/codec/value.ts';
import { isSameWrite } from '../../src/store/collision.ts';
import type { Report } from '../../src/store/operations.ts';
import type { Version } from '../../src/store/record.ts';
import type { ReplicaRecord } from '../../src/store/replica-record.ts';
import { encodeReplicaRecord } from '../../src/store/replica-record-encoding.ts';
import { hex, open, recordOf, SEED, shown, showSibling } from './replicas.ts';

const records = (...texts: string[]): ReplicaRecord[] => texts.map((text) => recordOf('k', text));

describe('isSameWrite', () => {
  const version: Version = { id: 'x', counter: 1, time: 5, value: { n: 1 } };
  test.each<[boolean, string, Partial<Version>]>([
    [true, 'an equal value', { value: { n: 1 } }],
    [false, 'another value', { value: { n: 2 } }],
    [false, 'another time', { time: 6 }],
    [false, 'a tombstone', { value: undefined }],
    [false, 'another order of fields', { value: { m: 1, n: 1 } }],
  ])('isSameWrite is %s beside %s', (same, _, other) => {
    expect(isSameWrite(version, { ...version, ...other })).toBe(same);
    expect(isSameWrite({ ...version, ...other }, version)).toBe(same);
  });

  test('isSameWrite takes two tombstones of one time for one', () => {
    const tombstone = { ...version, value: undefined };
    expect(isSameWrite(tombstone, { ...tombstone })).toBe(true);
    expect(isSameWrite(tombstone, { ...tombstone, time: 6 })).toBe(false);
  });
});

describe('a dot used for different writes', () => {
  test.each<[string, string[], string[]]>([
    ['two values', ['x1=one', 'x1=two'], ['one', 'two']],
    ['three values', ['x1=one', 'x1=two', 'x1=three'], ['one', 'three', 'two']],
    ['a value and a tombstone', ['x1=one', 'x1'], ['one', '†']],
    ['two values and a tombstone', ['x1', 'x1=one', 'x1=two'], ['one', 'two', '†']],
    ['a value beside another sibling', ['x1=one y1=other', 'x1=two'], ['one', 'other', 'two']],
  ])('keeps %s as siblings, reports them, and counts them', async (_, texts, expected) => {
    const reports: Report[] = [];
    const store = await open<string>('a', { onReport: (report) => reports.push(report) });
    for (const record of records(...texts)) await store.receiveReplica('k', record);
    const { siblings } = await store.get('k');
    expect(siblings.map(showSibling).sort()).toEqual(expected);
    expect(siblings.some(({ dot }) => dot.id === 'x')).toBe(false);
    const collision: Report = { kind: 'collision', key: 'k', dots: [{ id: 'x', counter: 1 }] };
    expect(reports).toEqual(texts.slice(1).map(() => collision));
    expect(store.stats().collisions).toBe(texts.length - 1);
  });

  test('is no collision when the same write comes twice, or was superseded on both sides', async () => {
    const store = await open<string>('a');
    for (const record of records('x1=one', 'x1=one')) await store.receiveReplica('k', record);
    await store.put('k', 'settled');
    const result = await store.receiveReplica('k', recordOf('k', 'x1=two'));
    expect([result.collisions, shown(await store.get('k')), store.stats().collisions]).toEqual([[], 'live settled', 0]);
  });

  test('gives the same bytes in any order and with repetitions, tombstones among them (L4)', async () => {
    const all = records('x1=one', 'x1=two', 'x1', 'y1=other', 'y1', 'x1=one y1=other');
    const orders = fc.shuffledSubarray([...all, ...all], { minLength: all.length * 2 });
    const read = async (order: readonly ReplicaRecord[]): Promise<string> => {
      const store = await open<string>('a');
      for (const record of order) await store.receiveReplica('k', record);
      return hex(encodeReplicaRecord(await store.record('k')));
    };
    const expected = await read(all);
    await fc.assert(
      fc.asyncProperty(orders, async (order) => {
        expect(await read(order)).toBe(expected);
      }),
      { seed: SEED, numRuns: 100 },
    );
  });

  test('gives the same at replicas that met different contents first and then each other', async () => {
    const [a, b] = [await open<string>('a'), await open<string>('b')];
    for (const record of records('x1=one', 'x1=two')) await a.receiveReplica('k', record);
    for (const record of records('x1=three', 'x1')) await b.receiveReplica('k', record);
    const [fromA, fromB] = [await a.record('k'), await b.record('k')];
    await a.receiveReplica('k', fromB);
    await b.receiveReplica('k', fromA);
    expect(a.peek('k').siblings.map(showSibling).sort()).toEqual(['one', 'three', 'two', '†']);
    expect(hex(encodeReplicaRecord(await a.record('k')))).toBe(hex(encodeReplicaRecord(await b.record('k'))));
    await a.resolve('k', { kind: 'value', value: 'settled' });
    await b.receiveReplica('k', await a.record('k'));
    expect(shown(await b.get('k'))).toBe('live settled');
  });

  test('tells values apart that look the same as JSON', async () => {
    const values: readonly (readonly [Value, Value])[] = [
      [new Date(0), '1970-01-01T00:00:00.000Z'],
      [new Date(0), new Date(1)],
      [new Uint8Array([1]), { '0': 1 }],
      [new Uint8Array([1]), new Uint8Array([2])],
      [new Uint8Array([1]), new Uint8Array([1, 2])],
      [1n, '1'],
      [1n, 2n],
      [-0, 0],
      [-0, {}],
      [{ a: [-0] }, { a: [0] }],
      [{ a: -0 }, { a: 1n }],
      [{ a: new Date(5) }, { a: 5n }],
      ['tombstone', 'x'],
    ];
    for (const [one, two] of values) {
      const store = await open<unknown>('a');
      for (const value of [one, two]) {
        const { context } = recordOf('k', 'x1');
        await store.receiveReplica('k', { key: 'k', versions: [{ id: 'x', counter: 1, time: 5, value }], context });
      }
      expect((await store.get('k')).siblings.length).toBe(2);
    }
  });

  test('keeps what was held when a peer has kept two others apart, and says so once', async () => {
    const [a, b] = [await open<string>('a'), await open<string>('b')];
    await a.receiveReplica('k', recordOf('k', 'x1=one'));
    for (const record of records('x1=two', 'x1=three')) await b.receiveReplica('k', record);
    const result = await a.receiveReplica('k', await b.record('k'));
    expect(result.collisions).toEqual([{ id: 'x', counter: 1 }]);
    expect(a.peek('k').siblings.map(showSibling).sort()).toEqual(['one', 'three', 'two']);
    expect((await a.receiveReplica('k', await b.record('k'))).collisions).toEqual([]);
    expect(a.peek('k').siblings.length).toBe(3);
  });

  test('is settled already where a peer has kept what is held here apart', async () => {
    const [a, b] = [await open<string>('a'), await open<string>('b')];
    await a.receiveReplica('k', recordOf('k', 'x1=one'));
    for (const record of records('x1=one', 'x1=two')) await b.receiveReplica('k', record);
    const result = await a.receiveReplica('k', await b.record('k'));
    expect([result.collisions, result.stale, result.superseded]).toEqual([[], [], [{ id: 'x', counter: 1 }]]);
    expect(a.peek('k').siblings.map(showSibling).sort()).toEqual(['one', 'two']);
    expect(a.stats().collisions).toBe(0);
  });

  test('brings back no content that was kept apart and deleted since', async () => {
    const [a, b] = [await open<string>('a'), await open<string>('b')];
    for (const record of records('x1=one', 'x1=two')) await a.receiveReplica('k', record);
    await a.resolve('k', { kind: 'value', value: 'settled' });
    await b.receiveReplica('k', recordOf('k', 'x1=one'));
    await b.receiveReplica('k', await a.record('k'));
    expect(b.peek('k').siblings.map(showSibling)).toEqual(['settled']);
    const again = await a.receiveReplica('k', recordOf('k', 'x1=two'));
    expect([again.collisions, again.changed, shown(a.peek('k'))]).toEqual([[], false, 'live settled']);
  });

  test('lists a third content as added and not as stale, beside what is', async () => {
    const store = await open<string>('a');
    await store.receiveReplica('k', recordOf('k', 'y1=old'));
    await store.put('k', 'new');
    for (const record of records('x1=one', 'x1=two')) await store.receiveReplica('k', record);
    const result = await store.receiveReplica('k', recordOf('k', 'x1=three y1=old'));
    expect([result.stale, result.added.length, result.collisions]).toEqual([
      [{ id: 'y', counter: 1 }],
      1,
      [{ id: 'x', counter: 1 }],
    ]);
    const known = await store.receiveReplica('k', recordOf('k', 'x1=two y1=old'));
    expect([known.added, known.collisions, known.changed]).toEqual([[], [], false]);
    expect(store.peek('k').siblings.map(showSibling).sort()).toEqual(['new', 'one', 'three', 'two']);
  });

  test('is shown although the same dot was used here: the contents of the own id collide as any other', async () => {
    const store = await open<string>('a');
    await store.put('k', 'mine');
    const record = await store.record('k');
    const [version] = record.versions;
    const clone = { ...record, versions: [{ ...(version ?? expect.fail('written above')), value: 'of the clone' }] };
    const result = await store.receiveReplica('k', clone);
    expect(result.collisions).toEqual([{ id: 'a~1', counter: 1 }]);
    expect((await store.get('k')).siblings.map(showSibling).sort()).toEqual(['mine', 'of the clone']);
    expect((await store.put('k', 'next', { context: (await store.get('k')).context })).dot.counter).toBe(2);
  });
});
