/**
 * The ordered index (replica id, counter) → key of current versions: how an exchange finds what a peer lacks at the
 * cost of the missing dots, without a tree over the keys.
 */

import type { DotSet } from '../clock/dot-set.ts';
import { DotLane } from './dot-lane.ts';

/** Current dots by id and counter, each with its key. */
export class DotIndex {
  readonly #lanes = new Map<string, DotLane>();
  #newestId = '';
  #newest: DotLane | undefined;

  add(id: string, counter: number, key: string): void {
    this.#lane(id).add(counter, key);
  }

  /** Forgets a dot that is no longer current. */
  drop(id: string, counter: number, key: string): void {
    const lane = this.#lane(id);
    lane.drop(counter, key);
    if (!lane.isEmpty) return;
    this.#lanes.delete(id);
    this.#newest = undefined;
  }

  /** Calls `visit` for every current dot in `dots`, by id and counter. Cost: O(log n) a range and the dots found. */
  visit(dots: DotSet, visit: (id: string, counter: number, key: string) => void): void {
    for (const [id, from, to] of dots.ranges())
      this.#lanes.get(id)?.visit(from, to, (counter, key) => visit(id, counter, key));
  }

  /** Whether a key other than `key` holds this dot: one dot was used for two writes. */
  isUnderOtherKey(id: string, counter: number, key: string): boolean {
    let isOther = false;
    this.#lanes.get(id)?.visit(counter, counter, (_, holder) => {
      isOther ||= holder !== key;
    });
    return isOther;
  }

  #lane(id: string): DotLane {
    if (this.#newest !== undefined && this.#newestId === id) return this.#newest;
    let lane = this.#lanes.get(id);
    if (lane === undefined) {
      lane = new DotLane();
      this.#lanes.set(id, lane);
    }
    this.#newestId = id;
    this.#newest = lane;
    return lane;
  }
}
