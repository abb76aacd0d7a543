/**
 * One plain version vector for a whole object, by server ids: a write whose context has all that is stored replaces it, any
 * other becomes a sibling of all there is, since nobody knows any more which of them its writer had seen. Two clients
 * that take turns make a sibling with each write. Riak before dotted version vectors.
 */

import { keyStrategy } from './key-strategy.ts';
import type { Strategy } from './strategy.ts';
import { areEqualVectors, descends, increment, join, NO_VECTOR, type Vector, vectorBytes } from './version-vector.ts';

type Value = { readonly operation: number; readonly isDelete: boolean };

/** Values by ascending operation. */
type Held = { readonly clock: Vector; readonly values: readonly Value[] };

export const versionVectorsByServer: Strategy = keyStrategy<Held>({
  name: 'vv-server',
  title: 'version vectors, server ids',
  rule: 'a write that had seen all siblings replaces them, any other joins them; tombstones stay',
  source: 'https://github.com/ricardobcl/Dotted-Version-Vectors',
  showsConflicts: true,
  write: (held, { operation, isDelete, basis }, { name, life }) => {
    const based = basis.kind === 'shown' ? basis.held : undefined;
    const context = based?.clock ?? NO_VECTOR;
    const by = `${name}.${life}`;
    const value = { operation, isDelete };
    if (held === undefined || descends(context, held.clock)) return { clock: increment(context, by), values: [value] };
    return { clock: increment(join(held.clock, context), by), values: union(held.values, [value]) };
  },
  // A put answers no vector; who wants one reads.
  answer: (_told, { basis }) => (basis.kind === 'shown' && basis.held) || { clock: NO_VECTOR, values: [] },
  merge: (one, other) => {
    const isOneNewer = descends(one.clock, other.clock);
    const isOtherNewer = descends(other.clock, one.clock);
    if (isOneNewer && !isOtherNewer) return one;
    if (isOtherNewer && !isOneNewer) return other;
    return { clock: join(one.clock, other.clock), values: union(one.values, other.values) };
  },
  show: ({ values }) => ({
    live: values.flatMap(({ operation, isDelete }) => (isDelete ? [] : [operation])),
    deleted: deletesIn(values),
    passedOver: [],
  }),
  isEqual: (one, other) => areEqualVectors(one.clock, other.clock) && areSameValues(one.values, other.values),
  versionsIn: ({ values }) => values.length,
  tombstonesIn: ({ values }) => (values.every(({ isDelete }) => isDelete) ? deletesIn(values) : []),
  metadataBytes: ({ clock, values }) => vectorBytes(clock) + values.length,
});

function union(one: readonly Value[], other: readonly Value[]): readonly Value[] {
  const both = new Map([...one, ...other].map((value) => [value.operation, value]));
  return [...both.values()].sort((a, b) => a.operation - b.operation);
}

function areSameValues(one: readonly Value[], other: readonly Value[]): boolean {
  return one.length === other.length && one.every(({ operation }, at) => operation === other[at]?.operation);
}

function deletesIn(values: readonly Value[]): number[] {
  return values.flatMap(({ operation, isDelete }) => (isDelete ? [operation] : []));
}
