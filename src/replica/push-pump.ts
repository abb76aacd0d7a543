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
  /** Calls `run` when what can wait so has waited long enough. */
  readonly after: (wait: Wait, run: () => void) => void;
};

/** How long something can wait: the peer may lack it; the peer has it. */
export type Wait = 'later' | 'whenever';

/** Pushes what is due whenever it is woken. */
export class PushPump<T> {
  readonly #sender: PushSender<T>;
  readonly #actions: PushPumpActions;
  #isRunning = false;
  #isWoken = false;
  readonly #waiting = new Set<Wait>();
  readonly #waited = new Set<Wait>();

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
          this.#waited.clear();
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
      case 'whenever':
        if (this.#waited.has(due)) return true;
        this.#wait(due);
        return false;
      case 'exchange':
        this.#actions.exchange();
        return false;
      default:
        this.#waited.clear();
        return false;
    }
  }

  #wait(wait: Wait): void {
    if (this.#waiting.has(wait)) return;
    this.#waiting.add(wait);
    this.#actions.after(wait, () => {
      this.#waiting.delete(wait);
      this.#waited.add(wait);
      this.wake();
    });
  }
}
