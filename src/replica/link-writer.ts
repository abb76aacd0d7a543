/**
 * Sending over one link: whole messages, one after another, each waited for, so that a peer that reads slowly slows who
 * sends to it and nobody else. A frame that nobody takes for too long ends the link.
 */

import type { TimedEnv } from '../env.ts';
import { CausalError } from '../errors.ts';
import type { Link } from '../transport/transport.ts';
import type { Counting } from './counters.ts';
import { type FrameCount, type LinkMessage, linkFrames } from './link-message.ts';

export type LinkWriterOptions = {
  readonly link: Link;
  readonly frameBytesMax: number;
  readonly env: TimedEnv;
  readonly stallMs: number;
  readonly counters: Counting;
  /** The version of the protocol that both sides speak. */
  readonly version: number;
};

/** Sends messages in order. */
export class LinkWriter {
  readonly #options: LinkWriterOptions;
  #last: Promise<void> = Promise.resolve();
  readonly #count: FrameCount;
  /** Since when the link has not taken the frame it was given; undefined while it has taken all. */
  #sendingSince: number | undefined;
  #cancelWatch: (() => void) | undefined;
  #isEnded = false;

  constructor(options: LinkWriterOptions) {
    this.#options = options;
    this.#count = { sent: 0, version: options.version };
  }

  /** Answers when the link has taken the message. Throws: LINK_FAILED. */
  send(message: LinkMessage): Promise<void> {
    const turn = this.#last.then(() => this.#write(message));
    this.#last = turn.catch(() => undefined);
    return turn;
  }

  /** Answers when everything handed over before was taken, or was lost. */
  settled(): Promise<void> {
    return this.#last;
  }

  /** The link has ended: nothing more is sent, and nothing waited for. */
  end(): void {
    this.#isEnded = true;
    this.#cancelWatch?.();
    this.#cancelWatch = undefined;
  }

  async #write(message: LinkMessage): Promise<void> {
    const { link, frameBytesMax, env, stallMs, counters } = this.#options;
    for (const frame of linkFrames(message, frameBytesMax, this.#count)) {
      if (this.#isEnded) throw failed();
      this.#sendingSince = env.elapsed();
      if (this.#cancelWatch === undefined) this.#watch(stallMs);
      try {
        await link.send(frame);
        counters.bytesSent += frame.length;
      } catch (cause) {
        this.end();
        throw failed(cause);
      } finally {
        this.#sendingSince = undefined;
      }
    }
  }

  /** One timer for many frames: it looks how long the one that is being sent has waited. */
  #watch(delayMs: number): void {
    const { link, env, stallMs } = this.#options;
    this.#cancelWatch = env.after(delayMs, () => {
      this.#cancelWatch = undefined;
      if (this.#sendingSince === undefined) return;
      const leftMs = this.#sendingSince + stallMs - env.elapsed();
      if (leftMs > 0) this.#watch(leftMs);
      else void link.close('the peer takes nothing');
    });
  }
}

function failed(cause?: unknown): CausalError {
  return new CausalError('LINK_FAILED', 'Cannot send to the peer: the link is closed', {}, cause);
}
