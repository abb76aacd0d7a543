import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Value } from '../../src/codec/value.ts';
import { ModelReplica, Operations } from '../../src/model/index.ts';
import { collide, mergeRecords, repairOf } from '../../src/repair/read-repair.ts';
import type { ReplicaRecord } from '../../src/store/replica-record.ts';
import { encodeReplicaRecord } from '../../src/store/replica-record-encoding.ts';
import type { VersionedKVStore } from '../../src/store/versioned-kv-store.ts';
import { hex, open, recordOf, SEED, showVersions } from '../store/replicas.ts';

const KEY = 'k';

/** `x1=red y2 in x1-3 y2`: versions, then what it covers. */
function answer(text: string): ReplicaRecord {
  const [versions = '', context] = text.split(' in ');
  return recordOf(KEY, versions.trim(), context ?? (versions.trim() === '' ? '' : undefined));
}

describe('mergeRecords', () => {
  test.each([
    [['x1=red', ''], 'x1=red'],
    [['x1=red', ' in x1'], ''],
    [['x1=red in x1', 'y1=blue in y1'], 'x1=red y1=blue'],
    [['x1=red in x1', 'x2=blue in x1-2'], 'x2=blue'],
    [['x1=red in x1', 'x2 in x1-2'], 'x2'],
    [['x1=red in x1', 'y1 in y1'], 'x1=red y1'],
    [['x1=red in x1 y1', 'y1 in x1 y1', ' in '], ''],
    [['x1=red', 'x1=red', ' in y1-9'], 'x1=red'],
  ])('mergeRecords of %j shows %j', (answers, shown) => {
    const records = answers.map(answer);
    const merged = mergeRecords(KEY, records);
    expect(showVersions(merged.versions)).toBe(shown);
    for (const { context } of records) expect(merged.context.covers(context)).toBe(true);
  });

  test('mergeRecords of none is empty', () => {
    expect(mergeRecords(KEY, [])).toMatchObject({ key: KEY, versions: [] });
  });
});

describe('repairOf', () => {
  test.each([
    ['', 'x1=red', 'value'],
    ['', 'x1', 'tombstone'],
    ['', 'x1 y1=blue', 'value'],
    ['x1 y1=blue z1', 'z1 in x1 y1 z1', 'stale value dropped'],
    ['x1=red', 'x1=red y1', 'tombstone'],
    ['x1=red', 'x1=red y1=blue', 'value'],
    ['x1=red', 'x2 in x1-2', 'tombstone'],
    ['x1=red', 'x2=blue in x1-2', 'value'],
    ['x1=red', ' in x1', 'stale value dropped'],
    ['x1=red y1=blue', 'y1=blue in x1 y1', 'stale value dropped'],
    ['x1 y1=blue', 'y1=blue in x1 y1', 'stale value dropped'],
    ['x1', ' in x1', 'none'],
    ['x1 y1', 'y1 in x1 y1', 'none'],
    ['x1=red in x1-2', 'x1=red in x1-9', 'none'],
    [' in x1', ' in x1-9', 'none'],
    [' in x1-9', ' in x1-9', 'none'],
  ])('repairOf %j that should show %j is %s', (held, others, repair) => {
    const answered = answer(held);
    expect(repairOf(answered, mergeRecords(KEY, [answered, answer(others)]))).toBe(repair);
  });
});

describe('collide', () => {
  test.each([
    ['x1=red', 'x1=red', false],
    ['x1=red', 'x1=blue', true],
    ['x1=red', 'x1', true],
    ['x1', 'x1', false],
    ['x1=red', 'x2=blue', false],
  ])('collide of %j and %j is %s', (one, other, expected) => {
    expect(collide([answer(one), answer(other)])).toBe(expected);
    expect(collide([answer(other), answer(one)])).toBe(expected);
  });
});

test('collide compares what a version holds, part by part, and when it was written', () => {
  const holding = (value: Value, time = 5): ReplicaRecord => ({
    ...answer('x1=red'),
    versions: [{ id: 'x', counter: 1, time, value }],
  });
  expect(collide([holding({ a: [1] }), holding({ a: [1] })])).toBe(false);
  expect(collide([holding({ a: [1] }), holding({ a: [2] })])).toBe(true);
  expect(collide([holding({ a: [1] }), holding({ a: [1] }, 6)])).toBe(true);
});

type Step =
  | { readonly kind: 'write'; readonly at: number; readonly tombstone: boolean; readonly blind: boolean }
  | { readonly kind: 'give'; readonly at: number; readonly to: number }
  | { readonly kind: 'reap'; readonly at: number };

const REPLICAS = 4;
const at = fc.nat({ max: REPLICAS - 1 });
const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.oneof(
    {
      weight: 4,
      arbitrary: fc.record({ kind: fc.constant('write' as const), at, tombstone: fc.boolean(), blind: fc.boolean() }),
    },
    { weight: 5, arbitrary: fc.record({ kind: fc.constant('give' as const), at, to: at }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('reap' as const), at }) },
  ),
  { maxLength: 25 },
);

type World = {
  readonly stores: VersionedKVStore<string>[];
  readonly models: ModelReplica[];
  readonly operations: Operations;
  readonly tombstones: Set<string>;
};

/** Stores and their models, after the steps; without reaping both show the same. */
async function play(script: readonly Step[]): Promise<World> {
  const operations = new Operations();
  const stores = await Promise.all(Array.from({ length: REPLICAS }, (_, index) => open<string>('abcd'[index])));
  const models = stores.map(() => new ModelReplica(operations));
  const tombstones = new Set<string>();
  for (const step of script) {
    const [store, model] = [stores[step.at], models[step.at]];
    if (store === undefined || model === undefined) throw new Error('no such replica');
    if (step.kind === 'write') {
      const { status } = await store.get(KEY);
      const context = step.blind || status === 'conflict' ? 'none' : 'local';
      const value = `v${script.indexOf(step)}`;
      const { dot } = step.tombstone ? await store.delete(KEY, { context }) : await store.put(KEY, value, { context });
      const name = `${dot.id}:${dot.counter}`;
      if (step.tombstone) tombstones.add(name);
      model.write({ name, key: KEY, tombstone: step.tombstone, value, context });
    } else if (step.kind === 'give') {
      if (step.to === step.at) continue;
      await stores[step.to]?.receiveReplica(KEY, await store.record(KEY));
      models[step.to]?.receive(KEY, model.record(KEY));
    } else {
      await store.reap({ force: true });
    }
  }
  return { stores, models, operations, tombstones };
}

const named = (record: ReplicaRecord): string[] => record.versions.map(({ id, counter }) => `${id}:${counter}`).sort();
const bytesOf = (record: ReplicaRecord): string => hex(encodeReplicaRecord(record));

describe('read repair', () => {
  test('mergeRecords shows what the model shows that knows all of it, whatever the order and repetition (L4, L10)', async () => {
    const run = async (script: Step[], order: number[]): Promise<void> => {
      const { stores, models, operations, tombstones } = await play(script);
      const records = await Promise.all(stores.map((store) => store.record(KEY)));
      const all = new ModelReplica(operations);
      for (const model of models) all.receive(KEY, model.record(KEY));
      const merged = mergeRecords(KEY, records);
      const expected = all.visible(KEY).map(({ name }) => name);
      const hasReaped = script.some(({ kind }) => kind === 'reap');
      // A tombstone that was reaped somewhere may be missing; a value never, and nothing beside is shown.
      const may = named(merged);
      expect(may.filter((name) => !expected.includes(name))).toEqual([]);
      expect(expected.filter((name) => !may.includes(name) && !(hasReaped && tombstones.has(name)))).toEqual([]);
      const shuffled = order.map((index) => records[index % REPLICAS] as ReplicaRecord);
      expect(bytesOf(mergeRecords(KEY, [...shuffled, ...records]))).toBe(bytesOf(merged));
      expect(bytesOf(mergeRecords(KEY, [merged, ...shuffled]))).toBe(bytesOf(merged));
      const [first, second, ...others] = records as [ReplicaRecord, ReplicaRecord];
      const inTwoSteps = mergeRecords(KEY, [mergeRecords(KEY, [first, second]), ...others]);
      expect(bytesOf(inTwoSteps)).toBe(bytesOf(merged));
    };
    await fc.assert(fc.asyncProperty(steps, fc.array(fc.nat({ max: 99 }), { maxLength: 6 }), run), {
      seed: SEED,
      numRuns: 300,
    });
  });

  test('repairOf falls silent once the merged record was taken in, and no dot was made (L14)', async () => {
    const run = async (script: Step[]): Promise<void> => {
      const { stores } = await play(script);
      const records = await Promise.all(stores.map((store) => store.record(KEY)));
      const merged = mergeRecords(KEY, records);
      for (const [index, store] of stores.entries()) {
        const record = records[index] as ReplicaRecord;
        const repair = repairOf(record, merged);
        const before = store.seen;
        const { changed, stale } = await store.receiveReplica(KEY, merged);
        expect(stale).toEqual([]);
        if (repair !== 'none') expect(changed).toBe(true);
        const after = await store.record(KEY);
        expect(repairOf(after, mergeRecords(KEY, [after, merged]))).toBe('none');
        expect(merged.context.union(before).covers(store.seen)).toBe(true);
        expect((await store.receiveReplica(KEY, merged)).changed).toBe(false);
      }
    };
    await fc.assert(fc.asyncProperty(steps, run), { seed: SEED, numRuns: 300 });
  });
});
