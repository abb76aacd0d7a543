/**
 * What the laws of the transport port are told about a transport, and the words they are written in: pairs of links,
 * frames that are known by their bytes, and progress that is measured in rounds on another link instead of in time.
 */

import type { Link, Listener, Transport } from '../transport/transport.ts';
import { compareBytes, demandThat, shown } from './storage-model.ts';

/**
 * A transport under test: how its links are made, and what it claims. Every law is given one that nobody has used, whose
 * links take a KiB or more before they hold back.
 */
export type TransportRig = {
  readonly connecting: Transport;
  /** The one that listens, where the connecting one cannot. Default: the same. */
  readonly listening?: Transport;
  /** Where to listen; free, whenever nobody of this rig listens there. */
  readonly address: string;
  /** An address of the right form where nobody listens. */
  readonly nobody: string;
  /** An address that takes connections and never answers; absent where there can be none. */
  readonly silent?: string;
  /**
   * More than this a link does not take while nobody reads at the other end, in bytes, the frames that are being sent and
   * the buffers of the operating system included.
   */
  readonly underWayBytesMax: number;
  /** Whether the side that connects holds its peer back while nobody reads there, or ends the link. Default true. */
  readonly canConnectorHoldBack?: boolean;
  /** The name that the side that listens has proved of the other, and the other way round. Default: none. */
  readonly connectorName?: string;
  readonly listenerName?: string;
  /** Gives back what the rig took, after the law. */
  readonly close?: () => Promise<void>;
};

/** One end that connected and the one that accepted it. */
export type Pair = { readonly near: Link; readonly far: Link };

/** A place that listens and hands out what came in, in order. */
export class Meeting {
  readonly rig: TransportRig;
  readonly listener: Listener;
  readonly #accepted: Link[];
  readonly #wake: { call: () => void };

  private constructor(rig: TransportRig, listener: Listener, accepted: Link[], wake: { call: () => void }) {
    this.rig = rig;
    this.listener = listener;
    this.#accepted = accepted;
    this.#wake = wake;
  }

  static async open(rig: TransportRig): Promise<Meeting> {
    const accepted: Link[] = [];
    const wake = { call: (): void => undefined };
    const listener = await (rig.listening ?? rig.connecting).listen(rig.address, (link) => {
      accepted.push(link);
      wake.call();
    });
    return new Meeting(rig, listener, accepted, wake);
  }

  /** A link and its other end; called again only when it has answered. */
  async pair(): Promise<Pair> {
    const near = await this.rig.connecting.connect(this.listener.address);
    const far = await this.#accept();
    return { near, far };
  }

  /** How many came in and were not handed out. */
  get waiting(): number {
    return this.#accepted.length;
  }

  async #accept(): Promise<Link> {
    for (;;) {
      const link = this.#accepted.shift();
      if (link !== undefined) return link;
      await new Promise<void>((resolve) => {
        this.#wake.call = resolve;
      });
    }
  }
}

// Looked up once: for a test that jest runs in a context of its own, a global costs a microsecond each time.
const { imul } = Math;

/** A frame of this size whose bytes follow from the seed. */
export function frameOf(size: number, seed: number): Uint8Array {
  const frame = new Uint8Array(size);
  let state = (seed * 2_654_435_761) | 1;
  for (let at = 0; at < size; at++) {
    state = (imul(state, 1_664_525) + 1_013_904_223) | 0;
    frame[at] = state >>> 24;
  }
  return frame;
}

/** The next frame; undefined after the last one. */
export async function nextFrame(link: Link): Promise<Uint8Array | undefined> {
  const { value } = await link[Symbol.asyncIterator]().next();
  return value;
}

/** All frames to the end. */
export async function restOf(link: Link): Promise<Uint8Array[]> {
  const frames: Uint8Array[] = [];
  for await (const frame of link) frames.push(frame);
  return frames;
}

/** Ends the law unless this is the frame, whole, and a plain Uint8Array of its own. */
export function demandFrame(found: Uint8Array | undefined, expected: Uint8Array, what: string): void {
  const isSame = found !== undefined && compareBytes(found, expected) === 0;
  demandThat(isSame, `${what} is ${shown(found)} instead of ${shown(expected)}`);
  demandThat(Object.getPrototypeOf(found) === Uint8Array.prototype, `${what} is not a plain Uint8Array`);
  demandThat(found.buffer.byteLength === found.length, `${what} shares its memory with something else`);
}

/** Ends the law unless exactly these frames come next, in this order. */
export async function demandFrames(link: Link, expected: readonly Uint8Array[], what: string): Promise<void> {
  for (const [at, frame] of expected.entries()) demandFrame(await nextFrame(link), frame, `${what}: frame ${at}`);
}

/** Ends the law unless the iteration is over. */
export async function demandEnd(link: Link, what: string): Promise<void> {
  const frame = await nextFrame(link);
  demandThat(frame === undefined, `${what} gave ${shown(frame)} instead of the end`);
  demandThat(typeof link.endedBecause() === 'string', `${what} ended and does not say why`);
}

/** Sends frames there and back so many times. */
export async function rounds(pair: Pair, count: number): Promise<void> {
  for (let round = 0; round < count; round++) {
    const frame = frameOf(8, round);
    await pair.near.send(frame);
    demandFrame(await nextFrame(pair.far), frame, `round ${round}, there`);
    await pair.far.send(frame);
    demandFrame(await nextFrame(pair.near), frame, `round ${round}, back`);
  }
}

/** Goes on with rounds on another link until a count has stood still over many of them. */
export async function untilStill(count: () => number, pair: Pair): Promise<void> {
  for (let stillFor = 0; stillFor < 20; ) {
    const before = count();
    await rounds(pair, 20);
    stillFor = count() === before ? stillFor + 1 : 0;
  }
}
