/**
 * How the links of a replica share its time, and those who call it with them. What a link brings is worked on in short
 * slices, and between two of them everybody else comes first: while others want something a link that has had its slice
 * is not read, so that its transport holds the peer back; while nobody does it goes on at once. The idea is that of a
 * deficit round robin (Shreedhar and Varghese 1995) over estimated work, with one queue a link: the one of its transport.
 */

import type { TimedEnv } from '../env.ts';

export type FairShareOptions = {
  readonly env: TimedEnv;
  /** The part of the time that one link may take while others want something: above 0, at most 1. */
  readonly share: number;
  /** No link rests for longer at once, or its peer would be taken for silent. */
  readonly restMsMax: number;
};

/** The work of one slice: about what others have to wait for it. */
const SLICE_MS = 1;

/** Who has wanted something so lately counts as wanting more. */
const WANTED_MS = 50;

/** Who wants something of this replica, all of its links and its callers together. */
export class FairShare {
  readonly #options: FairShareOptions;
  /** Who wanted something last, and when; and when anybody else did last. */
  #last: LinkShare | undefined;
  #lastAt = Number.NEGATIVE_INFINITY;
  #otherAt = Number.NEGATIVE_INFINITY;

  /** Throws: RangeError for a share that is none. */
  constructor(options: FairShareOptions) {
    if (!(options.share > 0 && options.share <= 1))
      throw new RangeError(`Cannot share the time: linkShare is ${options.share}, give a number above 0, at most 1`);
    this.#options = options;
  }

  /** A link wants something; or, without one, whoever calls the replica. */
  note(link?: LinkShare): void {
    if (link !== this.#last) this.#otherAt = this.#lastAt;
    this.#last = link;
    this.#lastAt = this.#options.env.elapsed();
  }

  /** Whether anybody but this link has wanted something lately. */
  isWantedBeside(link: LinkShare): boolean {
    const at = link === this.#last ? this.#otherAt : this.#lastAt;
    return this.#options.env.elapsed() - at <= WANTED_MS;
  }

  /** The part of one more link. */
  link(): LinkShare {
    return new LinkShare(this, this.#options);
  }
}

/** What one link has used of its slice. Cost: O(1) a message. */
export class LinkShare {
  readonly #all: FairShare;
  readonly #options: FairShareOptions;
  #usedMs = 0;
  #usedAt: number;
  #isEnded = false;
  #goOn: (() => void) | undefined;

  constructor(all: FairShare, options: FairShareOptions) {
    this.#all = all;
    this.#options = options;
    this.#usedAt = options.env.elapsed();
  }

  /** Whether the slice is used up; before the next message is read, `rest` is due. */
  get isUsedUp(): boolean {
    return this.#usedMs >= SLICE_MS && !this.#isEnded;
  }

  /** Counts the work of one message; what is used less of than the share allows never adds up. */
  spend(workMs: number): void {
    const { env, share } = this.#options;
    const now = env.elapsed();
    this.#usedMs = Math.max(0, this.#usedMs - (now - this.#usedAt) * share) + workMs;
    this.#usedAt = now;
    this.#all.note(this);
  }

  /** Lets others go first; and where any of them want something, for as long as makes the share of this link. */
  async rest(): Promise<void> {
    if (!this.isUsedUp) return;
    const { env, share, restMsMax } = this.#options;
    const until = env.elapsed() + Math.min(restMsMax, this.#usedMs * (1 / share - 1));
    await this.#pause(0);
    const leftMs = until - env.elapsed();
    if (leftMs > 0 && !this.#isEnded && this.#all.isWantedBeside(this)) await this.#pause(leftMs);
    this.#usedMs = 0;
    this.#usedAt = env.elapsed();
  }

  /** The link has ended: nothing of it waits any more. */
  end(): void {
    this.#isEnded = true;
    this.#goOn?.();
  }

  #pause(delayMs: number): Promise<void> {
    return new Promise((resolve) => {
      const cancel = this.#options.env.after(delayMs, resolve);
      this.#goOn = () => {
        cancel();
        resolve();
      };
    });
  }
}
