/**
 * What goes over a link between two replicas, and its bytes, as docs/protocol.md gives them. Every message is cut into
 * frames of bounded size; the hello and the refusal have the same bytes in every version of the protocol, so that peers
 * that have no version in common still understand why. What exchanges and pushes say is not read here.
 */

import { varintLength } from '../codec/byte-arrays.ts';
import { ByteReader, ByteWriter } from '../codec/bytes.ts';
import { CausalError } from '../errors.ts';
import {
  EARLY_FRAMES_MAX,
  FRAME_COST_BYTES,
  HELLO_BYTES_MAX,
  ID_BYTES_MAX,
  KEY_BYTES_MAX,
  MESSAGE_BYTES_MAX,
  TOKEN_BYTES_MAX,
  WORK_BYTES_MAX,
} from '../limits.ts';
import { PROTOCOL_VERSION, PROTOCOL_VERSION_MIN } from '../repair/messages.ts';
import { failureFor, WHY_BYTES_MAX } from './link-failure.ts';

/** The version that every hello and refusal is of; what follows is of the highest that both sides speak. */
export const LINK_VERSION_FIRST = 1;
const FRAME_HEAD_BYTES = 2;
const MORE = 0x80;
const VARINT_BYTES_MAX = 8;
/** Frames of these kinds and above are numbered; those below have the same bytes in every version. */
const NUMBERED_FROM = 2;

export type LinkHello = {
  readonly kind: 'hello';
  readonly versionMin: number;
  readonly versionMax: number;
  /** The largest frame its sender takes. */
  readonly frameBytesMax: number;
  readonly id: string;
  readonly keyspace: string;
  readonly token: string | undefined;
};

export type LinkRefusal = {
  readonly kind: 'refuse';
  readonly versionMin: number;
  readonly versionMax: number;
  readonly code: string;
  readonly why: string;
};

/** `number` of an exchange is counted by the side that began it; `isMine`: its sender did. */
export type LinkMessage =
  | LinkHello
  | LinkRefusal
  | { readonly kind: 'exchange'; readonly number: number; readonly isMine: boolean; readonly frame: Uint8Array }
  | {
      readonly kind: 'stop';
      readonly number: number;
      readonly isMine: boolean;
      readonly code: string;
      readonly why: string;
    }
  | { readonly kind: 'push'; readonly push: Uint8Array }
  | { readonly kind: 'ack'; readonly number: number }
  | { readonly kind: 'want'; readonly number: number }
  | { readonly kind: 'lost'; readonly why: string }
  | { readonly kind: 'ask'; readonly request: number; readonly key: string }
  | { readonly kind: 'give'; readonly request: number; readonly record: Uint8Array }
  | { readonly kind: 'record'; readonly request: number; readonly record: Uint8Array }
  | { readonly kind: 'given'; readonly request: number; readonly counts: readonly [number, number, number, number] }
  | { readonly kind: 'failed'; readonly request: number; readonly code: string; readonly why: string }
  | { readonly kind: 'ping' }
  | { readonly kind: 'pong' }
  | { readonly kind: 'bye'; readonly why: string };

/** The place of a kind is its byte. Law: those of the first two never change. */
const KINDS: readonly LinkMessage['kind'][] = [
  ...(['hello', 'refuse', 'exchange', 'stop', 'push', 'ack', 'want', 'lost'] as const),
  ...(['ask', 'give', 'record', 'given', 'failed', 'ping', 'pong', 'bye'] as const),
];

/** What a frame is part of, by its head alone; undefined for what is none. */
export function frameKindOf(frame: Uint8Array): LinkMessage['kind'] | undefined {
  return KINDS[(frame[1] ?? MORE) & ~MORE];
}

const KEPT_BYTES_MAX = 65_536;
/** Messages are written here first; what is yielded is a copy, so that others may write here meanwhile. */
let scratch = new ByteWriter();

/** Counts the frames of one direction of a link, from 1. `version`: what is spoken there. Default: 1. */
export type FrameCount = { sent: number; readonly version?: number };

/** The frames of a message, each of at most `frameBytesMax` bytes; numbered unless it is a hello or a refusal. */
export function* linkFrames(
  message: LinkMessage,
  frameBytesMax: number,
  count: FrameCount = { sent: 0 },
): Generator<Uint8Array> {
  const kind = KINDS.indexOf(message.kind);
  const numbers = kind < NUMBERED_FROM ? 0 : 1;
  const whole = scratch;
  beginFrame(whole, kind, count);
  const headBytes = whole.length;
  writeBody(whole, message);
  if (whole.length <= frameBytesMax) {
    // Nearly every message: written in one piece, and copied once.
    count.sent += numbers;
    const frame = whole.finish();
    if (frame.length > KEPT_BYTES_MAX) scratch = new ByteWriter();
    yield frame;
    return;
  }
  const bytes = whole.view();
  scratch = new ByteWriter();
  for (let from = headBytes; from < bytes.length; ) {
    const writer = new ByteWriter();
    beginFrame(writer, kind, count);
    const to = Math.min(bytes.length, from + frameBytesMax - writer.length);
    writer.raw(bytes.subarray(from, to));
    const frame = writer.finish();
    if (to < bytes.length) frame[1] = kind | MORE;
    count.sent += numbers;
    yield frame;
    from = to;
  }
}

/** The head of the next frame, as of one that ends its message. */
function beginFrame(frame: ByteWriter, kind: number, { sent, version = LINK_VERSION_FIRST }: FrameCount): void {
  frame.reset();
  frame.u8(kind < NUMBERED_FROM ? LINK_VERSION_FIRST : version);
  frame.u8(kind);
  if (kind >= NUMBERED_FROM) frame.varint(sent + 1);
}

/** How many bytes of an exchange's own frame fit into one frame of the link. */
export function exchangeRoom(frameBytesMax: number): number {
  return frameBytesMax - FRAME_HEAD_BYTES - 2 * VARINT_BYTES_MAX;
}

/**
 * Puts frames together, in the order of their numbers. A transport that keeps its word delivers each once and in order;
 * what comes twice all the same is left out, what comes too early waits, and what is missing ends the link.
 */
export class LinkReader {
  #parts: Uint8Array[] = [];
  #length = 0;
  #kind = -1;
  #next = 1;
  readonly #early = new Map<number, Uint8Array>();
  #earlyBytes = 0;
  /** What the messages that were read last have, all their frames together. */
  messageBytes = 0;
  /** Until the peer is known, it may say no more than hello, in one short frame. */
  isGreeted = false;
  /** What both sides speak, once it is known. */
  version: number = LINK_VERSION_FIRST;

  /** The number that is waited for while later frames are here; undefined when none is. */
  get missing(): number | undefined {
    return this.#early.size === 0 ? undefined : this.#next;
  }

  /**
   * The messages that this frame completes. Throws: ENCODING_INVALID, VERSION_UNSUPPORTED, UNAUTHENTICATED, LIMIT_EXCEEDED;
   * LINK_FAILED when too much was lost on the way.
   */
  read(frame: Uint8Array): LinkMessage[] {
    const [version, head] = frame;
    if (version === undefined || head === undefined) throw invalid('a frame is shorter than its head');
    const kind = head & ~MORE;
    const spoken = kind < NUMBERED_FROM ? LINK_VERSION_FIRST : this.version;
    if (version !== spoken) {
      throw new CausalError(
        'VERSION_UNSUPPORTED',
        `Cannot read the frame: its version is ${version}, spoken is ${spoken}`,
        { version },
      );
    }
    const isShort = kind < NUMBERED_FROM && head === kind && frame.length <= HELLO_BYTES_MAX;
    if (!this.isGreeted && !isShort)
      throw new CausalError('UNAUTHENTICATED', 'Cannot read the frame: its sender has not shown who it is');
    if (KINDS[kind] === undefined) throw invalid('a message is of an unknown kind');
    this.messageBytes = 0;
    if (kind < NUMBERED_FROM) return this.#take(frame, FRAME_HEAD_BYTES);
    const number = new ByteReader(frame, FRAME_HEAD_BYTES).varint();
    if (number === 0) throw invalid('a frame has the number 0');
    if (number > this.#next) this.#keep(number, frame);
    if (number !== this.#next) return [];
    const messages = this.#takeNext(frame);
    for (let next = this.#early.get(this.#next); next !== undefined; next = this.#early.get(this.#next)) {
      this.#early.delete(this.#next);
      this.#earlyBytes -= next.length;
      messages.push(...this.#takeNext(next));
    }
    return messages;
  }

  #keep(number: number, frame: Uint8Array): void {
    if (this.#early.has(number)) return;
    if (this.#early.size >= EARLY_FRAMES_MAX || this.#earlyBytes + frame.length > WORK_BYTES_MAX)
      throw new CausalError('LINK_FAILED', `Cannot go on with the link: frame ${this.#next} was lost on the way`);
    this.#early.set(number, frame);
    this.#earlyBytes += frame.length;
  }

  #takeNext(frame: Uint8Array): LinkMessage[] {
    const headBytes = FRAME_HEAD_BYTES + varintLength(this.#next);
    this.#next += 1;
    return this.#take(frame, headBytes);
  }

  #take(frame: Uint8Array, headBytes: number): LinkMessage[] {
    const head = frame[1] as number; // it was looked at
    const kind = head & ~MORE;
    const isMore = (head & MORE) !== 0;
    if (this.#parts.length > 0 && kind !== this.#kind) throw invalid('a message began before the last one ended');
    if (isMore && frame.length === headBytes) throw invalid('a frame that is not the last is empty');
    this.#kind = kind;
    this.#length += frame.length - headBytes;
    // Parts cost more than their bytes, or a message of tiny ones would take far more than it may.
    const heldBytes = this.#length + (isMore ? (this.#parts.length + 1) * FRAME_COST_BYTES : 0);
    if (heldBytes > MESSAGE_BYTES_MAX)
      throw new CausalError('LIMIT_EXCEEDED', `Cannot read the message: it has over ${MESSAGE_BYTES_MAX} bytes`);
    this.#parts.push(frame.subarray(headBytes));
    if (isMore) return [];
    this.messageBytes += this.#length;
    const body = this.#join();
    const reader = new ByteReader(body);
    const message = readBody(KINDS[kind], reader, body);
    reader.expectEnd();
    return [message];
  }

  #join(): Uint8Array {
    const [first = new Uint8Array()] = this.#parts;
    let joined = first;
    if (this.#parts.length > 1) {
      joined = new Uint8Array(this.#length);
      let at = 0;
      for (const part of this.#parts) {
        joined.set(part, at);
        at += part.length;
      }
    }
    this.#parts = [];
    this.#length = 0;
    return joined;
  }
}

function writeBody(writer: ByteWriter, message: LinkMessage): void {
  switch (message.kind) {
    case 'hello':
      writer.varint(message.versionMin);
      writer.varint(message.versionMax);
      writer.varint(message.frameBytesMax);
      writer.text(message.id);
      writer.text(message.keyspace);
      writer.u8(message.token === undefined ? 0 : 1);
      if (message.token !== undefined) writer.text(message.token);
      return;
    case 'refuse':
      writer.varint(message.versionMin);
      writer.varint(message.versionMax);
      writer.text(message.code);
      writer.text(message.why);
      return;
    case 'exchange':
      writer.varint(message.number * 2 + (message.isMine ? 1 : 0));
      writer.raw(message.frame);
      return;
    case 'stop':
      writer.varint(message.number * 2 + (message.isMine ? 1 : 0));
      writer.text(message.code);
      writer.text(message.why);
      return;
    case 'push':
      writer.raw(message.push);
      return;
    case 'ack':
    case 'want':
      writer.varint(message.number);
      return;
    case 'lost':
    case 'bye':
      writer.text(message.why);
      return;
    case 'ask':
      writer.varint(message.request);
      writer.text(message.key);
      return;
    case 'give':
    case 'record':
      writer.varint(message.request);
      writer.raw(message.record);
      return;
    case 'given':
      writer.varint(message.request);
      for (const count of message.counts) writer.varint(count);
      return;
    case 'failed':
      writer.varint(message.request);
      writer.text(message.code);
      writer.text(message.why);
      return;
    default:
      return;
  }
}

function readBody(kind: LinkMessage['kind'] | undefined, reader: ByteReader, body: Uint8Array): LinkMessage {
  switch (kind) {
    case 'hello':
      return {
        kind,
        versionMin: reader.varint(),
        versionMax: reader.varint(),
        frameBytesMax: reader.varint(),
        id: reader.text(ID_BYTES_MAX),
        keyspace: reader.text(ID_BYTES_MAX),
        token: readFlag(reader) ? reader.text(TOKEN_BYTES_MAX) : undefined,
      };
    case 'refuse':
      return { kind, versionMin: reader.varint(), versionMax: reader.varint(), ...readFailure(reader) };
    case 'exchange':
      return { kind, ...readExchange(reader), frame: readRest(reader, body) };
    case 'stop':
      return { kind, ...readExchange(reader), ...readFailure(reader) };
    case 'push':
      return { kind, push: readRest(reader, body) };
    case 'ack':
    case 'want':
      return { kind, number: reader.varint() };
    case 'lost':
    case 'bye':
      return { kind, why: reader.text(WHY_BYTES_MAX) };
    case 'ask':
      return { kind, request: reader.varint(), key: reader.text(KEY_BYTES_MAX) };
    case 'give':
    case 'record':
      return { kind, request: reader.varint(), record: readRest(reader, body) };
    case 'given':
      return {
        kind,
        request: reader.varint(),
        counts: [reader.varint(), reader.varint(), reader.varint(), reader.varint()],
      };
    case 'failed':
      return { kind, request: reader.varint(), ...readFailure(reader) };
    case 'ping':
    case 'pong':
      return { kind };
    case undefined:
      throw invalid('a message is of an unknown kind');
    default:
      throw invalid(`a message is of an unknown kind ${String(kind satisfies never)}`);
  }
}

function readFlag(reader: ByteReader): boolean {
  const flag = reader.u8();
  if (flag > 1) throw invalid('a flag is neither 0 nor 1');
  return flag === 1;
}

function readFailure(reader: ByteReader): { readonly code: string; readonly why: string } {
  return { code: reader.text(WHY_BYTES_MAX), why: reader.text(WHY_BYTES_MAX) };
}

function readExchange(reader: ByteReader): { readonly number: number; readonly isMine: boolean } {
  const head = reader.varint();
  return { number: Math.floor(head / 2), isMine: head % 2 === 1 };
}

/** The rest of the message, without a copy: nobody else holds its bytes. */
function readRest(reader: ByteReader, body: Uint8Array): Uint8Array {
  const rest = body.subarray(reader.offset);
  reader.take(rest.length);
  return rest;
}

/** The message that refuses a peer, at the beginning of a link or later. */
export function refusalOf(error: unknown): LinkMessage {
  return { kind: 'refuse', versionMin: PROTOCOL_VERSION_MIN, versionMax: PROTOCOL_VERSION, ...failureFor(error) };
}

function invalid(why: string): CausalError {
  return new CausalError('ENCODING_INVALID', `Cannot read from the link: ${why}`);
}
