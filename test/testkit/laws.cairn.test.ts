import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { DotSet } from '../../src/clock/dot-set.ts';
import { VectorClock } from '../../src/clock/vector-clock.ts';
import { freezeValue, valuesEqual } from '../../src/codec/value.ts';
import { decodeValue, encodeValue } from '../../src/codec/value-encoding.ts';
import { CausalError } from '../../src/errors.ts';
import { IdBook } from '../../src/store/durable/id-book.ts';
import { decodeStoredRecord, encodeStoredRecord } from '../../src/store/durable/stored-record.ts';
import type { StoreRecord } from '../../src/store/record.ts';
import type { ReplicaRecord } from '../../src/store/replica-record.ts';
import { decodeReplicaRecord, encodeReplicaRecord } from '../../src/store/replica-record-encoding.ts';
import {
  type Decision,
  decideConflict,
  deleteWins,
  lastWriter,
  type Resolver,
  type Sibling,
  updateWins,
} from '../../src/store/resolve.ts';
import {
  codec,
  codecRefusal,
  detectedDamage,
  dotSets,
  dots,
  flatValues,
  hugeVectorClocks,
  joinSemilattice,
  keys,
  leastUpperBound,
  partialOrder,
  relatedClocks,
  replicaRecords,
  resolver,
  values,
  vectorClocks,
} from '../../src/testkit/index.ts';

const parameters = { seed: 20_261_122, numRuns: 1_000 };
const isRefusal = (error: unknown): boolean =>
  error instanceof CausalError && (error.code === 'ENCODING_INVALID' || error.code === 'VERSION_UNSUPPORTED');
const clocks = fc.oneof(
  vectorClocks(),
  relatedClocks().map(({ a }) => a),
);
const equalClocks = (a: VectorClock, b: VectorClock): boolean => a.equals(b);

describe('VectorClock', () => {
  const compare = (a: VectorClock, b: VectorClock): ReturnType<VectorClock['compare']> => a.compare(b);
  const merge = (a: VectorClock, b: VectorClock): VectorClock => a.merge(b);
  test('VectorClock is a partial order (L3)', () => partialOrder(clocks, compare, parameters));
  test('VectorClock merges to the least upper bound (L3)', () => {
    joinSemilattice(clocks, merge, equalClocks, parameters);
    leastUpperBound(clocks, merge, compare, parameters);
    leastUpperBound(hugeVectorClocks(), merge, compare, { ...parameters, numRuns: 50 });
  });
  test('VectorClock compares related clocks as they were made', () => {
    const check = fc.property(relatedClocks(), ({ relation, a, b }) => a.compare(b) === relation);
    fc.assert(check, parameters);
  });
  test('VectorClock has canonical bytes (L5) and refuses all others (L21)', () => {
    const encode = (clock: VectorClock): Uint8Array => clock.encode();
    codec(clocks, encode, VectorClock.decode, equalClocks, parameters);
    codecRefusal(clocks, encode, VectorClock.decode, isRefusal, parameters);
  });
});

describe('DotSet', () => {
  const equals = (a: DotSet, b: DotSet): boolean => a.equals(b);
  const union = (a: DotSet, b: DotSet): DotSet => a.union(b);
  const compare = (a: DotSet, b: DotSet): ReturnType<VectorClock['compare']> => {
    if (a.covers(b)) return b.covers(a) ? 'equal' : 'after';
    return b.covers(a) ? 'before' : 'concurrent';
  };
  test('DotSet is a partial order by inclusion, and union its least upper bound (L3)', () => {
    partialOrder(dotSets(), compare, parameters);
    joinSemilattice(dotSets(), union, equals, parameters);
    leastUpperBound(dotSets(), union, compare, parameters);
  });
  test('DotSet has canonical bytes (L5) and refuses all others (L21)', () => {
    const encode = (set: DotSet): Uint8Array => set.encode();
    codec(dotSets(), encode, DotSet.decode, equals, parameters);
    codecRefusal(dotSets(), encode, DotSet.decode, isRefusal, parameters);
  });
  test('DotSet agrees with plain membership in union, minus and intersect', () => {
    const check = fc.property(dotSets(), dotSets(), dots(), (a, b, { id, counter }) => {
      const [inA, inB] = [a.has(id, counter), b.has(id, counter)];
      expect(a.union(b).has(id, counter)).toBe(inA || inB);
      expect(a.minus(b).has(id, counter)).toBe(inA && !inB);
      expect(a.intersect(b).has(id, counter)).toBe(inA && inB);
      expect(a.add(id, counter).has(id, counter)).toBe(true);
    });
    fc.assert(check, parameters);
  });
});

describe('values', () => {
  const frozen = fc.oneof(values(), flatValues()).map(freezeValue);
  test('encodeValue is canonical (L5)', () => codec(frozen, encodeValue, decodeValue, valuesEqual, parameters));
  test('decodeValue refuses what is not canonical (L21)', () => {
    codecRefusal(frozen, encodeValue, decodeValue, isRefusal, { ...parameters, numRuns: 3_000 });
  });
});

describe('ReplicaRecord', () => {
  const versions = fc
    .uniqueArray(fc.tuple(dots(), fc.nat(), fc.option(values(1).map(freezeValue), { nil: undefined })), {
      maxLength: 4,
      selector: ([{ id, counter }]) => `${counter} ${id}`,
    })
    .map((list) => {
      const held = DotSet.of(list.map(([dot]) => dot));
      return [...held].map((dot) => {
        const [, time, value] = list.find(([{ id, counter }]) => id === dot.id && counter === dot.counter) ?? [dot, 0];
        return { ...dot, time, value };
      });
    });
  const records = fc
    .record({ key: keys(), versions, context: dotSets() })
    .map((made): ReplicaRecord => ({ ...made, context: made.context.union(DotSet.of(made.versions)) }));
  const equals = (a: ReplicaRecord, b: ReplicaRecord): boolean =>
    a.key === b.key &&
    a.context.equals(b.context) &&
    a.versions.length === b.versions.length &&
    a.versions.every((version, at) => {
      const other = b.versions[at];
      if (other === undefined || other.id !== version.id || other.counter !== version.counter) return false;
      if (other.time !== version.time || version.value === undefined || other.value === undefined)
        return other.time === version.time && other.value === version.value;
      return valuesEqual(other.value, version.value);
    });
  test('encodeReplicaRecord is canonical (L5)', () =>
    codec(records, encodeReplicaRecord, decodeReplicaRecord, equals, parameters));
  test('decodeReplicaRecord refuses what is not canonical (L21)', () =>
    codecRefusal(records, encodeReplicaRecord, decodeReplicaRecord, isRefusal, { ...parameters, numRuns: 3_000 }));
});

describe('encodeStoredRecord', () => {
  test('encodeStoredRecord seals what a medium may harm (L20)', () => {
    const book = new IdBook();
    const key = Uint8Array.of(1);
    const records = replicaRecords()
      .map(({ versions, context }): StoreRecord => ({ versions, residual: context }))
      .filter(({ residual }) => !residual.isEmpty);
    const same = (a: StoreRecord, b: StoreRecord): boolean =>
      a.residual.equals(b.residual) &&
      a.versions.length === b.versions.length &&
      a.versions.every(({ id, counter }, at) => id === b.versions[at]?.id && counter === b.versions[at]?.counter);
    detectedDamage(
      records,
      (record) => {
        for (const { id } of record.versions) book.numberOf(id);
        for (const id of record.residual.ids()) book.numberOf(id);
        return encodeStoredRecord(key, record, book);
      },
      (bytes) => decodeStoredRecord(key, bytes, book),
      same,
      (error) => error instanceof CausalError,
      parameters,
    );
  });
});

describe('resolvers', () => {
  type S = Sibling<string>;
  const siblings = fc.uniqueArray(
    fc
      .record({ dot: dots(), time: fc.nat({ max: 3 }), value: fc.option(fc.constantFrom('x', 'y', 'z')) })
      .map(
        ({ dot, time, value }): S =>
          value === null ? { dot, time, tombstone: true } : { dot, time, tombstone: false, value },
      ),
    { maxLength: 4, selector: ({ dot }) => `${dot.counter} ${dot.id}` },
  );
  const inOrder = (list: readonly S[]): S[] =>
    [...DotSet.of(list.map(({ dot }) => dot))].map(
      (dot) => list.find((one) => one.dot.id === dot.id && one.dot.counter === dot.counter) as S, // each dot is of one of them
    );
  const built: [string, Resolver<string>][] = [
    ['lastWriter', lastWriter],
    ['deleteWins', deleteWins],
    ['updateWins', updateWins],
  ];
  test.each(built)('%s, given siblings in dot order, is pure and comes to rest (L18)', (_, resolve) => {
    const decided = siblings.map((list) => inOrder(list)).filter((list) => resolve(list, 'k').kind !== 'keep');
    const decision = (list: readonly S[]): Decision<string> =>
      decideConflict(inOrder(list), 'k', { deletePolicy: 'keep', resolver: resolve });
    const counter = (list: readonly S[]): number => Math.max(...list.map(({ dot }) => dot.counter));
    const write = (result: Decision<string>, list: readonly S[]): S => {
      const time = 1 + Math.max(...list.map((one) => one.time));
      const dot = { id: 'writer', counter: counter(list) };
      if (result.kind === 'value') return { dot, time, tombstone: false, value: result.value };
      return { dot, time, tombstone: true };
    };
    const equals = (a: Decision<string>, b: Decision<string>): boolean => JSON.stringify(a) === JSON.stringify(b);
    resolver(decided, { resolve: decision, equals, write }, { ...parameters, numRuns: 300 });
  });
});
