/**
 * What the keys hold, in columns: one place (slot) a key, its settled version spread over parallel arrays. An object a
 * version would cost three times the memory and most of the collector's time; measured by `npm run bench`. A record that
 * is not settled stands in the value column as it is.
 */

import type { Value } from '../codec/value.ts';
import type { StoreRecord } from './record.ts';

/** The lane of a slot whose record is not settled. */
export const UNSETTLED = 0;

const SLOTS_MIN = 16;
const GROWTH = 1.5;
/** Free slots beyond the taken ones that are worth writing the columns anew. */
const FREE_MIN = 1_024;

/** The slots of a table. */
export class Columns {
  readonly keys: (string | undefined)[] = [];
  /** A value, undefined for a tombstone, or an unsettled record. */
  readonly values: (Value | StoreRecord | undefined)[] = [];
  times: Float64Array = new Float64Array(0);
  counters: Float64Array = new Float64Array(0);
  lanes: Uint32Array = new Uint32Array(0);
  readonly #free: number[] = [];

  /** Whether so many keys have gone that the columns should be packed. */
  get isSparse(): boolean {
    const free = this.#free.length;
    return (free > FREE_MIN && free * 2 > this.keys.length) || (free > SLOTS_MIN && free === this.keys.length);
  }

  take(key: string): number {
    const free = this.#free.pop();
    if (free !== undefined) {
      this.keys[free] = key;
      return free;
    }
    const slot = this.keys.length;
    if (slot === this.times.length) this.#grow(Math.max(SLOTS_MIN, Math.ceil(slot * GROWTH)));
    this.keys.push(key);
    this.values.push(undefined);
    return slot;
  }

  release(slot: number): void {
    this.keys[slot] = undefined;
    this.values[slot] = undefined;
    this.#free.push(slot);
  }

  put(slot: number, lane: number, counter: number, time: number, value: Value | StoreRecord | undefined): void {
    this.values[slot] = value;
    this.lanes[slot] = lane;
    this.counters[slot] = counter;
    this.times[slot] = time;
  }

  /** Moves every taken slot to the front; tells where each has gone. */
  pack(move: (key: string, from: number, to: number) => void): void {
    let to = 0;
    for (let from = 0; from < this.keys.length; from += 1) {
      const key = this.keys[from];
      if (key === undefined) continue;
      this.keys[to] = key;
      this.put(to, this.lanes[from] ?? 0, this.counters[from] ?? 0, this.times[from] ?? 0, this.values[from]);
      move(key, from, to);
      to += 1;
    }
    this.keys.length = to;
    this.values.length = to;
    this.#free.length = 0;
    this.#grow(Math.max(SLOTS_MIN, to));
  }

  /** Gives the typed columns room for exactly `slots`, more or fewer than now. */
  #grow(slots: number): void {
    const resized = <A extends Float64Array | Uint32Array>(old: A, grown: A): A => {
      grown.set(old.subarray(0, slots));
      return grown;
    };
    this.times = resized(this.times, new Float64Array(slots));
    this.counters = resized(this.counters, new Float64Array(slots));
    this.lanes = resized(this.lanes, new Uint32Array(slots));
  }
}
