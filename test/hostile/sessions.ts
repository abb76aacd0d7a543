/**
 * What an attacker does over one link: a hello, true or not, and frames of which some are distorted recordings and some
 * were never anything else. A session follows from its seed and the recording alone.
 */

import { Random } from '../../src/random.ts';
import { type FrameCount, type LinkHello, type LinkMessage, linkFrames } from '../../src/replica/link-message.ts';
import { distorted, flipped, headOf, joined } from './distort.ts';
import { deepValue, hugeClock, malice, stray, wideValue } from './malice.ts';
import type { Recording } from './recording.ts';

const FRAME_BYTES_MAX = 2 ** 24;

export type Session = {
  /** What sort of attack it is, and which one. */
  readonly kind: string;
  readonly what: string;
  /** Under which name it is let in, if it is. */
  readonly name: string;
  readonly frames: readonly Uint8Array[];
  /** Which of them are hostile. */
  readonly isHostile: readonly boolean[];
  /** Nothing but the hello and one frame, so that if that is refused nothing may have changed at all. */
  readonly isSingle: boolean;
  /** How many of them have a number, so that what is said afterwards goes on from there. */
  readonly numbered: number;
  readonly isLetIn: boolean;
};

export type Cast = {
  readonly name: string;
  readonly recording: Recording;
  readonly target: string;
  readonly token: string;
  readonly keyspace: string;
};

/** Numbers frames as a link does, so that what is distorted is what is said in them. */
class Frames {
  readonly frames: Uint8Array[] = [];
  readonly isHostile: boolean[] = [];
  readonly count: FrameCount = { sent: 0 };

  say(message: LinkMessage): void {
    this.#add(linkFrames(message, FRAME_BYTES_MAX, this.count), false);
  }

  done({ name }: Cast, kind: string, isLetIn: boolean, isSingle = false, what = kind): Session {
    const { frames, isHostile } = this;
    return { name, kind, what, frames, isHostile, numbered: this.count.sent, isSingle, isLetIn };
  }

  /** Puts `change` of the message in its place. */
  twist(message: LinkMessage, change: (frame: Uint8Array) => readonly Uint8Array[]): void {
    for (const frame of linkFrames(message, FRAME_BYTES_MAX, this.count)) this.#add(change(frame), true);
  }

  #add(frames: Iterable<Uint8Array>, isHostile: boolean): void {
    for (const frame of frames) {
      this.frames.push(frame);
      this.isHostile.push(isHostile);
    }
  }
}

/** The session of this seed. */
export function sessionOf(seed: number, cast: Cast): Session {
  const random = new Random(seed);
  const dice = random.fraction();
  if (dice < 0.27) return distortedConversation(random, cast);
  if (dice < 0.37) return importunate(random, cast);
  if (dice < 0.55) return single(random, cast);
  if (dice < 0.75) return malicious(random, cast);
  if (dice < 0.87) return shuffled(random, cast);
  return stranger(random, cast);
}

/** The few that are large, one a session. */
export function* largeSessions(cast: Cast): Generator<Session> {
  const roles = { id: cast.recording.id, target: cast.target };
  const entries = [10_000, 100_001, 1_000_000];
  const large = [
    ...entries.map((count) => hugeClock(roles, count, false)),
    ...entries.map((count) => hugeClock(roles, count, true)),
    ...[99, 101, 10_000, 1_000_000].map((depth) => deepValue(roles, depth)),
    ...[100_000, 1_000_000].map((fields) => wideValue(roles, fields)),
  ];
  for (const message of large) yield one(cast, 'something large', message.kind, message, (frame) => [frame]);
}

/** Every cut and every flipped bit of a message of each kind, one a session, which is made when it is called for. */
export function* systematicSessions(cast: Cast, flipsMax: number): Generator<() => Session> {
  const kinds = new Set<string>();
  for (const message of cast.recording.conversations.flat()) {
    const exact = message.kind === 'exchange' ? `exchange ${message.frame[1]}` : message.kind;
    const [frame] = linkFrames(message, FRAME_BYTES_MAX);
    if (kinds.has(exact) || frame === undefined || frame.length > 2_000) continue;
    kinds.add(exact);
    for (let length = 0; length < frame.length; length += 1)
      yield () =>
        one(cast, 'a frame cut short', `${exact} cut to ${length} bytes`, message, (whole) => [whole.slice(0, length)]);
    for (let bit = 0; bit < Math.min(flipsMax, frame.length * 8); bit += 1)
      yield () =>
        one(cast, 'a bit turned over', `${exact} with bit ${bit} flipped`, message, (whole) => [flipped(whole, bit)]);
  }
}

function helloOf({ recording, token, keyspace }: Cast, different: Partial<LinkHello> = {}): LinkMessage {
  return {
    ...{ kind: 'hello', versionMin: 1, versionMax: 1, frameBytesMax: FRAME_BYTES_MAX, id: recording.id },
    ...{ keyspace, token, ...different },
  };
}

function one(
  cast: Cast,
  kind: string,
  what: string,
  message: LinkMessage,
  change: (frame: Uint8Array) => Uint8Array[],
): Session {
  const out = new Frames();
  out.say(helloOf(cast));
  out.twist(message, change);
  return out.done(cast, kind, true, true, what);
}

function single(random: Random, cast: Cast): Session {
  const messages = cast.recording.conversations.flat();
  const others = bodiesOf(messages);
  const message = messages[random.below(messages.length)] as LinkMessage;
  return one(cast, 'one distorted frame', `one distorted ${message.kind}`, message, (frame) => [
    distorted(frame, random, others),
  ]);
}

/** A conversation that goes well for a while, and then not. */
function distortedConversation(random: Random, cast: Cast): Session {
  const conversation = conversationIn(random, cast);
  const others = bodiesOf(conversation);
  const from = random.below(conversation.length);
  const share = random.fraction();
  const out = new Frames();
  out.say(helloOf(cast));
  for (const [at, message] of conversation.entries()) {
    if (at < from || !(at === from || random.chance(share))) out.say(message);
    else out.twist(message, (frame) => [distorted(frame, random, others)]);
  }
  return out.done(cast, 'a distorted conversation', true);
}

function malicious(random: Random, cast: Cast): Session {
  const roles = { id: cast.recording.id, target: cast.target };
  const out = new Frames();
  out.say(helloOf(cast));
  for (let left = random.between(1, 6); left > 0; left -= 1)
    for (const message of malice(random, roles)) out.twist(message, (frame) => [frame]);
  return out.done(cast, 'malice', true);
}

/** True messages twice, out of order, left out, and of several conversations at once. */
function shuffled(random: Random, cast: Cast): Session {
  const messages = [...conversationIn(random, cast), ...(random.chance(0.3) ? conversationIn(random, cast) : [])];
  const out = new Frames();
  out.say(helloOf(cast));
  for (let left = messages.length; left > 0; left -= 1) {
    const message = messages[random.below(messages.length)] as LinkMessage;
    out.twist(message, (frame) => (random.chance(0.2) ? [frame, frame] : [frame]));
  }
  return out.done(cast, 'out of order', true);
}

/** What a link lets pass or answers, over and over: strays, and frames it had already, as they were and distorted. */
function importunate(random: Random, cast: Cast): Session {
  const conversation = conversationIn(random, cast);
  const others = bodiesOf(conversation);
  const out = new Frames();
  out.say(helloOf(cast));
  for (const message of conversation.slice(0, random.between(1, 6)))
    out.twist(message, (frame) => [frame, frame, ...Array.from({ length: 8 }, () => belated(frame, random, others))]);
  for (let left = random.between(40, 160); left > 0; left -= 1) out.twist(stray(random), (frame) => [frame]);
  return out.done(cast, 'what is let pass', true);
}

/** A frame with a number that was there before, whatever else it says. */
function belated(frame: Uint8Array, random: Random, others: readonly Uint8Array[]): Uint8Array {
  const head = headOf(frame);
  return joined(frame.subarray(0, head), distorted(frame, random, others).subarray(head));
}

/** Somebody who is not let in, and says more than a hello all the same. */
function stranger(random: Random, cast: Cast): Session {
  const out = new Frames();
  const others = bodiesOf(cast.recording.conversations.flat());
  const { target } = cast;
  const hellos: readonly (Partial<LinkHello> | 'none' | 'noise')[] = [
    { token: 'wrong' },
    { token: undefined },
    { token: 'x'.repeat(4_096) },
    { keyspace: '__proto__' },
    { versionMin: 2, versionMax: 2 ** 53 - 1 },
    { versionMin: 0, versionMax: 0 },
    { frameBytesMax: 0 },
    { id: target.replace(/~.*/, '~other') },
    { id: target },
    { id: '' },
    { id: 'somebody~1' },
    { id: '~' },
    'none',
    'noise',
    'noise',
    'noise',
  ];
  const hello = hellos[random.below(hellos.length)] as (typeof hellos)[number];
  if (hello === 'noise') out.twist(helloOf(cast, { token: 'wrong' }), (frame) => [distorted(frame, random, others)]);
  else if (hello !== 'none') out.twist(helloOf(cast, { ...{ token: 'wrong' }, ...hello }), (frame) => [frame]);
  for (const message of conversationIn(random, cast).slice(0, 5)) out.twist(message, (frame) => [frame]);
  return out.done(cast, 'a stranger', false);
}

function conversationIn(random: Random, { recording: { conversations } }: Cast): readonly LinkMessage[] {
  return conversations[random.below(conversations.length)] as readonly LinkMessage[];
}

function bodiesOf(messages: readonly LinkMessage[]): Uint8Array[] {
  return messages.slice(0, 40).flatMap((message) => [...linkFrames(message, FRAME_BYTES_MAX)]);
}
