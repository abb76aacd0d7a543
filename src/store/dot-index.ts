/**
 * The ordered index (replica id, counter) → key of current versions: how an exchange finds what a peer lacks at the
 * cost of the missing dots, without a tree over the keys. Writing appends; a superseded dot is only counted and goes
 * when more than half of a lane is stale, so overwriting costs O(1) amortised.
 */

import { compareText } from '../codec/text.ts';
import type { DotSet } from '../clock/dot-set.ts';

/** Says whether `key` still holds a version with this dot. */
export type IsCurrent = (key: string, id: string, counter: number) => boolean;

type Lane = { counters: number[]; keys: string[]; late: { counter: number; key: string }[]; stale: number };

const COMPACT_MIN = 64;

export class DotIndex {
  readonly #isCurrent: IsCurrent;
  readonly #lanes = new Map<string, Lane>();
  #newestId = '';
  #newest: Lane | undefined;

  constructor(isCurrent: IsCurrent) {
    this.#isCurrent = isCurrent;
  }

  add(id: string, counter: number, key: string): void {
    const lane = this.#lane(id);
    const { counters } = lane;
    if (counters.length === 0 || counter > (counters[counters.length - 1] as number /* not empty */)) {
      counters.push(counter);
      lane.keys.push(key);
    } else {
      lane.late.push({ counter, key });
    }
  }

  /** Notes that one dot of this id is no longer current. Call it after the table has changed. */
  drop(id: string): void {
    const lane = this.#lane(id);
    lane.stale += 1;
    if (lane.stale > COMPACT_MIN && lane.stale * 2 > lane.counters.length + lane.late.length) this.#compact(id, lane);
  }

  /** Calls `visit` for every current dot in `dots`, by id and counter. Cost: O(log n) a range and the dots found. */
  visit(dots: DotSet, visit: (id: string, counter: number, key: string) => void): void {
    for (const [id, from, to] of dots.ranges()) {
      const lane = this.#lanes.get(id);
      if (lane === undefined) continue;
      this.#settle(lane);
      const { counters, keys } = lane;
      for (let at = lowerBound(counters, from); at < counters.length; at += 1) {
        const counter = counters[at] as number; // at < length
        if (counter > to) break;
        const key = keys[at] as string; // parallel to counters
        if (this.#isCurrent(key, id, counter)) visit(id, counter, key);
      }
    }
  }

  /** Ids that have current or stale dots, in order. */
  ids(): string[] {
    return [...this.#lanes.keys()].sort(compareText);
  }

  #lane(id: string): Lane {
    if (this.#newest !== undefined && this.#newestId === id) return this.#newest;
    let lane = this.#lanes.get(id);
    if (lane === undefined) {
      lane = { counters: [], keys: [], late: [], stale: 0 };
      this.#lanes.set(id, lane);
    }
    this.#newestId = id;
    this.#newest = lane;
    return lane;
  }

  #compact(id: string, lane: Lane): void {
    this.#settle(lane);
    const counters: number[] = [];
    const keys: string[] = [];
    for (let at = 0; at < lane.counters.length; at += 1) {
      const counter = lane.counters[at] as number; // at < length
      const key = lane.keys[at] as string; // parallel to counters
      if (!this.#isCurrent(key, id, counter)) continue;
      counters.push(counter);
      keys.push(key);
    }
    lane.counters = counters;
    lane.keys = keys;
    lane.stale = 0;
    if (counters.length > 0) return;
    this.#lanes.delete(id);
    this.#newest = undefined;
  }

  /** Brings dots that arrived out of order into their places. */
  #settle(lane: Lane): void {
    if (lane.late.length === 0) return;
    const late = lane.late.sort((a, b) => a.counter - b.counter);
    const counters: number[] = [];
    const keys: string[] = [];
    let next = 0;
    for (let at = 0; at < lane.counters.length; at += 1) {
      const counter = lane.counters[at] as number; // at < length
      for (let entry = late[next]; entry !== undefined && entry.counter < counter; entry = late[++next]) {
        counters.push(entry.counter);
        keys.push(entry.key);
      }
      const key = lane.keys[at] as string; // parallel to counters
      counters.push(counter);
      keys.push(key);
      for (let entry = late[next]; entry?.counter === counter; entry = late[++next]) {
        if (entry.key === key) continue;
        counters.push(counter);
        keys.push(entry.key);
      }
    }
    for (const entry of late.slice(next)) {
      counters.push(entry.counter);
      keys.push(entry.key);
    }
    lane.counters = counters;
    lane.keys = keys;
    lane.late = [];
  }
}

function lowerBound(sorted: readonly number[], value: number): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((sorted[middle] as number) /* middle < length */ < value) low = middle + 1;
    else high = middle;
  }
  return low;
}
