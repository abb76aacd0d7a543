/**
 * What somebody was told of one key, as a set of its operations that is closed under "was based on". The operations of a
 * key are laid out in lanes, each a chain of operations that were based on one another, so that such a set is a
 * number for each lane: an exact vector, however wide the concurrency was. `as` in this file: entries come in pairs.
 */

/** Immutable: lane, count, lane, count …, by ascending lane. The first `count` operations of each lane are known. */
export type Known = readonly number[];

export const NOTHING_KNOWN: Known = [];

/** How many operations of a lane are known. */
export function countOf(known: Known, lane: number): number {
  for (let at = 0; at < known.length; at += 2) if (known[at] === lane) return known[at + 1] as number; // pairs
  return 0;
}

/** What either knows; the very same list as one of them where that knows all. Cost: O(lanes). */
export function unite(one: Known, other: Known): Known {
  if (one === other || covers(one, other)) return one;
  if (covers(other, one)) return other;
  const both: number[] = [];
  let a = 0;
  let b = 0;
  while (a < one.length || b < other.length) {
    const laneA = one[a] ?? Number.POSITIVE_INFINITY;
    const laneB = other[b] ?? Number.POSITIVE_INFINITY;
    const fromA = laneA <= laneB ? (one[a + 1] as number) : 0; // pairs
    const fromB = laneB <= laneA ? (other[b + 1] as number) : 0;
    both.push(Math.min(laneA, laneB), Math.max(fromA, fromB));
    if (laneA <= laneB) a += 2;
    if (laneB <= laneA) b += 2;
  }
  return both;
}

/** Whether `one` knows all that `other` does. Cost: O(lanes). */
export function covers(one: Known, other: Known): boolean {
  let a = 0;
  for (let b = 0; b < other.length; b += 2) {
    const lane = other[b] as number; // pairs
    while (a < one.length && (one[a] as number) < lane) a += 2;
    if (one[a] !== lane || (one[a + 1] as number) < (other[b + 1] as number)) return false;
  }
  return true;
}
