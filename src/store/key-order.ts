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
  #keys: readonly string[] | undefined;
  #cells: readonly (C | undefined)[] | undefined;
  /** Keys that are new since, perhaps among `#keys` still from before they had gone. */
  #added: string[] = [];
  /** Keys among `#keys` that hold something else now, while there are `#cells`. */
  #touched: string[] = [];
  #isPlain = true;

  touch(key: string, isNew: boolean): void {
    if (this.#keys === undefined) return;
    if (isNew) this.#added.push(key);
    if (this.#cells === undefined) return;
    this.#touched.push(key);
    if (this.#touched.length * 4 <= this.#keys.length + 64) return;
    this.#cells = undefined;
    this.#touched = [];
  }

  ordered(table: ReadonlyMap<string, C>): OrderedCells<C> {
    const isSorted = this.#keys !== undefined && this.#added.length * 4 <= this.#keys.length + 64;
    let keys = isSorted ? (this.#keys as readonly string[]) : this.#sort([...table.keys()]); // sorted, so not undefined
    let cells = isSorted ? this.#cells : undefined;
    if (isSorted && this.#added.length > 0) [keys, cells] = union(keys, cells, this.#sort([...new Set(this.#added)]));
    if (cells === undefined) {
      cells = keys.map((key) => table.get(key));
    } else if (this.#touched.length > 0) {
      const patched = [...cells];
      for (const key of this.#touched) patched[lowerBound(keys, key)] = table.get(key);
      cells = patched;
    }
    this.#keys = keys;
    this.#cells = cells;
    this.#added = [];
    this.#touched = [];
    return { keys, cells };
  }

  /** UTF-16 order is the order of the UTF-8 bytes as long as there are no surrogates; the built-in sort is faster. */
  #sort(keys: string[]): string[] {
    this.#isPlain &&= !keys.some(hasSurrogates);
    return this.#isPlain ? keys.sort() : keys.sort(compareText);
  }
}

type Cells<C> = readonly (C | undefined)[] | undefined;

/** Both lists in order, each key once; keys that have gone stay out where `cells` tell. */
function union<C>(
  old: readonly string[],
  cells: Cells<C>,
  added: readonly string[],
): [keys: readonly string[], cells: Cells<C>] {
  const keys: string[] = [];
  const kept: (C | undefined)[] = [];
  let next = 0;
  const bring = (before: string | undefined): void => {
    for (
      let key = added[next];
      key !== undefined && (before === undefined || compareText(key, before) < 0);
      key = added[++next]
    ) {
      keys.push(key);
      kept.push(undefined);
    }
  };
  for (const [at, key] of old.entries()) {
    bring(key);
    if (added[next] === key) next += 1;
    else if (cells !== undefined && cells[at] === undefined) continue;
    keys.push(key);
    kept.push(cells?.[at]);
  }
  bring(undefined);
  return [keys, cells === undefined ? undefined : kept];
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
