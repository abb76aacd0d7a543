/**
 * Keeps one outgoing link alive: opens it, waits until it is over, opens it again. Between attempts it waits a random time
 * that may double with each failure (full jitter: Brooker, "Exponential Backoff and Jitter", 2015), so that replicas that
 * lost the same peer do not all come back at once. Time and chance come from Env: a seed replays it.
 */

import type { TimedEnv } from '../env.ts';
import type { Link } from '../transport/transport.ts';

export type RedialOptions = {
  readonly connect: () => Promise<Link>;
  /** Whether a link is wanted at all now; when it is not, nothing is attempted before `resume` or `tryNow`. Default: always. */
  readonly isWanted?: () => boolean;
  readonly env: TimedEnv;
  /** The wait after the first failure is at most this; it doubles with each further one up to `redialMaxMs`. */
  readonly redialMs: number;
  readonly redialMaxMs: number;
  /** A link that lived this long was a good one: the next wait is short again. Default: `redialMaxMs`. */
  readonly steadyMs?: number;
  /** Uses the link; answers when it is over, or throws why. Redial closes it then. */
  readonly onLink: (link: Link) => Promise<void>;
  /** Told of each attempt that failed and each link that was lost, with the wait until the next attempt. */
  readonly onFailure: (failure: RedialFailure) => void;
};

export type RedialFailure = {
  /** What `connect` or `onLink` threw; undefined when the link merely ended. */
  readonly error: unknown;
  /** Failures in a row, this one among them. */
  readonly attempts: number;
  readonly againInMs: number;
};

export type RedialState = 'connecting' | 'connected' | 'waiting' | 'stopped';

export type Redial = {
  readonly state: () => RedialState;
  /** Attempts at once if it waits, and forgets how often it failed. */
  readonly tryNow: () => void;
  /** Attempts at once if nothing is attempted because no link was wanted; a wait after a failure goes on. */
  readonly resume: () => void;
  /** Ends it for good: no attempt follows, a link that is open or opening is closed. Answers when that is done. */
  readonly stop: (why?: string) => Promise<void>;
};

/** Begins to connect at once, and goes on until it is stopped. Throws: RangeError for waits that are none. */
export function redial(options: RedialOptions): Redial {
  const dialer = new Dialer(options);
  dialer.dial();
  return {
    state: () => dialer.state,
    tryNow: () => dialer.tryNow(),
    resume: () => dialer.resume(),
    stop: (why) => dialer.stop(why),
  };
}

/** Milliseconds to wait after so many failures in a row: at least 1, at most `redialMs` doubled for each but the first. */
export function redialWait(attempts: number, { env, redialMs, redialMaxMs }: Omit<RedialOptions, 'connect'>): number {
  const most = Math.min(redialMaxMs, redialMs * 2 ** Math.min(attempts - 1, 50));
  return Math.max(1, Math.ceil(most * (1 - env.random())));
}

class Dialer {
  readonly #options: RedialOptions;
  state: RedialState = 'connecting';
  #attempts = 0;
  /** It waits for nothing: no link was wanted when it last would have attempted. */
  #isIdle = false;
  #link: Link | undefined;
  #cancel: () => void = () => undefined;
  /** The attempt that is under way. */
  #opening: Promise<Link | undefined> = Promise.resolve(undefined);

  constructor(options: RedialOptions) {
    for (const name of ['redialMs', 'redialMaxMs'] as const) {
      const given = options[name];
      if (given > 0 && Number.isFinite(given)) continue;
      throw new RangeError(`Cannot redial after ${given} ms: ${name} is above 0 and has an end.`);
    }
    this.#options = options;
  }

  dial(): void {
    this.#cancel();
    this.#isIdle = this.#options.isWanted?.() === false;
    if (this.#isIdle) {
      // Whoever makes it wanted again says so: to look every few seconds would cost more than all else when idle.
      this.state = 'waiting';
      return;
    }
    this.state = 'connecting';
    void this.#once();
  }

  tryNow(): void {
    if (this.state !== 'waiting') return;
    this.#attempts = 0;
    this.dial();
  }

  resume(): void {
    if (this.state === 'waiting' && this.#isIdle) this.dial();
  }

  async stop(why = 'stopped'): Promise<void> {
    this.state = 'stopped';
    this.#cancel();
    await this.#link?.close(why);
    // Not the end of `onLink`, which may be what waits for this.
    await this.#opening.catch(() => undefined);
  }

  /** One attempt and the life of its link. Throws only what `onFailure` throws. */
  async #once(): Promise<void> {
    let error: unknown;
    try {
      this.#opening = this.#open();
      const link = await this.#opening;
      if (link !== undefined && this.state === 'connected') await this.#use(link);
    } catch (thrown) {
      error = thrown;
    }
    if (this.state !== 'stopped') this.#waitAfter(error);
  }

  /** A new link; none if `stop` came meanwhile. */
  async #open(): Promise<Link | undefined> {
    const link = await this.#options.connect();
    if (this.state === 'stopped') {
      await link.close('stopped');
      return undefined;
    }
    this.#link = link;
    this.state = 'connected';
    return link;
  }

  async #use(link: Link): Promise<void> {
    const { onLink, env, redialMaxMs, steadyMs = redialMaxMs } = this.#options;
    const since = env.elapsed();
    try {
      await onLink(link);
    } finally {
      this.#link = undefined;
      if (env.elapsed() - since >= steadyMs) this.#attempts = 0;
      await link.close('no longer used');
    }
  }

  #waitAfter(error: unknown): void {
    this.state = 'waiting';
    this.#attempts += 1;
    const againInMs = redialWait(this.#attempts, this.#options);
    this.#cancel = this.#options.env.after(againInMs, () => this.dial());
    this.#options.onFailure({ error, attempts: this.#attempts, againInMs });
  }
}
