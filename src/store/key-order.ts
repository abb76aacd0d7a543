/**
 * Keys in the order of their UTF-8 bytes, with what they held when a scan last asked: a scan walks one moment of the
 * store without looking each key up. Writing only notes what it touched, and only once a scan was made; the next scan
 * brings the order up to date.
 */

import { compareText, hasSurrogates } from '../codec/text.ts';

/** Which keys a scan visits: `from` is inclusive, `to` exclusive. */
export type KeyRange = {
  readonly prefix?: string | undefined;
  readonly from?: string | undefined;
  readonly to?: string | undefined;
  readonly limit?: number | undefined;
};

/** Parallel arrays, never changed after they were handed out; a cell is undefined where the key has gone. */
export type OrderedCells<C> = { readonly keys: readonly string[]; readonly cells: readonly (C | undefined)[] };

/** The sorted view of a table, brought up to date when a scan asks. Cost: a write notes one key, once a scan was made. */
export class KeyOrder<C> {
  #ordered: OrderedCells<C> | undefined;
  /** Keys changed, added or removed since; more than a part of all, and sorting anew is cheaper. */
  #touched: string[] = [];
  #isPlain = true;

  touch(key: string): void {
    if (this.#ordered === undefined) return;
    this.#touched.push(key);
    if (this.#touched.length * 4 <= this.#ordered.keys.length + 64) return;
    this.#ordered = undefined;
    this.#touched = [];
  }

  ordered(table: ReadonlyMap<string, C>): OrderedCells<C> {
    if (this.#ordered !== undefined && this.#touched.length === 0) return this.#ordered;
    this.#ordered = this.#ordered === undefined ? this.#fresh(table) : this.#patched(this.#ordered, table);
    this.#touched = [];
    return this.#ordered;
  }

  #fresh(table: ReadonlyMap<string, C>): OrderedCells<C> {
    const keys = this.#sort([...table.keys()]);
    return { keys, cells: keys.map((key) => table.get(key)) };
  }

  #patched(old: OrderedCells<C>, table: ReadonlyMap<string, C>): OrderedCells<C> {
    const cells = [...old.cells];
    const added: string[] = [];
    for (const key of new Set(this.#touched)) {
      const at = lowerBound(old.keys, key);
      if (old.keys[at] === key) cells[at] = table.get(key);
      else if (table.has(key)) added.push(key);
    }
    return added.length === 0 ? { keys: old.keys, cells } : merged({ keys: old.keys, cells }, this.#sort(added), table);
  }

  /** UTF-16 order is the order of the UTF-8 bytes as long as there are no surrogates; the built-in sort is faster. */
  #sort(keys: string[]): string[] {
    this.#isPlain &&= !keys.some(hasSurrogates);
    return this.#isPlain ? keys.sort() : keys.sort(compareText);
  }
}

function merged<C>(old: OrderedCells<C>, added: readonly string[], table: ReadonlyMap<string, C>): OrderedCells<C> {
  const keys: string[] = [];
  const cells: (C | undefined)[] = [];
  let next = 0;
  const bring = (before: string | undefined): void => {
    for (
      let key = added[next];
      key !== undefined && (before === undefined || compareText(key, before) < 0);
      key = added[++next]
    ) {
      keys.push(key);
      cells.push(table.get(key));
    }
  };
  for (let at = 0; at < old.keys.length; at += 1) {
    const key = old.keys[at] as string; // at < length
    bring(key);
    if (old.cells[at] === undefined) continue;
    keys.push(key);
    cells.push(old.cells[at]);
  }
  bring(undefined);
  return { keys, cells };
}

/** Where `range` begins and ends in a sorted array: [first, end). */
export function boundsOf(sorted: readonly string[], range: KeyRange): [first: number, end: number] {
  const { prefix, to } = range;
  const from = prefix !== undefined && compareText(prefix, range.from ?? '') > 0 ? prefix : range.from;
  const first = from === undefined ? 0 : lowerBound(sorted, from);
  const end = to === undefined ? sorted.length : lowerBound(sorted, to);
  if (prefix === undefined) return [first, end];
  let low = first;
  let high = Math.max(end, first);
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (
      (sorted[middle] as string) /* middle < length */
        .startsWith(prefix)
    )
      low = middle + 1;
    else high = middle;
  }
  return [first, low];
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
