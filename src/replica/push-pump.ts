/**
 * When to push to one peer: at once what is its author's to tell, the rest together after a while, nothing while its
 * window is full. One push is drawn and sent at a time, a moment after the first commit that it tells of, so that what is
 * committed at once goes with it, and what is committed meanwhile with the next.
 */

import type { PushSender } from '../repair/push-sender.ts';

export type PushPumpActions = {
  /** Answers when the link has taken it. */
  readonly push: (bytes: Uint8Array) => Promise<void>;
  /** Too much is missing for a push. */
  readonly exchange: () => void;
  /** Calls `run` when what can wait has waited long enough. */
  readonly after: (run: () => void) => void;
};

/** Pushes what is due whenever it is woken. */
export class PushPump<T> {
  readonly #sender: PushSender<T>;
  readonly #actions: PushPumpActions;
  #isRunning = false;
  #isWoken = false;
  #isWaiting = false;
  #hasWaited = false;

  constructor(sender: PushSender<T>, actions: PushPumpActions) {
    this.#sender = sender;
    this.#actions = actions;
  }

  /** Something was committed, or the peer has made room. */
  wake(): void {
    this.#isWoken = true;
    if (!this.#isRunning) void this.#run();
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
          this.#hasWaited = false;
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
    if (due === 'exchange') this.#actions.exchange();
    if (due === 'later' && !this.#hasWaited) this.#wait();
    return due === 'now' || (due === 'later' && this.#hasWaited);
  }

  #wait(): void {
    if (this.#isWaiting) return;
    this.#isWaiting = true;
    this.#actions.after(() => {
      this.#isWaiting = false;
      this.#hasWaited = true;
      this.wake();
    });
  }
}
