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
};

/** Sends messages in order. */
export class LinkWriter {
  readonly #options: LinkWriterOptions;
  #last: Promise<void> = Promise.resolve();
  readonly #count: FrameCount = { sent: 0 };
  #isEnded = false;

  constructor(options: LinkWriterOptions) {
    this.#options = options;
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

  async #write(message: LinkMessage): Promise<void> {
    const { link, frameBytesMax, env, stallMs, counters } = this.#options;
    if (this.#isEnded) throw failed();
    for (const frame of linkFrames(message, frameBytesMax, this.#count)) {
      const cancel = env.after(stallMs, () => void link.close('the peer takes nothing'));
      try {
        await link.send(frame);
        counters.bytesSent += frame.length;
      } catch (cause) {
        this.#isEnded = true;
        throw failed(cause);
      } finally {
        cancel();
      }
    }
  }
}

function failed(cause?: unknown): CausalError {
  return new CausalError('LINK_FAILED', 'Cannot send to the peer: the link is closed', {}, cause);
}
