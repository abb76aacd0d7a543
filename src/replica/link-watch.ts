/**
 * The time of one link: what waits on it and ends with it, and what is too late. A link on which nothing comes, or all but
 * one frame, is of no more use; before it is given up for its silence, a sign of life is asked for. Knows no message.
 */

import type { TimedEnv } from '../env.ts';

export type LinkWatchOptions = {
  readonly env: TimedEnv;
  /** How long nothing may come. */
  readonly silenceMs: number;
  /** The number of a frame that did not come although later ones did. */
  readonly missing: () => number | undefined;
  /** Asks the peer for a sign of life. */
  readonly ping: () => void;
  /** Ends the link, and with it this. */
  readonly close: (why: string) => void;
};

/** How long a frame may come after those that were sent after it. */
const MISSING_MS = 1_000;

/** The timers of one link. */
export class LinkWatch {
  readonly #options: LinkWatchOptions;
  readonly #timers = new Set<() => void>();
  #heardAt: number;
  #missing = 0;
  #hasEnded = false;

  constructor(options: LinkWatchOptions) {
    this.#options = options;
    this.#heardAt = options.env.elapsed();
  }

  /** Something came; gives when, in milliseconds of the environment. */
  heard(): number {
    this.#heardAt = this.#options.env.elapsed();
    return this.#heardAt;
  }

  /** Gives up a link on which nothing comes, and asks for a sign of life before. */
  watch(): void {
    const { env, silenceMs, ping, close } = this.#options;
    const quiet = env.elapsed() - this.#heardAt;
    if (quiet >= silenceMs) close('nothing came from the peer');
    if (this.#hasEnded) return;
    const everyMs = silenceMs / 3;
    if (quiet >= everyMs) ping();
    this.after(everyMs, () => this.watch());
  }

  /** A frame may have been lost on the way, or come late: if it does not come at all, the link is of no more use. */
  expectMissing(): void {
    const { missing, close } = this.#options;
    const number = missing();
    if (number === undefined || this.#missing === number) return;
    this.#missing = number;
    this.after(MISSING_MS, () => {
      if (missing() === number) close(`frame ${number} was lost on the way`);
    });
  }

  /** Runs it then, unless the link ends before, or it is cancelled with what this returns. */
  after(delayMs: number, run: () => void): () => void {
    const stop = this.#options.env.after(delayMs, () => {
      this.#timers.delete(stop);
      run();
    });
    this.#timers.add(stop);
    return () => {
      this.#timers.delete(stop);
      stop();
    };
  }

  /** The link has ended: nothing waits on it any more. */
  end(): void {
    this.#hasEnded = true;
    for (const cancel of this.#timers) cancel();
    this.#timers.clear();
  }
}
