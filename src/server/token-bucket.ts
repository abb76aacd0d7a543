/**
 * How often somebody may do something: a bucket for each name that fills at a steady rate. Bounded: with more names than
 * fit, those that were met first are forgotten, and start with a full bucket when they come again.
 */

import type { TimedEnv } from '../env.ts';

type Bucket = { left: number; at: number };

const NAMES_MAX = 10_000;

/** One bucket for each name. */
export class TokenBuckets {
  readonly #env: TimedEnv;
  readonly #perMs: number;
  readonly #burst: number;
  readonly #buckets = new Map<string, Bucket>();

  /** Infinite rates allow everything, and keep nothing. */
  constructor(env: TimedEnv, perSecond: number, burst: number) {
    this.#env = env;
    this.#perMs = perSecond / 1_000;
    this.#burst = burst;
  }

  /** Takes one: 0, or how many milliseconds it takes until there is one. */
  take(name: string): number {
    const wait = this.wait(name);
    if (wait === 0 && this.#perMs !== Number.POSITIVE_INFINITY) this.#bucket(name).left -= 1;
    return wait;
  }

  /** How many milliseconds it takes until one can be taken. */
  wait(name: string): number {
    if (this.#perMs === Number.POSITIVE_INFINITY) return 0;
    const { left } = this.#bucket(name);
    return left >= 1 ? 0 : Math.ceil((1 - left) / this.#perMs);
  }

  #bucket(name: string): Bucket {
    const now = this.#env.elapsed();
    const known = this.#buckets.get(name);
    if (known !== undefined) {
      known.left = Math.min(this.#burst, known.left + (now - known.at) * this.#perMs);
      known.at = now;
      return known;
    }
    for (const oldest of this.#buckets.keys()) {
      if (this.#buckets.size < NAMES_MAX) break;
      this.#buckets.delete(oldest);
    }
    const fresh = { left: this.#burst, at: now };
    this.#buckets.set(name, fresh);
    return fresh;
  }
}
