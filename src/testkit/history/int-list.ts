/** A list of 32-bit integers that grows, and pairs of them found by hash: what the checkers keep millions of. */

/** Integers in a typed array that doubles. */
export class IntList {
  #items = new Int32Array(64);
  #length = 0;

  get length(): number {
    return this.#length;
  }

  push(item: number): void {
    if (this.#length === this.#items.length) {
      const items = new Int32Array(this.#items.length * 2);
      items.set(this.#items);
      this.#items = items;
    }
    this.#items[this.#length++] = item;
  }

  /** The integer at a place that is there. */
  at(place: number): number {
    return this.#items[place] ?? 0;
  }

  /** A view, good until the next push. */
  items(): Int32Array {
    return this.#items.subarray(0, this.#length);
  }

  /** Drops what comes after the first so many. */
  cut(length: number): void {
    this.#length = Math.min(this.#length, length);
  }
}

/** (a, b) → integer, for pairs of integers from 0; -1 for a pair that is not in it. Bound: the size given at first. */
export class PairTable {
  readonly #mask: number;
  readonly #first: Int32Array;
  readonly #second: Int32Array;
  readonly #held: Int32Array;

  constructor(size: number) {
    let slots = 16;
    while (slots < size * 2) slots *= 2;
    this.#mask = slots - 1;
    this.#first = new Int32Array(slots);
    this.#second = new Int32Array(slots);
    this.#held = new Int32Array(slots).fill(-1);
  }

  get(a: number, b: number): number {
    return this.#held[this.#slot(a, b)] ?? -1;
  }

  /** Puts the pair in unless it is there; what was there, or -1. */
  add(a: number, b: number, held: number): number {
    const slot = this.#slot(a, b);
    const before = this.#held[slot] ?? -1;
    if (before !== -1) return before;
    this.#first[slot] = a;
    this.#second[slot] = b;
    this.#held[slot] = held;
    return -1;
  }

  #slot(a: number, b: number): number {
    let hash = Math.imul(a, 0x9e3779b1) ^ Math.imul(b, 0x85ebca6b);
    hash ^= hash >>> 15;
    let slot = Math.imul(hash, 0x2c1b3c6d) >>> 4;
    for (slot &= this.#mask; this.#held[slot] !== -1; slot = (slot + 1) & this.#mask)
      if (this.#first[slot] === a && this.#second[slot] === b) return slot;
    return slot;
  }
}

/** Rows of integers, one row a number from 0: row i is `items` from `starts[i]` to `starts[i + 1]`. */
export type IntRows = { readonly starts: Int32Array; readonly items: Int32Array };

/** For each number in 0..rows-1 the places in `keys` that hold it, in order. Cost: two passes. */
export function placesOf(keys: Int32Array, rows: number): IntRows {
  const starts = new Int32Array(rows + 1);
  for (const key of keys) if (key >= 0) starts[key + 1] = (starts[key + 1] ?? 0) + 1;
  for (let row = 0; row < rows; row++) starts[row + 1] = (starts[row + 1] ?? 0) + (starts[row] ?? 0);
  const next = starts.slice();
  const items = new Int32Array(starts[rows] ?? 0);
  for (let place = 0; place < keys.length; place++) {
    const key = keys[place] ?? -1;
    if (key < 0) continue;
    const at = next[key] ?? 0;
    items[at] = place;
    next[key] = at + 1;
  }
  return { starts, items };
}
