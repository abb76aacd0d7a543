/**
 * What a replica knows: `seen` (every dot it has taken in, never forgotten) and `reaped` (the fence that tells a peer
 * that was away that tombstones are gone). The replica's own dots are contiguous, so its newest counter is kept beside
 * an immutable DotSet: naming the next write costs O(1), and an answer can hold on to the knowledge it reflects.
 */

import { assert } from '../assert.ts';
import { exhausted } from '../clock/dot.ts';
import { DotSet } from '../clock/dot-set.ts';
import { VectorClock } from '../clock/vector-clock.ts';
import { COUNTER_MAX } from '../limits.ts';

/** Immutable knowledge at one moment; `toDotSet` is computed when first asked for. */
export class SeenAt {
  readonly #id: string;
  readonly #others: DotSet;
  readonly #counter: number;
  #set: DotSet | undefined;

  constructor(id: string, others: DotSet, counter: number) {
    this.#id = id;
    this.#others = others;
    this.#counter = counter;
  }

  toDotSet(): DotSet {
    this.#set ??= this.#counter === 0 ? this.#others : this.#others.addRange(this.#id, 1, this.#counter);
    return this.#set;
  }
}

/** A replica's `seen` and `reaped`, and the counter of its own dots. Law: L1. */
export class Knowledge {
  #id: string;
  #others: DotSet = DotSet.empty;
  #counter = 0;
  /** Up to which counter somebody else may have been told of this replica's own dots. */
  told = 0;
  #at: SeenAt | undefined;
  #reaped: VectorClock = VectorClock.empty;

  constructor(id: string) {
    this.#id = id;
  }

  /** The replica's id; it changes when a new incarnation begins. */
  get id(): string {
    return this.#id;
  }

  /** Whether the dot has been taken in. Cost: O(log replicas). */
  has(id: string, counter: number): boolean {
    return id === this.#id ? counter <= this.#counter : this.#others.has(id, counter);
  }

  /** The newest counter this replica has issued. */
  get counter(): number {
    return this.#counter;
  }

  get seen(): DotSet {
    return this.at().toDotSet();
  }

  /** `seen`, perhaps without the newest of this replica's own dots. */
  get others(): DotSet {
    return this.#others;
  }

  get reaped(): VectorClock {
    return this.#reaped;
  }

  at(): SeenAt {
    this.#at ??= new SeenAt(this.id, this.#others, this.#counter);
    return this.#at;
  }

  /** The counters of the next `count` dots are free. Throws: COUNTER_EXHAUSTED. */
  ensureCounters(count: number): void {
    if (this.#counter > COUNTER_MAX - count) throw exhausted(this.id, this.#counter);
  }

  /** Issues the next dot of this replica. Law: L1. */
  issue(): number {
    this.#counter += 1;
    this.#at = undefined;
    return this.#counter;
  }

  /** What is known here leaves: somebody else may come to have seen all that was issued up to now. */
  noteTold(): void {
    this.told = this.#counter;
  }

  take(id: string, counter: number): void {
    if (this.has(id, counter)) return;
    assert(id !== this.id, `"${id}" did not issue ${counter}`);
    this.#others = this.#others.add(id, counter);
    this.#at = undefined;
  }

  /** Raises `reaped`. */
  fence(reaped: VectorClock): void {
    this.#reaped = this.#reaped.merge(reaped);
  }

  /** Sets what was known before, as it was stored; under another id a new incarnation begins. */
  restore(others: DotSet, counter: number, reaped: VectorClock, id: string = this.#id): void {
    this.#others = others;
    // Nobody knows any more what was told before this life of it; and of a new incarnation nothing was.
    if (this.#counter === 0 || id !== this.#id) this.told = counter;
    this.#id = id;
    this.#counter = counter;
    this.#reaped = reaped;
    this.#at = undefined;
  }

  /**
   * Whether `set` names dots of this replica's own id that it never issued; or, where that is given, dots beyond `counter`.
   */
  isAheadOfMe(set: DotSet, counter: number = this.#counter): boolean {
    return set.newest(this.id) > counter;
  }
}

/** Unites with what a peer has seen, of which everything has been taken in. */
export function adopt(knowledge: Knowledge, seen: DotSet, reaped: VectorClock): void {
  const { id, counter, others } = knowledge;
  assert(seen.vector.get(id) <= counter, `"${id}" is ahead of itself`);
  // Mostly it is nothing new: then nothing is to be stored.
  if (!knowledge.seen.covers(seen)) knowledge.restore(others.union(seen), counter, knowledge.reaped);
  knowledge.fence(reaped);
}
