/** A peer by hand: it says what a test tells it to, whatever the protocol says, and writes down what it is answered. */

import {
  type FrameCount,
  type LinkHello,
  type LinkMessage,
  LinkReader,
  linkFrames,
} from '../../src/replica/link-message.ts';
import type { Link, Transport } from '../../src/transport/transport.ts';

export class RoughPeer {
  readonly link: Link;
  readonly heard: LinkMessage[] = [];
  readonly #count: FrameCount = { sent: 0 };
  readonly ended: Promise<void>;

  constructor(link: Link, isReading = true) {
    this.link = link;
    this.ended = isReading ? this.#listen() : new Promise(() => undefined);
  }

  /** Opens a link and says hello. */
  static async greet(
    transport: Transport,
    address: string,
    id: string,
    { isReading = true, ...different }: Partial<LinkHello> & { readonly isReading?: boolean } = {},
  ): Promise<RoughPeer> {
    const peer = new RoughPeer(await transport.connect(address), isReading);
    await peer.say({
      ...{ kind: 'hello', versionMin: 1, versionMax: 1, frameBytesMax: 2 ** 24, id, keyspace: '', token: undefined },
      ...different,
    });
    return peer;
  }

  /** Sends messages; what the other side does not take any more is lost. */
  async say(...messages: readonly LinkMessage[]): Promise<void> {
    for (const message of messages) {
      for (const frame of linkFrames(message, 2 ** 24, this.#count)) await this.link.send(frame).catch(() => undefined);
    }
  }

  /** The codes and sentences with which something was refused. */
  get refusals(): { readonly kind: string; readonly code: string; readonly why: string }[] {
    return this.heard.flatMap((message) =>
      message.kind === 'refuse' || message.kind === 'stop' || message.kind === 'failed'
        ? [{ kind: message.kind, code: message.code, why: message.why }]
        : [],
    );
  }

  get codes(): string[] {
    return this.refusals.map(({ code }) => code);
  }

  async #listen(): Promise<void> {
    const reader = new LinkReader();
    for await (const frame of this.link) {
      this.heard.push(...reader.read(frame));
      reader.isGreeted = true;
    }
  }
}
