/**
 * What several replicas are all known to have: the question behind reaping. Owns only the intersection; whose knowledge
 * counts, and when it may be believed, is decided by the callers.
 */

import type { Dot } from './dot.ts';
import { DotSet } from './dot-set.ts';

/** The dots that every one of them has; empty when there is nobody. */
export function stableCut(knowledge: Iterable<DotSet>): DotSet {
  let cut: DotSet | undefined;
  for (const known of knowledge) cut = cut === undefined ? known : cut.intersect(known);
  return cut ?? DotSet.empty;
}

/** Whether the stable cut has all these dots. Cost: O(dots × knowledge), without computing the cut. */
export function isStable(dots: Iterable<Dot>, knowledge: Iterable<DotSet>): boolean {
  const list = [...dots];
  let stable = list.length === 0;
  for (const known of knowledge) {
    stable = list.every((dot) => known.has(dot.id, dot.counter));
    if (!stable) return false;
  }
  return stable;
}
