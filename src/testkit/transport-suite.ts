/**
 * The transport port as laws: what links must do before a replica may speak over them. Needs no test runner and nothing
 * but the port. Each law is given a function that makes a rig of a transport nobody has used; it closes what it opened.
 * What a transport does when its connection breaks below it cannot be asked from here: every adapter shows that itself.
 */

import type { Link } from '../transport/transport.ts';
import { demandRefusal, demandThat } from './storage-model.ts';
import {
  demandEnd,
  demandFrame,
  demandFrames,
  frameOf,
  Meeting,
  nextFrame,
  type Pair,
  restOf,
  rounds,
  type TransportRig,
  untilStill,
} from './transport-rig.ts';

/** Makes a rig of a transport that nobody has used. */
export type MakeTransport = () => TransportRig | Promise<TransportRig>;

/** One law of the port; `run` throws when the transport breaks it, and says what was seen. */
export type TransportLaw = { readonly name: string; readonly run: (make: MakeTransport) => Promise<void> };

type Check = (meeting: Meeting, pair: Pair, rig: TransportRig) => Promise<void>;

const KIB_64 = 65_536;

/** A law about a place that listens and one link to it; both are closed after the check however it ended. */
function law(name: string, check: Check): TransportLaw {
  return {
    name,
    run: async (make) => {
      const rig = await make();
      try {
        const meeting = await Meeting.open(rig);
        try {
          const pair = await meeting.pair();
          await check(meeting, pair, rig);
          await closeAll(pair);
        } finally {
          await meeting.listener.close();
        }
      } finally {
        await rig.close?.();
      }
    },
  };
}

/** A law about the two ends of a link, whichever of them connected. */
function lawOfBothSides(name: string, check: (from: Link, to: Link, meeting: Meeting) => Promise<void>): TransportLaw {
  return law(name, async (meeting, { near, far }) => {
    await check(near, far, meeting);
    const other = await meeting.pair();
    await check(other.far, other.near, meeting);
    await closeAll(other);
  });
}

/** Every law of the transport port. */
export const transportLaws: readonly TransportLaw[] = [
  lawOfBothSides('send: frames arrive whole, each once, in order, from empty ones to the largest', async (from, to) => {
    await demandOneWay(from, to, [0, 1, KIB_64, 0, 125, 126, KIB_64 - 1, 2, 0]);
  }),

  law('send: a frame of the largest size arrives, in both directions', async (_, { near, far }, rig) => {
    const { frameBytesMax } = rig.connecting;
    demandThat(
      (rig.listening ?? rig.connecting).frameBytesMax === frameBytesMax,
      'the two sides of the rig differ in their largest frame',
    );
    await demandOneWay(near, far, [frameBytesMax, 1]);
    await demandOneWay(far, near, [frameBytesMax, 1]);
  }),

  law(
    'send: a larger frame is refused with RangeError, nothing of it is sent, and the link goes on',
    async (_, pair, rig) => {
      const oversized = new Uint8Array(rig.connecting.frameBytesMax + 1);
      for (const link of [pair.near, pair.far]) {
        const error = await failureOf(() => link.send(oversized));
        demandThat(error instanceof RangeError, `a frame over the limit was answered with ${String(error)}`);
      }
      await rounds(pair, 3);
    },
  ),

  lawOfBothSides('send: calls that overlap go out in the order they were made', async (from, to) => {
    const frames = numbered(500, 300);
    const sent = Promise.all(frames.map((frame) => from.send(frame)));
    await demandFrames(to, frames, 'overlapping sends');
    await sent;
  }),

  lawOfBothSides('send: what the caller does with his bytes afterwards changes nothing', async (from, to) => {
    const outer = new Uint8Array(3 * KIB_64);
    const inner = outer.subarray(100, 100 + KIB_64);
    const send = async (): Promise<void> => {
      for (let turn = 0; turn < 20; turn++) {
        inner.set(frameOf(KIB_64, turn));
        await from.send(inner);
        outer.fill(255);
      }
    };
    const expected = Array.from({ length: 20 }, (_, turn) => frameOf(KIB_64, turn));
    await Promise.all([send(), demandFrames(to, expected, 'sent from one buffer')]);
  }),

  law('send: both directions at once', async (_, { near, far }) => {
    const [there, back] = [numbered(2_000, 0, 200), numbered(2_000, 9_000, 300)];
    await Promise.all([
      sendAll(near, there),
      sendAll(far, back),
      demandFrames(far, there, 'there'),
      demandFrames(near, back, 'back'),
    ]);
  }),

  law('send: many links at once stay apart', async (meeting) => {
    const pairs: Pair[] = [];
    for (let at = 0; at < 20; at++) pairs.push(await meeting.pair());
    await Promise.all(
      pairs.map(async ({ near, far }, at) => {
        const [there, back] = [numbered(50, at * 1_000, 2_000), numbered(50, at * 1_000 + 500, 2_000)];
        await Promise.all([
          sendAll(near, there),
          sendAll(far, back),
          demandFrames(far, there, `link ${at} there`),
          demandFrames(near, back, `link ${at} back`),
        ]);
      }),
    );
    await Promise.all(pairs.map(closeAll));
  }),

  law(
    'send: waits while nobody reads at the end that listens, which slows no other link',
    async (meeting, pair, rig) => {
      await demandHeldBack(pair.near, pair.far, meeting, rig);
    },
  ),

  law(
    'send: waits while nobody reads at the end that connected, which slows no other link',
    async (meeting, pair, rig) => {
      if (rig.canConnectorHoldBack === false) await demandGivenUp(pair.far, pair.near, meeting);
      else await demandHeldBack(pair.far, pair.near, meeting, rig);
    },
  ),

  law('send: a call that waits is settled when the other side closes', async (meeting, { near, far }, rig) => {
    const flood = new Flood(near, rig.underWayBytesMax * 2);
    const other = await meeting.pair();
    await untilStill(() => flood.sentBytes, other);
    await far.close('not interested');
    await flood.ended;
    await demandRefusal('LINK_FAILED', 'a send after that', () => near.send(frameOf(1, 1)));
    await closeAll(other);
  }),

  lawOfBothSides('close: ends the iteration on both sides, whoever calls it', async (from, to) => {
    const waiting = [nextFrame(from), nextFrame(to)];
    await from.close('done');
    const got = await Promise.all(waiting);
    demandThat(
      got.every((frame) => frame === undefined),
      'a frame came that nobody sent',
    );
    await demandEnd(from, 'the side that closed');
    await demandEnd(to, 'the other side');
  }),

  lawOfBothSides('close: what was sent before arrives before the end', async (from, to) => {
    const frames = numbered(300, 70, 1_000);
    const closed = sendAll(from, frames).then(() => from.close('that was all'));
    await demandFrames(to, frames, 'sent before close');
    await demandEnd(to, 'the other side');
    await closed;
  }),

  lawOfBothSides('close: what was given to send before arrives, answered or not', async (from, to) => {
    const frames = [...numbered(40, 5, KIB_64), frameOf(0, 1)];
    const sent = Promise.allSettled(frames.map((frame) => from.send(frame)));
    const closed = from.close();
    await demandFrames(to, frames, 'given before close');
    await demandEnd(to, 'the other side');
    await closed;
    for (const { status } of await sent) demandThat(status === 'fulfilled', `a frame arrived whose send was ${status}`);
  }),

  lawOfBothSides('close: what had come is still given to the side that did not call it', async (from, to, meeting) => {
    await sendAll(from, numbered(3, 0, 10));
    await from.close();
    const other = await meeting.pair();
    await rounds(other, 20);
    demandThat((await restOf(to)).length === 3, 'frames that came before the end were not given');
    await closeAll(other);
  }),

  lawOfBothSides('close: the side that calls it is given nothing more', async (from, to, meeting) => {
    await sendAll(to, numbered(3, 0, 10));
    const other = await meeting.pair();
    await rounds(other, 20);
    await from.close();
    await demandEnd(from, 'the side that closed');
    await closeAll(other);
  }),

  lawOfBothSides('close: send is refused afterwards with LINK_FAILED, on both sides', async (from, to) => {
    await from.close('done');
    await demandRefusal('LINK_FAILED', 'send after close', () => from.send(frameOf(1, 1)));
    await restOf(to);
    await demandRefusal('LINK_FAILED', 'send to one who has closed', () => to.send(frameOf(1, 1)));
  }),

  lawOfBothSides('close: may be called again, by both at once, with a reason of any length', async (from, to) => {
    await Promise.all([from.close('€'.repeat(1_000)), to.close('\ud800'.repeat(99)), from.close()]);
    await Promise.all([from.close('again'), to.close()]);
    await demandEnd(from, 'one side');
    await demandEnd(to, 'the other side');
  }),

  lawOfBothSides('iterating: leaving a loop loses nothing, and the next one goes on', async (from, to) => {
    const frames = numbered(5, 1, 10);
    await sendAll(from, frames);
    for (const [at, expected] of frames.entries()) {
      for await (const frame of to) {
        demandFrame(frame, expected, `loop ${at}`);
        break;
      }
    }
    demandThat(to.endedBecause() === undefined, 'leaving a loop ended the link');
  }),

  law('connect: both ends say who the other is, as far as it was proved', async (_, { near, far }, rig) => {
    for (const { peer } of [near, far]) demandThat(peer !== '', 'a link does not say who its peer is');
    const [seen, expected] = [
      [near.provenName, far.provenName],
      [rig.listenerName, rig.connectorName],
    ];
    demandThat(
      seen[0] === expected[0] && seen[1] === expected[1],
      `the names proved are ${String(seen)} instead of ${String(expected)}`,
    );
  }),

  law('connect: to nobody is refused with LINK_FAILED', async (_, pair, { connecting, nobody }) => {
    await demandRefusal('LINK_FAILED', 'connect to nobody', () => connecting.connect(nobody));
    await rounds(pair, 3);
  }),

  law('connect: what is no address is refused with TypeError', async (_meeting, _pair, { connecting }) => {
    for (const address of ['', 'berlin', 'nothing:berlin', 'ws://', 'ws://u:p@localhost', 'ws://localhost/?token=1']) {
      const error = await failureOf(() => connecting.connect(address));
      demandThat(error instanceof TypeError, `connect to "${address}" was answered with ${String(error)}`);
    }
  }),

  law('connect: gives up with LINK_FAILED when it takes too long', async (_, pair, { connecting, silent }) => {
    if (silent === undefined) return;
    await demandRefusal('LINK_FAILED', 'connect to one who is silent', () =>
      connecting.connect(silent, { timeoutMs: 50 }),
    );
    await rounds(pair, 3);
  }),

  law(
    'listen: says where it listens, and an address that is taken is refused with LINK_FAILED',
    async (meeting, _, rig) => {
      const { address } = meeting.listener;
      const transport = rig.listening ?? rig.connecting;
      demandThat(
        transport.schemes.some((scheme) => address.startsWith(scheme)),
        `${address} has none of its schemes`,
      );
      await demandRefusal('LINK_FAILED', 'listening where somebody listens', () =>
        transport.listen(address, () => undefined),
      );
      await closeAll(await meeting.pair());
    },
  ),

  law('listen: one that has ended accepts no more, and open links stay', async (meeting, pair, { connecting }) => {
    await meeting.listener.close();
    await demandRefusal('LINK_FAILED', 'connect to one who has ended', () =>
      connecting.connect(meeting.listener.address),
    );
    demandThat(meeting.waiting === 0, 'a link came in after the end');
    await rounds(pair, 20);
    await meeting.listener.close();
  }),

  law('listen: can begin again at the same address', async (meeting, pair, rig) => {
    await meeting.listener.close();
    const again = await Meeting.open({ ...rig, address: meeting.listener.address });
    const other = await again.pair();
    await rounds(other, 3);
    await rounds(pair, 3);
    await closeAll(other);
    await again.listener.close();
  }),
];

async function closeAll({ near, far }: Pair): Promise<void> {
  await Promise.all([near.close(), far.close()]);
}

async function sendAll(link: Link, frames: readonly Uint8Array[]): Promise<void> {
  for (const frame of frames) await link.send(frame);
}

/** So many frames, all different, of sizes up to `sizeMax`. */
function numbered(count: number, seed: number, sizeMax = 100): Uint8Array[] {
  return Array.from({ length: count }, (_, at) => frameOf(4 + ((at * 7_919) % (sizeMax - 3)), seed + at));
}

async function demandOneWay(from: Link, to: Link, sizes: readonly number[]): Promise<void> {
  const frames = sizes.map((size, at) => frameOf(size, size + at));
  await Promise.all([sendAll(from, frames), demandFrames(to, frames, 'one way')]);
}

/** What a call fails with; undefined when it does not. */
async function failureOf(use: () => Promise<unknown>): Promise<unknown> {
  try {
    await use();
    return undefined;
  } catch (error) {
    return error;
  }
}

const FLOOD = frameOf(KIB_64, 1);

/** A frame of a flood, which has its number at its start and end; making each anew would take longer than sending it. */
function floodFrame(at: number): Uint8Array {
  const frame = FLOOD.slice();
  for (const place of [0, KIB_64 - 4]) frame.set([at >>> 24, at >>> 16, at >>> 8, at], place);
  return frame;
}

/** Sends frames of 64 KiB, one after another, until so many bytes are sent or the link has ended. */
class Flood {
  readonly ended: Promise<void>;
  sentBytes = 0;
  /** What the last send failed with. */
  failure: unknown;

  constructor(link: Link, bytes: number) {
    const send = async (): Promise<void> => {
      for (let at = 0; at * KIB_64 < bytes; at++) {
        await link.send(floodFrame(at));
        this.sentBytes += KIB_64;
      }
    };
    this.ended = send().catch((error: unknown) => {
      this.failure = error;
    });
  }
}

/** A flood stops within the bounds of the link, other links go on meanwhile, and everything arrives when it is read. */
async function demandHeldBack(from: Link, to: Link, meeting: Meeting, rig: TransportRig): Promise<void> {
  const bytes = Math.ceil((rig.underWayBytesMax * 2) / KIB_64) * KIB_64;
  const flood = new Flood(from, bytes);
  const other = await meeting.pair();
  await untilStill(() => flood.sentBytes, other);
  const { sentBytes } = flood;
  demandThat(
    sentBytes <= rig.underWayBytesMax,
    `${sentBytes} bytes were taken while nobody read, of at most ${rig.underWayBytesMax}`,
  );
  for (let at = 0; at * KIB_64 < bytes; at++) demandFrame(await nextFrame(to), floodFrame(at), `frame ${at}`);
  await flood.ended;
  demandThat(flood.failure === undefined, `the flood ended with ${String(flood.failure)}`);
  await closeAll(other);
}

/** A flood towards a side that cannot hold it back ends the link with a reason, and what had come is in order. */
async function demandGivenUp(from: Link, to: Link, meeting: Meeting): Promise<void> {
  const flood = new Flood(from, Number.POSITIVE_INFINITY);
  const other = await meeting.pair();
  await flood.ended;
  await demandRefusal('LINK_FAILED', 'the flood', () => Promise.reject(flood.failure));
  await rounds(other, 20);
  await demandRefusal('LINK_FAILED', 'a send back', () => to.send(frameOf(1, 1)));
  let at = 0;
  for await (const frame of to) demandFrame(frame, floodFrame(at++), `frame ${at}`);
  demandThat(typeof to.endedBecause() === 'string', 'the link does not say why it ended');
  await closeAll(other);
}
