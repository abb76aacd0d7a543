/**
 * The current dots of one replica id: counter → slot of the key, in order. Counters mostly follow one another, so a lane
 * is an array of slots from a first counter on, with holes for dots that were superseded; where the gaps are large it
 * keeps the counters too. Cost: 4 to 16 bytes a dot; O(1) amortised to add and drop in order, O(log n) to find.
 */

type Entry = { readonly counter: number; readonly slot: number };

const HOLE = -1;
const COMPACT_MIN = 64;
const GROWTH = 1.5;
/** A lane without counters may be made up to this much longer than it has dots: then counters would cost as much. */
const SPREAD_MAX = 3;
/** It is made anew when it is longer than this; one with counters, when half of it are holes. */
const SPREAD_LIMIT = 4;

/** Counter → slot of the current dots of one id. */
export class DotLane {
  /** The counter of the first slot; used while there are no `#counters`. */
  #first = 0;
  #counters: number[] | undefined;
  #slots: Int32Array = new Int32Array(4);
  #length = 0;
  #holes = 0;
  /** Dots that came out of order and wait for the next look. */
  #late: Entry[] = [];

  get isEmpty(): boolean {
    return this.#holes === this.#length && this.#late.length === 0;
  }

  add(counter: number, slot: number): void {
    if (this.#length === 0) this.#first = counter;
    const next = this.#length === 0 ? counter : this.#counterAt(this.#length - 1) + 1;
    if (counter < next) {
      this.#late.push({ counter, slot });
      return;
    }
    if (this.#counters === undefined && counter > next) {
      if (counter - this.#first < (this.#length - this.#holes + 1) * SPREAD_MAX) {
        for (let hole = next; hole < counter; hole += 1) this.#push(HOLE);
        this.#holes += counter - next;
      } else {
        this.#counters = Array.from({ length: this.#length }, (_, at) => this.#first + at);
      }
    }
    this.#push(slot);
    this.#counters?.push(counter);
  }

  /** Forgets the dot, if the lane has it for this slot. */
  drop(counter: number, slot: number): void {
    this.#settle();
    for (let at = this.#lowerBound(counter); at < this.#length && this.#counterAt(at) === counter; at += 1) {
      if (this.#slots[at] !== slot) continue;
      this.#slots[at] = HOLE;
      this.#holes += 1;
      break;
    }
    const spread = this.#counters === undefined ? SPREAD_LIMIT : 2;
    if (this.#holes > COMPACT_MIN && (this.#length - this.#holes) * spread < this.#length) this.#compact();
  }

  /** Calls `visit` for every dot from `from` to `to`, both included, in order. */
  visit(from: number, to: number, visit: (counter: number, slot: number) => void): void {
    this.#settle();
    for (let at = this.#lowerBound(from); at < this.#length; at += 1) {
      const counter = this.#counterAt(at);
      if (counter > to) return;
      const slot = this.#slots[at] as number; // at < length
      if (slot !== HOLE) visit(counter, slot);
    }
  }

  /** Follows keys that were given other slots. */
  move(slots: Int32Array): void {
    this.#settle();
    for (let at = 0; at < this.#length; at += 1) {
      const slot = this.#slots[at] as number; // at < length
      if (slot !== HOLE) this.#slots[at] = slots[slot] as number; // every taken slot has its new place
    }
  }

  #push(slot: number): void {
    if (this.#length === this.#slots.length) this.#resize(Math.ceil(this.#length * GROWTH));
    this.#slots[this.#length] = slot;
    this.#length += 1;
  }

  #resize(length: number): void {
    const slots = new Int32Array(length);
    slots.set(this.#slots.subarray(0, Math.min(length, this.#length)));
    this.#slots = slots;
  }

  #counterAt(at: number): number {
    return this.#counters === undefined ? this.#first + at : (this.#counters[at] as number); // at < length
  }

  #lowerBound(counter: number): number {
    const counters = this.#counters;
    if (counters === undefined) return Math.min(Math.max(counter - this.#first, 0), this.#length);
    let low = 0;
    let high = counters.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((counters[middle] as number) /* middle < length */ < counter) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** Closes the holes, or most of them. Makes no object a dot: measured, that was a tenth of an overwrite. */
  #compact(): void {
    const old = this.#slots;
    const live = this.#length - this.#holes;
    let from = 0;
    let end = this.#length;
    while (from < end && old[from] === HOLE) from += 1;
    while (end > from && old[end - 1] === HOLE) end -= 1;
    const first = this.#counterAt(from);
    const span = end === from ? 0 : this.#counterAt(end - 1) - first + 1;
    const isDense = this.#counters === undefined && span <= live * SPREAD_MAX;
    const slots = new Int32Array(Math.max(4, isDense ? span : live));
    const counters: number[] = [];
    let length = 0;
    for (let at = from; at < end; at += 1) {
      if (!isDense && old[at] === HOLE) continue;
      if (!isDense) counters.push(this.#counterAt(at));
      slots[length] = old[at] as number; // at < length
      length += 1;
    }
    this.#first = first;
    this.#counters = isDense ? undefined : counters;
    this.#slots = slots;
    this.#length = length;
    this.#holes = length - live;
  }

  #entries(): Entry[] {
    const entries: Entry[] = [];
    for (let at = 0; at < this.#length; at += 1) {
      const slot = this.#slots[at] as number; // at < length
      if (slot !== HOLE) entries.push({ counter: this.#counterAt(at), slot });
    }
    return entries;
  }

  /** Brings dots that came out of order into their places. */
  #settle(): void {
    if (this.#late.length === 0) return;
    const entries = [...this.#entries(), ...this.#late].sort((a, b) => a.counter - b.counter);
    this.#late = [];
    this.#pack(entries);
  }

  /** Holds exactly these entries, which are in order; one dot may have two slots where an id was used twice. */
  #pack(entries: readonly Entry[]): void {
    const first = entries[0]?.counter ?? 0;
    const span = (entries[entries.length - 1]?.counter ?? 0) - first + 1;
    const isDense =
      span <= entries.length * SPREAD_MAX && entries.every(({ counter }, at) => counter !== entries[at - 1]?.counter);
    this.#first = first;
    this.#counters = isDense ? undefined : entries.map(({ counter }) => counter);
    this.#length = 0;
    this.#holes = 0;
    this.#slots = new Int32Array(Math.max(4, isDense ? span : entries.length));
    for (const { counter, slot } of entries) {
      for (; isDense && first + this.#length < counter; this.#holes += 1) this.#push(HOLE);
      this.#push(slot);
    }
  }
}
