/**
 * Dots, clocks and dot sets. Clocks come as single examples from a small pool of ids, so that independent draws are often
 * ordered or nearly equal, and as pairs with a known relation.
 */

import fc from 'fast-check';
import type { Dot } from '../../clock/dot.ts';
import { DotSet } from '../../clock/dot-set.ts';
import { VectorClock } from '../../clock/vector-clock.ts';
import { CROSSWISE, replicaIds } from './ids.ts';

/** Counters 1..2^53-1: small ones mostly, and those around the edges of 7, 28, 31, 32 and 53 bits. */
export function counters(): fc.Arbitrary<number> {
  const edges = [127, 128, 2 ** 28 - 1, 2 ** 28, 2 ** 31 - 1, 2 ** 31, 2 ** 32 - 1, 2 ** 32, 2 ** 53 - 2, 2 ** 53 - 1];
  return fc.oneof(
    CROSSWISE,
    { weight: 8, arbitrary: fc.integer({ min: 1, max: 5 }) },
    { weight: 1, arbitrary: fc.constantFrom(...edges) },
  );
}

/** Dots of hostile and ordinary ids. */
export function dots(): fc.Arbitrary<Dot> {
  return fc.record({ id: replicaIds(), counter: counters() });
}

/** Clocks of 0 to 6 entries; two draws share ids often, so that all four comparisons occur. */
export function vectorClocks(): fc.Arbitrary<VectorClock> {
  return entries(6).map((list) => VectorClock.of(list));
}

/** Clocks of 100 to 1,000 entries. */
export function hugeVectorClocks(): fc.Arbitrary<VectorClock> {
  return fc
    .tuple(fc.integer({ min: 100, max: 1_000 }), fc.array(counters(), { minLength: 1, maxLength: 20 }))
    .map(([size, pattern]) =>
      VectorClock.of(Array.from({ length: size }, (_, at) => [`replica-${at}`, pattern[at % pattern.length] ?? 1])),
    );
}

/** Two clocks whose comparison is as named, the concurrent ones often nearly equal. */
export function relatedClocks(): fc.Arbitrary<{
  readonly relation: 'equal' | 'before' | 'after' | 'concurrent';
  readonly a: VectorClock;
  readonly b: VectorClock;
}> {
  const small = fc.uniqueArray(fc.tuple(replicaIds(), fc.integer({ min: 1, max: 9 })), {
    minLength: 2,
    maxLength: 6,
    selector: ([id]) => id,
  });
  return fc.tuple(small, fc.constantFrom('equal', 'before', 'after', 'concurrent')).map(([list, relation]) => {
    const base = VectorClock.of(list);
    const raised = (at: 0 | 1): VectorClock => base.increment(list[at]?.[0] ?? '');
    if (relation === 'equal') return { relation, a: base, b: VectorClock.of([...list].reverse()) };
    if (relation === 'before') return { relation, a: base, b: raised(0) };
    if (relation === 'after') return { relation, a: raised(1), b: base };
    return { relation, a: raised(0), b: raised(1) };
  });
}

/** Dot sets: a contiguous part, and ranges above it with gaps between one dot and half the counters wide. */
export function dotSets(): fc.Arbitrary<DotSet> {
  const range = fc.record({
    id: replicaIds(),
    from: counters(),
    length: fc.oneof(CROSSWISE, fc.integer({ min: 0, max: 3 }), fc.constantFrom(1_000, 2 ** 40)),
  });
  return fc.tuple(entries(4), fc.array(range, { maxLength: 5 })).map(([vector, ranges]) => {
    let set = DotSet.fromVector(VectorClock.of(vector));
    for (const { id, from, length } of ranges)
      set = set.addRange(id, from, Math.min(from + length, Number.MAX_SAFE_INTEGER));
    return set;
  });
}

function entries(maxLength: number): fc.Arbitrary<[string, number][]> {
  return fc.uniqueArray(fc.tuple(replicaIds(), counters()), { maxLength, selector: ([id]) => id });
}
