/**
 * A vector clock: for each replica id the counter up to which all its dots are known, so a downward closed set of dots.
 * Immutable. Held as two parallel arrays sorted by id, which clocks share wherever they can. Owns comparing and
 * merging; knows nothing of gaps (that is DotSet) nor of what the dots name.
 * The idea: Fidge 1988, Mattern 1989; the order and its laws are those of sets of dots.
 */

import { misuse } from '../assert.ts';
import type { ByteWriter } from '../codec/bytes.ts';
import { compareText } from '../codec/text.ts';
import { COUNTER_MAX } from '../limits.ts';
import { checkCounter, checkReplicaId, type Dot, exhausted } from './dot.ts';
import { decodeWith, encodeWith, readClockParts, writeParts } from './layout.ts';
import { findId } from './sorted-ids.ts';

/** How one clock stands to another: no dot more on either side, more on the other, more on this, or on both. */
export type Comparison = 'equal' | 'before' | 'after' | 'concurrent';

// Which side has a dot that the other lacks; the index into ANSWERS.
const RIGHT = 1;
const LEFT = 2;
const BOTH = 3;
const ANSWERS: readonly Comparison[] = ['equal', 'before', 'after', 'concurrent'];

/** Replica id → counter, immutable; the set of the dots 1..counter of each id. */
export class VectorClock {
  /** The ids in order of their UTF-8 bytes. Shared between clocks: read only. */
  readonly ids: readonly string[];
  /** The counter of each of `ids`, at least 1. Shared between clocks: read only. */
  readonly counters: readonly number[];

  private constructor(ids: readonly string[], counters: readonly number[]) {
    this.ids = ids;
    this.counters = counters;
  }

  /** The clock that knows nothing. */
  static readonly empty: VectorClock = new VectorClock([], []);

  /** Takes arrays that are already sorted, checked and never changed again; for this layer and decoders only. */
  static ofSorted(ids: readonly string[], counters: readonly number[]): VectorClock {
    return ids.length === 0 ? VectorClock.empty : new VectorClock(ids, counters);
  }

  /** The clock of these entries; a counter of 0 is dropped. Throws: TypeError or RangeError for a bad or repeated id or a bad counter. */
  static of(entries: Iterable<readonly [string, number]>): VectorClock {
    const byId = new Map<string, number>();
    for (const [id, counter] of entries) {
      checkReplicaId(id);
      if (byId.has(id)) throw new RangeError(misuse(id, 'an id', 'is named twice'));
      if (counter !== 0) checkCounter(counter);
      byId.set(id, counter);
    }
    const ids = [...byId.keys()].filter((id) => byId.get(id) !== 0).sort(compareText);
    const counters = ids.map((id) => byId.get(id) as number); // its keys
    return VectorClock.ofSorted(ids, counters);
  }

  /** Reads what toJSON wrote: an object of id → counter. Throws: as `of`. */
  static fromJSON(object: { readonly [id: string]: number }): VectorClock {
    if (object === null || typeof object !== 'object') throw new TypeError('Cannot read a clock: it is not an object');
    return VectorClock.of(Object.entries(object));
  }

  /** Reads what encode wrote. Throws: VERSION_UNSUPPORTED, or ENCODING_INVALID for all that encode would not write. */
  static decode(bytes: Uint8Array): VectorClock {
    const { ids, counters } = decodeWith(bytes, readClockParts);
    return VectorClock.ofSorted(ids, counters);
  }

  /** How many ids have a counter. */
  get size(): number {
    return this.ids.length;
  }

  /** The counter of `id`, 0 when it has none. Cost: a scan up to 16 entries, else a binary search. */
  get(id: string): number {
    const at = findId(this.ids, id);
    return at < 0 ? 0 : (this.counters[at] as number); // found
  }

  /** Whether the dot is among the known ones. */
  has(dot: Dot): boolean {
    return dot.counter >= 1 && dot.counter <= this.get(dot.id);
  }

  /** The entries in the order of the ids. */
  *[Symbol.iterator](): IterableIterator<[string, number]> {
    for (let i = 0; i < this.ids.length; i++) yield [this.ids[i] as string, this.counters[i] as number]; // i < length
  }

  /** Law: L3, a partial order equal to inclusion of dots. Cost: O(entries), stopping at the first sign of concurrency. */
  compare(other: VectorClock): Comparison {
    return ANSWERS[relate(this, other, BOTH)] as Comparison; // relate gives 0..3
  }

  /** Whether this knows every dot of the other (≥). */
  descends(other: VectorClock): boolean {
    return (relate(this, other, RIGHT) & RIGHT) === 0;
  }

  /** Whether this knows every dot of the other, and more (>). */
  dominates(other: VectorClock): boolean {
    return relate(this, other, BOTH) === LEFT;
  }

  /** Whether each knows a dot that the other does not. */
  concurrent(other: VectorClock): boolean {
    return relate(this, other, BOTH) === BOTH;
  }

  /** Whether both know the same dots. */
  equals(other: VectorClock): boolean {
    return relate(this, other, BOTH) === 0;
  }

  /** Law: L3, the least upper bound; `this` or the other itself when that one descends the first. */
  merge(other: VectorClock): VectorClock {
    const more = relate(this, other, BOTH);
    if ((more & RIGHT) === 0) return this;
    if (more === RIGHT) return other;
    return mergeConcurrent(this, other);
  }

  /** Pointwise minimum: the greatest lower bound, the dots that both know. */
  meet(other: VectorClock): VectorClock {
    return VectorClock.of([...this].map(([id, counter]) => [id, Math.min(counter, other.get(id))]));
  }

  /** The clock with the next dot of `id` added. Throws: COUNTER_EXHAUSTED past COUNTER_MAX. */
  increment(id: string): VectorClock {
    const at = findId(this.ids, id);
    const counter = at < 0 ? 0 : (this.counters[at] as number); // found
    if (counter < COUNTER_MAX) return this.#set(at, id, counter + 1);
    throw exhausted(id, counter);
  }

  /** The clock raised to at least `counter` at `id`; itself when it is there already. Throws: as `of`. */
  with(id: string, counter: number): VectorClock {
    const at = findId(this.ids, id);
    if (counter <= (at < 0 ? 0 : (this.counters[at] as number))) return this; // found
    checkCounter(counter);
    return this.#set(at, id, counter);
  }

  /** An object of id → counter without a prototype, so that any id is safe in it. */
  toJSON(): { [id: string]: number } {
    return Object.assign(Object.create(null), Object.fromEntries(this));
  }

  /** Canonical bytes: equal clocks give equal bytes. */
  encode(): Uint8Array {
    return encodeWith((writer) => this.write(writer));
  }

  /** Writes the clock without the version byte. */
  write(writer: ByteWriter): void {
    writeParts(writer, this.size, this.ids, this);
  }

  /** Sets the counter of the id at `at`, or of a new id that belongs at `~at`. */
  #set(at: number, id: string, counter: number): VectorClock {
    if (at >= 0) {
      const counters = this.counters.slice();
      counters[at] = counter;
      return new VectorClock(this.ids, counters);
    }
    checkReplicaId(id);
    return new VectorClock(this.ids.toSpliced(~at, 0, id), this.counters.toSpliced(~at, 0, counter));
  }
}

/** LEFT | RIGHT for the sides that have a dot more; may stop as soon as all of `enough` is known. */
function relate(a: VectorClock, b: VectorClock, enough: number): number {
  if (a === b) return 0;
  const x = a.ids;
  const y = b.ids;
  const m = a.counters;
  const n = b.counters;
  const shorter = Math.min(x.length, y.length);
  let more = 0;
  let i = 0;
  // Mostly the ids are the same ones, so first walk in step, and part only at the first id that differs.
  for (; i < shorter && (x === y || x[i] === y[i]); i++) {
    const p = m[i] as number; // i < shorter
    const q = n[i] as number; // i < shorter
    if (p > q) more |= LEFT;
    else if (p < q) more |= RIGHT;
    else continue;
    if ((more & enough) === enough) return more;
  }
  let j = i;
  while (i < x.length && j < y.length) {
    const idX = x[i] as string; // i < x.length
    const idY = y[j] as string; // j < y.length
    const order = idX === idY ? 0 : compareText(idX, idY);
    const p = order <= 0 ? (m[i++] as number) : 0; // i < x.length
    const q = order >= 0 ? (n[j++] as number) : 0; // j < y.length
    if (p > q) more |= LEFT;
    else if (p < q) more |= RIGHT;
    else continue;
    if ((more & enough) === enough) return more;
  }
  return more | (i < x.length ? LEFT : 0) | (j < y.length ? RIGHT : 0);
}

/** The pointwise maximum of two clocks neither of which descends the other; shares their ids where they are the same. */
function mergeConcurrent(a: VectorClock, b: VectorClock): VectorClock {
  const x = a.ids;
  const y = b.ids;
  const ids: string[] = [];
  const counters: number[] = [];
  let i = 0;
  let j = 0;
  while (i < x.length || j < y.length) {
    const idX = x[i];
    const idY = y[j];
    const order = idX === undefined ? 1 : idY === undefined ? -1 : compareText(idX, idY);
    const p = order <= 0 ? (a.counters[i++] as number) : 0; // idX is there
    const q = order >= 0 ? (b.counters[j++] as number) : 0; // idY is there
    ids.push((order <= 0 ? idX : idY) as string); // the one that is there
    counters.push(Math.max(p, q));
  }
  return VectorClock.ofSorted(ids.length === x.length ? x : ids, counters);
}
