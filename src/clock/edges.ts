/**
 * Sets of counters as sorted boundaries: [from, to + 1, from, to + 1, …], half-open, all different, so that ranges are
 * disjoint and never touch. One sweep does union, intersection and difference; a gap costs two numbers, whatever its
 * width. Knows nothing of ids.
 */

/** Ascending boundaries of ranges: [from, to + 1, from, to + 1, …]. */
export type Edges = readonly number[];

/** Which counters a sweep keeps: bit 1 those of the first set only, bit 2 of the second only, bit 3 of both. */
export const UNION = 0b1110;
export const MINUS = 0b0010;
export const INTERSECT = 0b1000;

const END = 2 ** 54; // beyond every boundary

/** Combines two sets. Cost: O(ranges). */
export function sweep(a: Edges, b: Edges, keep: number): Edges {
  const out: number[] = [];
  let i = 0;
  let j = 0;
  let was = 0;
  while (i < a.length || j < b.length) {
    const x = a[i] ?? END;
    const y = b[j] ?? END;
    if (x <= y) i++;
    if (y <= x) j++;
    // After an odd number of boundaries one is inside a range.
    const now = (keep >>> ((i & 1) | ((j & 1) << 1))) & 1;
    if (now === was) continue;
    out.push(Math.min(x, y));
    was = now;
  }
  return out;
}

/** How many boundaries are at or below `counter`: odd when the counter is in the set. Cost: O(log ranges). */
export function boundariesUpTo(edges: Edges, counter: number): number {
  let from = 0;
  let to = edges.length;
  while (from < to) {
    const middle = (from + to) >>> 1;
    const edge = edges[middle] as number; // middle < to
    if (edge <= counter) from = middle + 1;
    else to = middle;
  }
  return from;
}

/** Whether every counter of `b` is in `a`. Cost: O(ranges of b × log ranges of a). */
export function coversEdges(a: Edges, b: Edges): boolean {
  for (let j = 0; j < b.length; j += 2) {
    const at = boundariesUpTo(a, b[j] as number); // j < length
    // Ranges of `a` never touch, so one range has to hold all of this one.
    if ((at & 1) === 0 || (a[at] as number) < (b[j + 1] as number)) return false; // pairs
  }
  return true;
}

/**
 * The set with the counters from `from` to before `end`. Cost: O(log ranges) and copying; measured, half of a sweep when
 * many dots arrive out of order.
 */
export function insertRange(edges: Edges, from: number, end: number): Edges {
  const first = boundariesUpTo(edges, from - 1);
  const last = boundariesUpTo(edges, end);
  // A boundary that falls inside a range, or where one ends or begins, is none.
  const added = [...(first & 1 ? [] : [from]), ...(last & 1 ? [] : [end])];
  return edges.toSpliced(first, last - first, ...added);
}
