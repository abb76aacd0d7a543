/**
 * The current dots of one replica id: counter → key, in order. Counters mostly follow one another, so a lane is an
 * array of keys from a first counter on, with holes for dots that were superseded; where the gaps are large it keeps
 * the counters too. Cost: 8 to 16 bytes a dot; O(1) amortised to add and drop in order, O(log n) to find.
 */

type Entry = { readonly counter: number; readonly key: string };

const COMPACT_MIN = 64;
/** A lane without counters may be up to this much longer than it has dots. */
const SPREAD_MAX = 1.5;

/** Counter → key of the current dots of one id. */
export class DotLane {
  /** The counter of the first key; used while there are no `#counters`. */
  #first = 0;
  #counters: number[] | undefined;
  #keys: (string | undefined)[] = [];
  #holes = 0;
  /** Dots that came out of order and wait for the next look. */
  #late: Entry[] = [];

  get isEmpty(): boolean {
    return this.#holes === this.#keys.length && this.#late.length === 0;
  }

  add(counter: number, key: string): void {
    const keys = this.#keys;
    if (keys.length === 0) this.#first = counter;
    const next = this.#counterAt(keys.length - 1) + 1;
    if (keys.length > 0 && counter < next) {
      this.#late.push({ counter, key });
      return;
    }
    if (this.#counters === undefined && keys.length > 0 && counter > next) {
      if (counter - this.#first < (keys.length - this.#holes + 1) * SPREAD_MAX) {
        for (let hole = next; hole < counter; hole += 1) keys.push(undefined);
        this.#holes += counter - next;
      } else {
        this.#counters = keys.map((_, at) => this.#first + at);
      }
    }
    keys.push(key);
    this.#counters?.push(counter);
  }

  /** Forgets the dot, if the lane has it for this key. */
  drop(counter: number, key: string): void {
    this.#settle();
    const keys = this.#keys;
    for (let at = this.#lowerBound(counter); at < keys.length && this.#counterAt(at) === counter; at += 1) {
      if (keys[at] !== key) continue;
      keys[at] = undefined;
      this.#holes += 1;
      break;
    }
    if (this.#holes * 2 > keys.length && this.#holes > COMPACT_MIN) this.#pack(this.#entries());
  }

  /** Calls `visit` for every dot from `from` to `to`, both included, in order. */
  visit(from: number, to: number, visit: (counter: number, key: string) => void): void {
    this.#settle();
    const keys = this.#keys;
    for (let at = this.#lowerBound(from); at < keys.length; at += 1) {
      const counter = this.#counterAt(at);
      if (counter > to) return;
      const key = keys[at];
      if (key !== undefined) visit(counter, key);
    }
  }

  #counterAt(at: number): number {
    return this.#counters === undefined ? this.#first + at : (this.#counters[at] as number); // at < length, or not used
  }

  #lowerBound(counter: number): number {
    const counters = this.#counters;
    if (counters === undefined) return Math.min(Math.max(counter - this.#first, 0), this.#keys.length);
    let low = 0;
    let high = counters.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((counters[middle] as number) /* middle < length */ < counter) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  #entries(): Entry[] {
    const entries: Entry[] = [];
    for (const [at, key] of this.#keys.entries())
      if (key !== undefined) entries.push({ counter: this.#counterAt(at), key });
    return entries;
  }

  /** Brings dots that came out of order into their places. */
  #settle(): void {
    if (this.#late.length === 0) return;
    const entries = [...this.#entries(), ...this.#late].sort((a, b) => a.counter - b.counter);
    this.#late = [];
    this.#pack(entries);
  }

  /** Holds exactly these entries, which are in order; one dot may have two keys where an id was used twice. */
  #pack(entries: readonly Entry[]): void {
    const first = entries[0]?.counter ?? 0;
    const span = (entries[entries.length - 1]?.counter ?? 0) - first + 1;
    const isDense =
      span <= entries.length * SPREAD_MAX && entries.every(({ counter }, at) => counter !== entries[at - 1]?.counter);
    this.#first = first;
    this.#counters = isDense ? undefined : entries.map(({ counter }) => counter);
    this.#keys = [];
    this.#holes = 0;
    for (const { counter, key } of entries) {
      for (; isDense && first + this.#keys.length < counter; this.#holes += 1) this.#keys.push(undefined);
      this.#keys.push(key);
    }
  }
}
