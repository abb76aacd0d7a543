/**
 * The ordered index (replica id, counter) → slot of current versions: how an exchange finds what a peer lacks at the
 * cost of the missing dots, without a tree over the keys. Each id has a numbered lane, so that a slot can name its id.
 */

import type { DotSet } from '../clock/dot-set.ts';
import { type Hash64, hashText } from '../codec/hash.ts';
import { DotLane } from './dot-lane.ts';

/** The lane of one id. `number` is at least 1. */
export type Lane = { readonly number: number; readonly id: string; readonly hash: Hash64; readonly dots: DotLane };

/** Current dots by id and counter, each with the slot of its key. */
export class DotIndex {
  readonly #byId = new Map<string, Lane>();
  readonly #byNumber: (Lane | undefined)[] = [undefined];
  readonly #free: number[] = [];
  #newest: Lane | undefined;

  /** The lane of an id, made if there is none. Call `leave` when a dot was dropped. */
  lane(id: string): Lane {
    if (this.#newest?.id === id) return this.#newest;
    let lane = this.#byId.get(id);
    if (lane === undefined) {
      const number = this.#free.pop() ?? this.#byNumber.length;
      lane = { number, id, hash: hashText(id), dots: new DotLane() };
      this.#byId.set(id, lane);
      this.#byNumber[number] = lane;
    }
    this.#newest = lane;
    return lane;
  }

  /** A numbered lane. */
  laneAt(number: number): Lane {
    return this.#byNumber[number] as Lane; // a slot names a lane only while its dot is in there
  }

  /** Forgets a lane that has no dots left. */
  leave(lane: Lane): void {
    if (!lane.dots.isEmpty) return;
    this.#byId.delete(lane.id);
    this.#byNumber[lane.number] = undefined;
    this.#free.push(lane.number);
    this.#newest = undefined;
  }

  /** Calls `visit` for every current dot in `dots`, by id and counter. Cost: O(log n) a range and the dots found. */
  visit(dots: DotSet, visit: (id: string, counter: number, slot: number) => void): void {
    for (const [id, from, to] of dots.ranges()) {
      this.#byId.get(id)?.dots.visit(from, to, (counter, slot) => visit(id, counter, slot));
    }
  }

  /** Follows keys that were given other slots. */
  move(slots: Int32Array): void {
    for (const { dots } of this.#byId.values()) dots.move(slots);
  }
}
