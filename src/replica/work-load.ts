/**
 * How much of one peer's is being worked on at once, in messages, bytes and short answers it has not taken; and the wait
 * until there is room for more. So a peer that floods, or asks and reads nothing, costs no more than its link may cost.
 */

import { WORK_BYTES_MAX } from '../limits.ts';

/** The work that one link has under way. */
export class WorkLoad {
  readonly #max: number;
  #working = 0;
  #bytes = 0;
  #owed = 0;
  #isOver = false;
  #onRoom: (() => void) | undefined;

  /** `requestsMax`: how many questions a peer may have under way. */
  constructor(requestsMax: number) {
    // More than a peer may have asked at once, or two peers could wait for each other to read their answers.
    this.#max = requestsMax * 2;
  }

  get isFull(): boolean {
    if (this.#isOver) return false;
    return this.#working >= this.#max || this.#owed >= this.#max || this.#bytes >= WORK_BYTES_MAX;
  }

  /** Counts a message until its work is done. */
  work<R>(work: Promise<R>, bytes: number): Promise<R> {
    this.#working += 1;
    this.#bytes += bytes;
    return work.finally(() => {
      this.#working -= 1;
      this.#bytes -= bytes;
      this.#goOn();
    });
  }

  /** Counts a short answer, which nobody waits for, until the link has taken it. */
  owe<R>(sending: Promise<R>): Promise<R> {
    this.#owed += 1;
    return sending.finally(() => {
      this.#owed -= 1;
      this.#goOn();
    });
  }

  /** Answers when there is room. */
  async room(): Promise<void> {
    while (this.isFull)
      await new Promise<void>((resolve) => {
        this.#onRoom = resolve;
      });
  }

  /** Nobody is held back any more. */
  end(): void {
    this.#isOver = true;
    this.#goOn();
  }

  #goOn(): void {
    if (this.isFull) return;
    this.#onRoom?.();
    this.#onRoom = undefined;
  }
}
