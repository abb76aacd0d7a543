/** Time that passes when a test says so: timers run in order, and between two of them all that can go on does. */

import type { TimedEnv } from '../../src/env.ts';
import { Random } from '../../src/random.ts';

type Timer = { readonly at: number; readonly number: number; readonly run: () => void };

/** A TimedEnv by hand. `now` is `elapsed` plus `wallAt`. */
export class FakeEnv implements TimedEnv {
  readonly random: () => number;
  wallAt = 1_000_000;
  #elapsed = 0;
  #number = 0;
  readonly #timers: Set<Timer> = new Set<Timer>();

  constructor(seed = 1) {
    const random = new Random(seed);
    this.random = () => random.fraction();
  }

  readonly now = (): number => this.wallAt + this.#elapsed;
  readonly elapsed = (): number => this.#elapsed;

  readonly after = (delayMs: number, run: () => void): (() => void) => {
    // Needs no time: it follows whatever is under way.
    if (delayMs <= 0) {
      const immediate = setImmediate(run);
      return () => clearImmediate(immediate);
    }
    const timer: Timer = { at: this.#elapsed + delayMs, number: this.#number++, run };
    this.#timers.add(timer);
    return () => void this.#timers.delete(timer);
  };

  /** A promise that is kept after so many milliseconds. */
  delay(delayMs: number): Promise<void> {
    return new Promise((resolve) => void this.after(delayMs, resolve));
  }

  get timers(): number {
    return this.#timers.size;
  }

  /** Lets everything happen that needs no time, for so many turns. */
  async settle(turns = 4): Promise<void> {
    for (let turn = 0; turn < turns; turn += 1) await settle();
  }

  /** Lets so much time pass. */
  async pass(ms: number): Promise<void> {
    const until = this.#elapsed + ms;
    await settle();
    for (let timer = this.#next(until); timer !== undefined; timer = this.#next(until)) await this.#run(timer);
    // Whoever lets time pass beside this may have come further.
    this.#elapsed = Math.max(this.#elapsed, until);
  }

  /** Lets time pass until the promise is settled. */
  async run<R>(promise: Promise<R>): Promise<R> {
    let isSettled = false;
    const end = (): void => {
      isSettled = true;
    };
    promise.then(end, end);
    await settle();
    while (!isSettled) {
      const timer = this.#next(Number.POSITIVE_INFINITY);
      if (timer === undefined) throw new Error('nothing goes on, and the promise is not settled');
      await this.#run(timer);
    }
    return promise;
  }

  #next(until: number): Timer | undefined {
    let next: Timer | undefined;
    for (const timer of this.#timers) {
      if (timer.at > until) continue;
      if (next === undefined || timer.at < next.at || (timer.at === next.at && timer.number < next.number))
        next = timer;
    }
    return next;
  }

  async #run(timer: Timer): Promise<void> {
    this.#timers.delete(timer);
    this.#elapsed = Math.max(this.#elapsed, timer.at);
    timer.run();
    await settle();
  }
}

/** Answers when every promise that is kept already has been followed, and those that follow from it. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 2; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}
