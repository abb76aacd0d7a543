/**
 * What the keys hold, in columns: one place (slot) a key, its settled version spread over parallel arrays. An object a
 * version would cost three times the memory and most of the collector's time; measured by `npm run bench`. Lane, counter
 * and time stand side by side in one array, because what takes time is memory that is in no cache. A record that is not
 * settled stands in the value column as it is.
 */

import { hashText } from '../codec/hash.ts';
import type { Value } from '../codec/value.ts';
import type { StoreRecord } from './record.ts';

/** The lane of a slot whose record is not settled. */
export const UNSETTLED = 0;

/** Of a slot's place among the words: the lane, the low and the high half of counter and time, the low lane of the key's hash. */
const WORDS = 6;
const HALF = 2 ** 32;
const SLOTS_MIN = 16;
const GROWTH = 1.5;
/** Free slots beyond the taken ones that are worth writing the columns anew. */
const FREE_MIN = 1_024;

/** The slots of a table. */
export class Columns {
  keys: (string | undefined)[] = [];
  /** A value, undefined for a tombstone, or an unsettled record. */
  values: (Value | StoreRecord | undefined)[] = [];
  #words: Uint32Array = new Uint32Array(0);
  readonly #free: number[] = [];

  /** Whether so many keys have gone that the columns should be packed. */
  get isSparse(): boolean {
    const free = this.#free.length;
    return (free > FREE_MIN && free * 2 > this.keys.length) || (free > SLOTS_MIN && free === this.keys.length);
  }

  take(key: string): number {
    const slot = this.#free.pop() ?? this.keys.length;
    if (slot * WORDS === this.#words.length) {
      const words = new Uint32Array(Math.max(SLOTS_MIN, Math.ceil(slot * GROWTH)) * WORDS);
      words.set(this.#words);
      this.#words = words;
    }
    this.keys[slot] = key;
    this.values[slot] = undefined;
    this.#words[slot * WORDS + 5] = hashText(key).lo;
    return slot;
  }

  release(slot: number): void {
    this.keys[slot] = undefined;
    this.values[slot] = undefined;
    this.#free.push(slot);
  }

  put(slot: number, lane: number, counter: number, time: number, value: Value | StoreRecord | undefined): void {
    this.values[slot] = value;
    const words = this.#words;
    const at = slot * WORDS;
    // A word takes of a number its low half: what is beyond 32 bits and behind the point goes.
    words[at] = lane;
    words[at + 1] = counter;
    words[at + 2] = counter / HALF;
    words[at + 3] = time;
    words[at + 4] = time / HALF;
  }

  laneAt(slot: number): number {
    return this.#words[slot * WORDS] as number; // a slot in use
  }

  counterAt(slot: number): number {
    return this.#numberAt(slot * WORDS + 1);
  }

  timeAt(slot: number): number {
    return this.#numberAt(slot * WORDS + 3);
  }

  /** The low lane of the hash of the slot's key. */
  keyHashAt(slot: number): number {
    return this.#words[slot * WORDS + 5] as number; // a slot in use
  }

  /** Gives the taken slots the places 0, 1, 2 … in the order named, and room for no more. */
  arrange(slots: readonly number[]): void {
    const words = new Uint32Array(Math.max(SLOTS_MIN, slots.length) * WORDS);
    for (let to = 0; to < slots.length; to += 1) {
      const from = (slots[to] as number) * WORDS; // to < length
      for (let word = 0; word < WORDS; word += 1) words[to * WORDS + word] = this.#words[from + word] as number; // as above
    }
    this.keys = slots.map((slot) => this.keys[slot]);
    this.values = slots.map((slot) => this.values[slot]);
    this.#words = words;
    this.#free.length = 0;
  }

  #numberAt(at: number): number {
    return (this.#words[at] as number) + (this.#words[at + 1] as number) * HALF; // a slot in use
  }
}
