/**
 * Waiting until something is so: whoever learns anything rings, and each who waits looks again. Nobody is told what
 * happened, so no news can be missed by waiting for the wrong one.
 */

import type { TimedEnv } from '../env.ts';

/** A place to wait at. */
export class Bell {
  readonly #env: TimedEnv;
  readonly #waiting: Set<() => void> = new Set<() => void>();
  #isClosed = false;

  constructor(env: TimedEnv) {
    this.#env = env;
  }

  /** Whether nobody waits any more, nor will. */
  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** Has everybody who waits look again. */
  ring(): void {
    for (const look of [...this.#waiting]) look();
  }

  /**
   * True as soon as `isMet` says so, which is asked at once, at each ring and, if told, every `lookEveryMs`; false after
   * `timeoutMs` and when the bell is closed. Rejects with what `isMet` throws.
   */
  until(isMet: () => boolean, timeoutMs: number, lookEveryMs?: number): Promise<boolean> {
    return new Promise((resolve, reject) => {
      const cancels = new Map<string, () => void>();
      const end = (settle: () => void): void => {
        this.#waiting.delete(look);
        for (const cancel of cancels.values()) cancel();
        settle();
      };
      const look = (): void => {
        try {
          if (isMet()) end(() => resolve(true));
          else if (this.#isClosed) end(() => resolve(false));
        } catch (error) {
          end(() => reject(error));
        }
      };
      const lookAgain = (everyMs: number): void => {
        const again = (): void => {
          look();
          if (this.#waiting.has(look)) lookAgain(everyMs);
        };
        cancels.set('look', this.#env.after(everyMs, again));
      };
      this.#waiting.add(look);
      look();
      if (!this.#waiting.has(look)) return;
      cancels.set(
        'end',
        this.#env.after(timeoutMs, () => end(() => resolve(false))),
      );
      if (lookEveryMs !== undefined) lookAgain(lookEveryMs);
    });
  }

  /** Ends all waiting, now and from now on. */
  close(): void {
    this.#isClosed = true;
    this.ring();
  }
}
