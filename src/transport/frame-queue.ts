/**
 * What has come in on a link and was not taken yet. Knows how much that is, so that whoever fills it can hold the sender
 * back; whether and how that is done is the adapter's affair.
 */

import { FRAME_COST_BYTES } from '../limits.ts';

type Taker = (result: IteratorResult<Uint8Array, undefined>) => void;

const END: IteratorResult<Uint8Array, undefined> = { done: true, value: undefined };

/**
 * Frames come out in order, each once, whoever asks: leaving a loop loses nothing, and the next one goes on. Cost: O(1)
 * a frame.
 */
export class FrameQueue implements AsyncIterable<Uint8Array> {
  readonly #onTaken: () => void;
  readonly #takers: Taker[] = [];
  #frames: (Uint8Array | undefined)[] = [];
  #next = 0;
  #bytes = 0;
  #isEnded = false;

  /** `onTaken` is told after each frame that has left. */
  constructor(onTaken: () => void) {
    this.#onTaken = onTaken;
  }

  /** What the frames that wait cost, which is more than nothing for an empty one. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Adds a frame, which is nobody else's from now on; after the end it is dropped. */
  push(frame: Uint8Array): void {
    if (this.#isEnded) return;
    const taker = this.#takers.shift();
    if (taker !== undefined) {
      taker({ done: false, value: frame });
      return;
    }
    this.#frames.push(frame);
    this.#bytes += frame.length + FRAME_COST_BYTES;
  }

  /** Ends the iteration after the frames that wait. */
  end(): void {
    this.#isEnded = true;
    for (const taker of this.#takers.splice(0)) taker(END);
  }

  /** Ends the iteration now: what nobody has taken is dropped. */
  drop(): void {
    this.#frames = [];
    this.#next = 0;
    this.#bytes = 0;
    this.end();
  }

  [Symbol.asyncIterator](): AsyncIterator<Uint8Array, undefined> {
    return {
      next: () => this.#take(),
      return: () => Promise.resolve(END),
    };
  }

  #take(): Promise<IteratorResult<Uint8Array, undefined>> {
    const frame = this.#frames[this.#next];
    if (frame !== undefined) {
      this.#frames[this.#next++] = undefined;
      if (this.#next > 1_000 && this.#next * 2 > this.#frames.length) {
        this.#frames = this.#frames.slice(this.#next);
        this.#next = 0;
      }
      this.#bytes -= frame.length + FRAME_COST_BYTES;
      this.#onTaken();
      return Promise.resolve({ done: false, value: frame });
    }
    if (this.#isEnded) return Promise.resolve(END);
    return new Promise((resolve) => {
      this.#takers.push(resolve);
    });
  }
}
