/**
 * What clocks and dot sets share: arrays of replica ids in the order of their UTF-8 bytes. Knows nothing of counters.
 * Also keeps one string object per id that came in from outside, because comparing two references is several times
 * cheaper than comparing two equal strings, and every dot of a store holds an id.
 */

import { compareText } from '../codec/text.ts';

/** Where `id` is; or, when it is not there, the complement (`~`) of where it belongs. */
export function findId(ids: readonly string[], id: string): number {
  // Measured: up to about 16 entries a plain scan beats a search, because most comparisons are of references. In longer
  // lists `<` is three times as fast as compareText: it may go astray where ids have surrogates, but a hit is a hit.
  if (ids.length <= 16) {
    for (let i = 0; i < ids.length; i++) if (ids[i] === id) return i;
  } else {
    const at = lowerBound(ids, id, false);
    if (ids[at] === id) return at;
  }
  const at = lowerBound(ids, id, true);
  return ids[at] === id ? at : ~at;
}

/** Where the first id is that does not come before `id`, by UTF-8 bytes or, when `exact` is false, by UTF-16 units. */
function lowerBound(ids: readonly string[], id: string, exact: boolean): number {
  let from = 0;
  let to = ids.length;
  while (from < to) {
    const middle = (from + to) >>> 1;
    const at = ids[middle] as string; // middle < to
    if (exact ? compareText(at, id) < 0 : at < id) from = middle + 1;
    else to = middle;
  }
  return from;
}

/** Both lists as one, sorted and each id once; the first is sorted. */
export function mergeIds(a: readonly string[], b: readonly string[]): readonly string[] {
  // Mostly both are the same.
  return b.every((id, at) => id === a[at]) ? a : [...new Set([...a, ...b])].sort(compareText);
}

const interned = new Map<string, string>();
const INTERNED_MAX = 4_096;

/** The same text, as the one string object kept for it. Bound: at most INTERNED_MAX ids are remembered at a time. */
export function internId(id: string): string {
  const known = interned.get(id);
  if (known !== undefined) return known;
  if (interned.size >= INTERNED_MAX) interned.clear();
  interned.set(id, id);
  return id;
}
