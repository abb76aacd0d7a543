/**
 * The ordered index (replica id, counter) → key of current versions: how an exchange finds what a peer lacks at the
 * cost of the missing dots, without a tree over the keys. New dots append; a superseded dot leaves a hole where its
 * counter says it must be, and a lane that is half holes is written anew, so overwriting costs O(1) amortised.
 */

import type { DotSet } from '../clock/dot-set.ts';
import { compareText } from '../codec/text.ts';

/** The dots of one id by counter; a key that is undefined is a hole. `late` came out of order and waits. */
type Lane = {
  counters: number[];
  keys: (string | undefined)[];
  late: { counter: number; key: string }[];
  holes: number;
};

const COMPACT_MIN = 64;

/** Current dots by id and counter, each with its key. */
export class DotIndex {
  readonly #lanes = new Map<string, Lane>();
  #newestId = '';
  #newest: Lane | undefined;

  add(id: string, counter: number, key: string): void {
    const lane = this.#lane(id);
    const { counters } = lane;
    if (counters.length === 0 || counter > (counters[counters.length - 1] as number) /* not empty */) {
      counters.push(counter);
      lane.keys.push(key);
    } else {
      lane.late.push({ counter, key });
    }
  }

  /** Forgets a dot that is no longer current. Cost: O(1) in a lane without gaps, O(log n) otherwise. */
  drop(id: string, counter: number, key: string): void {
    const lane = this.#lane(id);
    settle(lane);
    const { counters, keys } = lane;
    for (let at = lowerBound(counters, counter); counters[at] === counter; at += 1) {
      if (keys[at] !== key) continue;
      keys[at] = undefined;
      lane.holes += 1;
      break;
    }
    if (lane.holes * 2 > keys.length && (lane.holes > COMPACT_MIN || lane.holes === keys.length))
      this.#compact(id, lane);
  }

  /** Calls `visit` for every current dot in `dots`, by id and counter. Cost: O(log n) a range and the dots found. */
  visit(dots: DotSet, visit: (id: string, counter: number, key: string) => void): void {
    for (const [id, from, to] of dots.ranges()) {
      const lane = this.#lanes.get(id);
      if (lane === undefined) continue;
      settle(lane);
      const { counters, keys } = lane;
      for (let at = lowerBound(counters, from); at < counters.length; at += 1) {
        const counter = counters[at] as number; // at < length
        if (counter > to) break;
        const key = keys[at];
        if (key !== undefined) visit(id, counter, key);
      }
    }
  }

  /** Ids with current dots, in order. */
  ids(): string[] {
    return [...this.#lanes.keys()].sort(compareText);
  }

  #lane(id: string): Lane {
    if (this.#newest !== undefined && this.#newestId === id) return this.#newest;
    let lane = this.#lanes.get(id);
    if (lane === undefined) {
      lane = { counters: [], keys: [], late: [], holes: 0 };
      this.#lanes.set(id, lane);
    }
    this.#newestId = id;
    this.#newest = lane;
    return lane;
  }

  #compact(id: string, lane: Lane): void {
    if (lane.holes === lane.keys.length) {
      this.#lanes.delete(id);
      this.#newest = undefined;
      return;
    }
    const counters: number[] = [];
    const keys: string[] = [];
    for (let at = 0; at < lane.keys.length; at += 1) {
      const key = lane.keys[at];
      if (key === undefined) continue;
      counters.push(lane.counters[at] as number); // parallel to keys
      keys.push(key);
    }
    lane.counters = counters;
    lane.keys = keys;
    lane.holes = 0;
  }
}

/** Brings dots that arrived out of order into their places. */
function settle(lane: Lane): void {
  if (lane.late.length === 0) return;
  const late = lane.late.sort((a, b) => a.counter - b.counter);
  const counters: number[] = [];
  const keys: (string | undefined)[] = [];
  let next = 0;
  const bring = (before: number): void => {
    for (let entry = late[next]; entry !== undefined && entry.counter < before; entry = late[++next]) {
      counters.push(entry.counter);
      keys.push(entry.key);
    }
  };
  for (let at = 0; at < lane.counters.length; at += 1) {
    bring(lane.counters[at] as number); // at < length
    counters.push(lane.counters[at] as number); // at < length
    keys.push(lane.keys[at]);
  }
  bring(Number.POSITIVE_INFINITY);
  lane.counters = counters;
  lane.keys = keys;
  lane.late = [];
}

/** The first position whose counter is at least `value`; counters that grow by one are found without searching. */
function lowerBound(sorted: readonly number[], value: number): number {
  const { length } = sorted;
  if (length === 0) return 0;
  let low = 0;
  let high = length;
  const guess = value - (sorted[0] as number); // not empty
  if (guess >= 0 && guess < length && sorted[guess] === value && (guess === 0 || sorted[guess - 1] !== value))
    return guess;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((sorted[middle] as number) /* middle < length */ < value) low = middle + 1;
    else high = middle;
  }
  return low;
}
