/**
 * Links between replicas of one process, for tests and for replicas that share one. Frames are copied, as a network
 * would. Knows no time: what happens follows from the order of the calls alone, so that a simulator can replay it.
 */

import { checkInteger, misuse } from '../assert.ts';
import { copyBytes } from '../codec/byte-arrays.ts';
import { FRAME_BYTES_MAX, FRAME_BYTES_MIN, LINK_BUFFER_BYTES, MESSAGE_BYTES_MAX } from '../limits.ts';
import { checkFrame, endedLink, lostFrame, unreachablePeer, unusableAddress } from './failure.ts';
import { FrameQueue } from './frame-queue.ts';
import type { Link, Listener, Transport } from './transport.ts';

const SCHEME = 'memory:';

export type MemoryTransportOptions = {
  /** Default 16 MiB. */
  readonly frameBytesMax?: number;
  /** What a link keeps in each direction, beside the frame that passed it. Default 1 MiB. */
  readonly bufferBytes?: number;
};

/** A network within the process. */
export type MemoryTransport = Transport & {
  /**
   * The same network as the participant at an address sees it: links that it opens say so to the other side, and `cut`
   * of that address reaches them. `provenName` is shown to the other side as proved, as a certificate would.
   */
  readonly at: (address: string, provenName?: string) => Transport;
  /** Loses every link to and from an address, with what was under way, and lets none be opened until `heal`. */
  readonly cut: (address: string) => void;
  readonly heal: (address: string) => void;
};

/** Who opens links, or listens. */
type Participant = { readonly address: string | undefined; readonly provenName: string | undefined };

type Place = { readonly owner: Participant; readonly onLink: (link: Link) => void };

/** A network that no other call knows. Throws: RangeError for limits that are none. */
export function memoryTransport(options: MemoryTransportOptions = {}): MemoryTransport {
  const { frameBytesMax = FRAME_BYTES_MAX, bufferBytes = LINK_BUFFER_BYTES } = options;
  checkInteger(frameBytesMax, 'frameBytesMax', FRAME_BYTES_MIN, MESSAGE_BYTES_MAX);
  checkInteger(bufferBytes, 'bufferBytes', 1, MESSAGE_BYTES_MAX);
  const places = new Map<string, Place>();
  const links = new Map<MemoryLink, readonly (string | undefined)[]>();
  const cuts = new Set<string>();
  let opened = 0;

  const connect = async (from: Participant, address: string): Promise<Link> => {
    const place = places.get(checkAddress(address));
    if (place === undefined) throw unreachablePeer(address, 'nobody listens there');
    if (cuts.has(address) || cuts.has(from.address ?? '')) throw unreachablePeer(address, 'it was cut off');
    opened += 1;
    const limits = { frameBytesMax, bufferBytes };
    const near = new MemoryLink(address, place.owner.provenName, limits, () => links.delete(near));
    const far = new MemoryLink(from.address ?? `${SCHEME}#${opened}`, from.provenName, limits, () => links.delete(far));
    near.join(far);
    for (const link of [near, far]) links.set(link, [address, from.address]);
    place.onLink(far);
    return near;
  };

  const listen = async (owner: Participant, address: string, onLink: (link: Link) => void): Promise<Listener> => {
    if (places.has(checkAddress(address))) throw unusableAddress(address, 'somebody listens there already');
    const place = { owner, onLink };
    places.set(address, place);
    return {
      address,
      close: async () => {
        if (places.get(address) === place) places.delete(address);
      },
    };
  };

  const seenBy = (participant: Participant): Transport => ({
    schemes: [SCHEME],
    frameBytesMax,
    connect: (address) => connect(participant, address),
    listen: (address, onLink) => listen(participant, address, onLink),
  });

  return {
    ...seenBy({ address: undefined, provenName: undefined }),
    at: (address, provenName) => seenBy({ address: checkAddress(address), provenName }),
    cut: (address) => {
      cuts.add(checkAddress(address));
      for (const [link, ends] of links) if (ends.includes(address)) link.lose('it was cut');
    },
    heal: (address) => {
      cuts.delete(address);
    },
  };
}

function checkAddress(address: string): string {
  if (typeof address === 'string' && address.startsWith(SCHEME) && address.length > SCHEME.length) return address;
  throw new TypeError(misuse(address, 'an address in memory', 'does not begin with memory: and go on with a name'));
}

type Limits = { readonly frameBytesMax: number; readonly bufferBytes: number };

type Waiting = { readonly frame: Uint8Array; readonly resolve: () => void; readonly reject: (error: Error) => void };

/** One end of a link; what it sends lies in the queue of the other end. */
class MemoryLink implements Link {
  readonly peer: string;
  readonly provenName: string | undefined;
  readonly #limits: Limits;
  readonly #onEnd: () => void;
  readonly #incoming = new FrameQueue(() => this.#other?.pump());
  /** Frames that the other end has no room for yet. */
  readonly #waiting: Waiting[] = [];
  #other: MemoryLink | undefined;
  #why: string | undefined;

  constructor(peer: string, provenName: string | undefined, limits: Limits, onEnd: () => void) {
    this.peer = peer;
    this.provenName = provenName;
    this.#limits = limits;
    this.#onEnd = onEnd;
  }

  /** Makes two ends one link. */
  join(other: MemoryLink): void {
    this.#other = other;
    other.#other = this;
  }

  async send(frame: Uint8Array): Promise<void> {
    checkFrame(frame, this.#limits.frameBytesMax);
    if (this.#why !== undefined) throw endedLink(this.peer, this.#why);
    const copy = copyBytes(frame);
    const sent = new Promise<void>((resolve, reject) => this.#waiting.push({ frame: copy, resolve, reject }));
    this.pump();
    await sent;
  }

  async close(why = 'no reason given'): Promise<void> {
    if (this.#why !== undefined) return;
    this.#end('closed on this side');
    this.#incoming.drop();
    this.#other?.closedByPeer(why);
    this.pump();
  }

  endedBecause(): string | undefined {
    return this.#why;
  }

  /** Ends this end without a word to the other, and drops what is under way. */
  lose(why: string): void {
    this.#end(why);
    this.#incoming.drop();
    this.#refuseWaiting(why);
  }

  /** The other end takes nothing more; what it sent comes out before the end. */
  closedByPeer(why: string): void {
    this.#end(`closed by the other side: ${why}`);
    this.#refuseWaiting(why);
  }

  /** Hands over as many frames as the other end has room for, and the end after the last one. */
  pump(): void {
    const other = this.#other;
    if (other === undefined) return;
    while (other.#incoming.bytes < this.#limits.bufferBytes) {
      const next = this.#waiting.shift();
      if (next === undefined) break;
      other.#incoming.push(next.frame);
      next.resolve();
    }
    if (this.#why !== undefined && this.#waiting.length === 0) other.#incoming.end();
  }

  [Symbol.asyncIterator](): AsyncIterator<Uint8Array> {
    return this.#incoming[Symbol.asyncIterator]();
  }

  #end(why: string): void {
    this.#why ??= why;
    this.#onEnd();
  }

  #refuseWaiting(why: string): void {
    for (const { reject } of this.#waiting.splice(0)) reject(lostFrame(this.peer, why));
  }
}
