/**
 * When to push to one peer: at once what is its author's to tell, the rest together after a while, after a longer while what
 * the peer has anyway, nothing while its window is full. One push is drawn and sent at a time, a moment after the first commit that it tells of, so that what is
 * committed at once goes with it, and what is committed meanwhile with the next.
 */

import type { PushSender } from '../repair/push-sender.ts';

export type PushPumpActions = {
  /** Answers when the link has taken it. */
  readonly push: (bytes: Uint8Array) => Promise<void>;
  /** Too much is missing for a push. */
  readonly exchange: () => void;
  /** How long what can wait so may wait, in milliseconds. */
  readonly waitMs: (wait: Wait) => number;
  readonly elapsed: () => number;
  /** Calls `run` after so many milliseconds, unless that is cancelled with what this returns. */
  readonly after: (delayMs: number, run: () => void) => () => void;
};

/** How long something can wait: the peer may lack it; the peer has it. */
export type Wait = 'later' | 'whenever';

/** Nobody knows times better than that. */
const NEARLY_MS = 0.5;

/** Pushes what is due whenever it is woken. */
export class PushPump<T> {
  readonly #sender: PushSender<T>;
  readonly #actions: PushPumpActions;
  #isRunning = false;
  #isWoken = false;
  /** When what waits so will have waited long enough; nothing once a push has told it. */
  #laterAt: number | undefined;
  #wheneverAt: number | undefined;
  /** When it is looked again, and how that is cancelled. */
  #lookAt: number | undefined;
  #cancelLook: (() => void) | undefined;

  constructor(sender: PushSender<T>, actions: PushPumpActions) {
    this.#sender = sender;
    this.#actions = actions;
  }

  /** Something was committed, or the peer has made room. */
  wake(): void {
    this.#isWoken = true;
    // Mostly nothing is due: that is found out without a promise.
    if (!this.#isRunning && this.#mayBeDue()) void this.#run();
  }

  #mayBeDue(): boolean {
    try {
      return this.#isDue();
    } catch {
      this.#sender.stop();
      return false;
    }
  }

  async #run(): Promise<void> {
    this.#isRunning = true;
    try {
      // What is committed at the same moment goes together, and who commits, or hears of a commit, does not wait for this.
      await Promise.resolve();
      while (this.#isWoken) {
        this.#isWoken = false;
        while (this.#isDue()) {
          const push = await this.#sender.next();
          if (push === undefined) break;
          this.#nothingWaits();
          await this.#actions.push(push);
        }
      }
    } catch {
      // A commit failed, the store was closed or the link is gone: an exchange takes up what was not told.
      this.#sender.stop();
    } finally {
      this.#isRunning = false;
    }
  }

  #isDue(): boolean {
    if (!this.#sender.hasRoom) return false;
    const due = this.#sender.due();
    switch (due) {
      case 'now':
        return true;
      case 'later':
        this.#laterAt ??= this.#waited('later');
        return this.#hasCome(this.#laterAt);
      case 'whenever':
        // The peer has heard meanwhile what it was to be told.
        this.#laterAt = undefined;
        this.#wheneverAt ??= this.#waited('whenever');
        return this.#hasCome(this.#wheneverAt);
      case 'exchange':
        this.#actions.exchange();
        return false;
      default:
        this.#nothingWaits();
        return false;
    }
  }

  #waited(wait: Wait): number {
    return this.#actions.elapsed() + this.#actions.waitMs(wait);
  }

  /** Whether it is as late as that; if not, it is looked again then. */
  #hasCome(at: number): boolean {
    const leftMs = at - this.#actions.elapsed();
    if (leftMs < NEARLY_MS) return true;
    if (this.#lookAt === at) return false;
    this.#cancelLook?.();
    this.#lookAt = at;
    this.#cancelLook = this.#actions.after(leftMs, () => {
      this.#lookAt = undefined;
      this.#cancelLook = undefined;
      this.wake();
    });
    return false;
  }

  #nothingWaits(): void {
    this.#laterAt = undefined;
    this.#wheneverAt = undefined;
    this.#lookAt = undefined;
    this.#cancelLook?.();
    this.#cancelLook = undefined;
  }
}
