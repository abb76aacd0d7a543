/**
 * Keys in the order of their UTF-8 bytes, for scans by prefix or range. Writing only notes new keys; they are sorted
 * in when a scan asks, so a store that is never scanned pays nothing for order.
 */

import { compareText, hasSurrogates } from '../codec/text.ts';

/** Which keys a scan visits: `from` is inclusive, `to` exclusive. */
export type KeyRange = {
  readonly prefix?: string | undefined;
  readonly from?: string | undefined;
  readonly to?: string | undefined;
  readonly limit?: number | undefined;
};

export class KeyOrder {
  #sorted: string[] | undefined;
  #added: string[] = [];
  #removed = 0;
  #isPlain = true;

  add(key: string): void {
    if (this.#sorted !== undefined) this.#added.push(key);
  }

  remove(): void {
    this.#removed += 1;
  }

  /**
   * A sorted array that holds at least the keys of `table`, and perhaps some that have gone; whoever walks it looks
   * each key up. The array is never changed after it was handed out.
   */
  sorted(table: ReadonlyMap<string, unknown>): readonly string[] {
    const isDue = this.#sorted === undefined || this.#added.length > 0 || this.#removed * 2 > this.#sorted.length;
    if (this.#sorted !== undefined && !isDue) return this.#sorted;
    if (this.#sorted === undefined || this.#removed > 0 || this.#added.length * 8 > this.#sorted.length) {
      this.#sorted = this.#sort([...table.keys()]);
    } else {
      this.#sorted = mergeSorted(this.#sorted, this.#sort(this.#added));
    }
    this.#added = [];
    this.#removed = 0;
    return this.#sorted;
  }

  /** UTF-16 order is the order of the UTF-8 bytes as long as there are no surrogates; the built-in sort is faster. */
  #sort(keys: string[]): string[] {
    this.#isPlain &&= !keys.some(hasSurrogates);
    return this.#isPlain ? keys.sort() : keys.sort(compareText);
  }
}

function mergeSorted(left: readonly string[], right: readonly string[]): string[] {
  const merged: string[] = [];
  let at = 0;
  for (const key of left) {
    for (let next = right[at]; next !== undefined && compareText(next, key) < 0; next = right[++at]) merged.push(next);
    merged.push(key);
  }
  return merged.concat(right.slice(at));
}

/** Where `range` begins and ends in a sorted array: [first, end). */
export function boundsOf(sorted: readonly string[], range: KeyRange): [first: number, end: number] {
  const from = range.prefix !== undefined && compareText(range.prefix, range.from ?? '') > 0 ? range.prefix : range.from;
  const first = from === undefined ? 0 : lowerBound(sorted, from);
  let end = range.to === undefined ? sorted.length : lowerBound(sorted, range.to);
  if (range.prefix !== undefined) {
    const prefix = range.prefix;
    let low = first;
    let high = Math.max(end, first);
    while (low < high) {
      const middle = (low + high) >>> 1;
      const key = sorted[middle] as string; // middle < length
      if (key.startsWith(prefix)) low = middle + 1;
      else high = middle;
    }
    end = low;
  }
  return [first, end];
}

function lowerBound(sorted: readonly string[], key: string): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (compareText(sorted[middle] as string /* middle < length */, key) < 0) low = middle + 1;
    else high = middle;
  }
  return low;
}
