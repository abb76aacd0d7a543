/**
 * Virtual time. Events lie in a heap by their time and the order in which they were made; between two of them everything
 * that can go on without time does, so that a run depends on nothing but its events. After the discrete event simulation
 * of FoundationDB (Zhou et al. 2021), with promises in the place of actors.
 */

import { turns } from './turn.ts';

type Event = { readonly at: number; readonly number: number; run: (() => void) | undefined };

/** A clock and what is to happen, in milliseconds from 0. */
export class Scheduler {
  readonly #heap: Event[] = [];
  #now = 0;
  #made = 0;
  #run = 0;

  /** Milliseconds since the run began. */
  get now(): number {
    return this.#now;
  }

  /** How many events have happened. */
  get events(): number {
    return this.#run;
  }

  /** Lets `run` happen after so many milliseconds, unless it is cancelled with what this returns. Cost: O(log events). */
  after(delayMs: number, run: () => void): () => void {
    const event: Event = { at: this.#now + Math.max(0, delayMs), number: this.#made++, run };
    this.#push(event);
    return () => {
      event.run = undefined;
    };
  }

  /** A promise that is kept after so many milliseconds. */
  delay(delayMs: number): Promise<void> {
    return new Promise((resolve) => void this.after(delayMs, resolve));
  }

  /** Lets everything happen up to a moment, and that moment be now; ends early once `isOver` says so. */
  async runUntil(at: number, isOver: () => boolean = () => false): Promise<void> {
    const before = this.#run;
    let isCut = false;
    await turns(() => {
      isCut = this.#run > before && isOver();
      const run = isCut ? undefined : this.#next(at);
      if (run === undefined) return false;
      this.#run += 1;
      run();
      return true;
    });
    if (!isCut) this.#now = Math.max(this.#now, at);
  }

  /** What happens next up to a moment, which is now then. */
  #next(at: number): (() => void) | undefined {
    for (let next = this.#heap[0]; next !== undefined && next.at <= at; next = this.#heap[0]) {
      this.#pop();
      if (next.run === undefined) continue;
      this.#now = next.at;
      return next.run;
    }
    return undefined;
  }

  #push(event: Event): void {
    const heap = this.#heap;
    let at = heap.length;
    heap.push(event);
    while (at > 0) {
      const parent = (at - 1) >> 1;
      const above = heap[parent] as Event; // a place below `at`
      if (!isBefore(event, above)) break;
      heap[at] = above;
      at = parent;
    }
    heap[at] = event;
  }

  #pop(): void {
    const heap = this.#heap;
    const last = heap.pop();
    if (last === undefined || heap.length === 0) return;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      const left = heap[child];
      if (left === undefined) break;
      const right = heap[child + 1];
      if (right !== undefined && isBefore(right, left)) child += 1;
      const least = heap[child] as Event; // left or right
      if (!isBefore(least, last)) break;
      heap[at] = least;
      at = child;
    }
    heap[at] = last;
  }
}

function isBefore(one: Event, other: Event): boolean {
  return one.at < other.at || (one.at === other.at && one.number < other.number);
}
