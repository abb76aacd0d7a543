/**
 * Keys in the order of their UTF-8 bytes, each with its slot, for scans by prefix or range. Writing only notes keys that
 * come or go, and only once a scan was made; the next scan brings the order up to date. Overwriting costs nothing here.
 */

import { compareText, hasSurrogates } from '../codec/text.ts';

/** Which keys a scan visits: `from` is inclusive, `to` exclusive. */
export type KeyRange = {
  readonly prefix?: string | undefined;
  readonly from?: string | undefined;
  readonly to?: string | undefined;
  readonly limit?: number | undefined;
};

/** Parallel arrays, never changed after they were handed out; a slot may have gone to another key since. */
export type OrderedSlots = { readonly keys: readonly string[]; readonly slots: readonly number[] };

/** The sorted view of a table, brought up to date when a scan asks. */
export class KeyOrder {
  #ordered: OrderedSlots | undefined;
  #added: string[] = [];
  #gone = 0;
  #isPlain = true;

  noteAdded(key: string): void {
    if (this.#ordered !== undefined && this.#added.push(key) * 4 > this.#ordered.keys.length + 64) this.drop();
  }

  noteGone(): void {
    this.#gone += 1;
    if (this.#ordered !== undefined && this.#gone * 2 > this.#ordered.keys.length) this.drop();
  }

  /** Whether these are the newest, and every key has still the slot they name. */
  isCurrent(ordered: OrderedSlots): boolean {
    return ordered === this.#ordered && this.#gone === 0;
  }

  /** Forgets the order; the next scan sorts. */
  drop(): void {
    this.#ordered = undefined;
    this.#added = [];
    this.#gone = 0;
  }

  /** `arrange` gives sorted keys the slots 0, 1, 2 …; it is called whenever all of them were sorted. */
  ordered(table: ReadonlyMap<string, number>, arrange: (keys: readonly string[]) => void): OrderedSlots {
    const old = this.#ordered;
    if (old === undefined) {
      const keys = this.#sort([...table.keys()]);
      arrange(keys);
      this.#gone = 0;
      this.#ordered = { keys, slots: keys.map((_, at) => at) };
      return this.#ordered;
    }
    if (this.#added.length === 0) return old;
    this.#ordered = union(old, this.#sort([...new Set(this.#added)]), table);
    this.#added = [];
    this.#gone = 0;
    return this.#ordered;
  }

  /** UTF-16 order is the order of the UTF-8 bytes as long as there are no surrogates; the built-in sort is faster. */
  #sort(keys: string[]): string[] {
    this.#isPlain &&= !keys.some(hasSurrogates);
    return this.#isPlain ? keys.sort() : keys.sort(compareText);
  }
}

/** Both lists in order, each key that is in the table once. */
function union(old: OrderedSlots, added: readonly string[], table: ReadonlyMap<string, number>): OrderedSlots {
  const keys: string[] = [];
  const slots: number[] = [];
  let next = 0;
  const bring = (key: string): void => {
    const slot = table.get(key);
    if (slot === undefined) return;
    keys.push(key);
    slots.push(slot);
  };
  for (const key of old.keys) {
    for (let fresh = added[next]; fresh !== undefined && compareText(fresh, key) < 0; fresh = added[++next])
      bring(fresh);
    if (added[next] === key) next += 1;
    bring(key);
  }
  for (const key of added.slice(next)) bring(key);
  return { keys, slots };
}

/** Where `range` begins and ends in a sorted array: [first, end). */
export function boundsOf(sorted: readonly string[], range: KeyRange): [first: number, end: number] {
  const { prefix = '', from = '', to } = range;
  const start = compareText(prefix, from) > 0 ? prefix : from;
  const { length } = sorted;
  const first = firstNot(sorted, 0, length, (key) => compareText(key, start) < 0);
  const end = to === undefined ? length : firstNot(sorted, first, length, (key) => compareText(key, to) < 0);
  return [first, firstNot(sorted, first, end, (key) => key.startsWith(prefix))];
}

/** Where from `low` to `high` the first key is for which `isBefore` does not hold, as it does for all before that. */
function firstNot(sorted: readonly string[], low: number, high: number, isBefore: (key: string) => boolean): number {
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (isBefore(sorted[middle] as string /* middle < length */)) low = middle + 1;
    else high = middle;
  }
  return low;
}
