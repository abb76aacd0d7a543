/**
 * The book of hints: which absent replica is owed which key. A hint holds no value: what is handed off is the record as
 * it is then. Bounded, the oldest go first, and one for each replica and key; losing any of them is safe, because the
 * next exchange brings the same. Knows no storage and no peers; time is given in.
 * After the hinted handoff of Dynamo (DeCandia et al. 2007), which keeps the data itself.
 */

import type { Dot } from '../clock/dot.ts';

/** A write of `key` that `target`, a name, has not got. `keptAt`: wall clock in milliseconds. */
export type Hint = { readonly target: string; readonly key: string; readonly dot: Dot; readonly keptAt: number };

/** What keeping a hint did: whether the key was not owed before, and which hints had to make room. */
export type Kept = { readonly isNew: boolean; readonly isChanged: boolean; readonly evicted: readonly Hint[] };

/** Hints by target and key, and in the order in which they were kept. */
export class HintBook {
  readonly #hintsMax: number;
  readonly #byTarget: Map<string, Map<string, Hint>> = new Map<string, Map<string, Hint>>();
  readonly #inOrder: Set<Hint> = new Set<Hint>();

  /** `hintsMax`: beyond that the oldest go. */
  constructor(hintsMax: number) {
    this.#hintsMax = hintsMax;
  }

  get size(): number {
    return this.#inOrder.size;
  }

  /** Keeps a hint in the place of an older one for the same target and key; of one replica's dots the newest stays. */
  keep(hint: Hint): Kept {
    const held = this.get(hint.target, hint.key);
    if (held !== undefined && held.dot.id === hint.dot.id && held.dot.counter >= hint.dot.counter) {
      return { isNew: false, isChanged: false, evicted: [] };
    }
    if (held !== undefined) this.#inOrder.delete(held);
    this.#inOrder.add(hint);
    const ofTarget = this.#byTarget.get(hint.target) ?? new Map<string, Hint>();
    this.#byTarget.set(hint.target, ofTarget.set(hint.key, hint));
    const evicted: Hint[] = [];
    for (const oldest of this.#inOrder) {
      if (this.#inOrder.size <= this.#hintsMax) break;
      this.drop(oldest);
      evicted.push(oldest);
    }
    return { isNew: held === undefined, isChanged: true, evicted };
  }

  /** Forgets this very hint; false when it is not held, for instance because a newer one took its place. */
  drop(hint: Hint): boolean {
    if (!this.#inOrder.delete(hint)) return false;
    const ofTarget = this.#byTarget.get(hint.target);
    ofTarget?.delete(hint.key);
    if (ofTarget?.size === 0) this.#byTarget.delete(hint.target);
    return true;
  }

  /** The hint for a key of a target. */
  get(target: string, key: string): Hint | undefined {
    return this.#byTarget.get(target)?.get(key);
  }

  /** The hints for a target; what is kept or dropped meanwhile does not show. */
  of(target: string): readonly Hint[] {
    return [...(this.#byTarget.get(target)?.values() ?? [])];
  }

  /** The names that something is owed to. */
  targets(): readonly string[] {
    return [...this.#byTarget.keys()];
  }

  /** The hints that are older than `ttlMs` at the time `now`. Cost: O(hints). */
  expired(now: number, ttlMs: number): readonly Hint[] {
    return [...this.#inOrder].filter(({ keptAt }) => now - keptAt > ttlMs);
  }
}
