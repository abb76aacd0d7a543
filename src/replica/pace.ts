/**
 * How often to exchange with one peer in the background: soon while exchanges find something or fail, ever more rarely
 * while they find nothing, never more rarely than told. Jittered, so that replicas do not do it all at once.
 */

import type { TimedEnv } from '../env.ts';

const FIRST_MS = 5_000;
const RETRY_MS = 500;
const GROWTH = 2;
const JITTER = 0.2;

/** Calls `run` at that pace until it is stopped; each call is answered by `found` or `failed`. */
export class Pace {
  readonly #env: TimedEnv;
  readonly #maxMs: number;
  readonly #run: () => void;
  #everyMs: number;
  #retryMs: number;
  #cancel: (() => void) | undefined;
  #isStopped = false;

  constructor(env: TimedEnv, maxMs: number, run: () => void) {
    this.#env = env;
    this.#maxMs = maxMs;
    this.#run = run;
    this.#everyMs = Math.min(FIRST_MS, maxMs);
    this.#retryMs = Math.min(RETRY_MS, maxMs);
  }

  now(): void {
    if (!this.#isStopped) this.#run();
  }

  /** An exchange ended well; `isNews`: it found that something differed. */
  found(isNews: boolean): void {
    this.#retryMs = Math.min(RETRY_MS, this.#maxMs);
    this.#everyMs = Math.min(isNews ? FIRST_MS : this.#everyMs * GROWTH, this.#maxMs);
    this.#schedule(this.#everyMs);
  }

  failed(): void {
    this.#schedule(this.#retryMs);
    this.#retryMs = Math.min(this.#retryMs * GROWTH, this.#maxMs);
  }

  stop(): void {
    this.#isStopped = true;
    this.#cancel?.();
  }

  #schedule(delayMs: number): void {
    this.#cancel?.();
    if (this.#isStopped) return;
    const jittered = delayMs * (1 - JITTER + 2 * JITTER * this.#env.random());
    this.#cancel = this.#env.after(jittered, () => this.#run());
  }
}
