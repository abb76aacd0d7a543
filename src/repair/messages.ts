/**
 * The messages of an exchange and their bytes, as docs/protocol.md gives them. A message is cut into frames of bounded
 * size; the first byte of every frame is the protocol version, so that a peer of any release can read a refusal. This
 * file knows shapes and limits, not what an exchange does with them.
 */

import { assert } from '../assert.ts';
import { checkReplicaId } from '../clock/dot.ts';
import type { DotSet } from '../clock/dot-set.ts';
import { readDotSet, writeDotSet } from '../clock/encoding.ts';
import { VectorClock } from '../clock/vector-clock.ts';
import { ByteReader, ByteWriter } from '../codec/bytes.ts';
import { type Hash64, hashBytes } from '../codec/hash.ts';
import { readRaw } from '../codec/parts.ts';
import { CausalError } from '../errors.ts';
import { ID_BYTES_MAX, MESSAGE_BYTES_MAX } from '../limits.ts';
import type { Met } from '../store/membership.ts';

/** The newest version of the protocol that this release speaks, and the oldest. */
export const PROTOCOL_VERSION = 2;
export const PROTOCOL_VERSION_MIN = 1;
/** A refusal is of this version whatever its sender speaks. */
const REFUSAL_VERSION = 1;
const FRAME_HEAD_BYTES = 2;
const MORE = 0x80;

/** What a side has seen and reaped. */
export type Clocks = { readonly seen: DotSet; readonly reaped: VectorClock };

/**
 * `isReply`: the sender already knew the receiver's clocks. `takesOnly`: the sender gives no records and wants no
 * commitment. Without clocks, `seenHash` stands for them; with them, only the low half of the live hash is sent, which
 * is enough to notice what the next hello without clocks compares whole. `isDamaged`: records were lost at the sender, so
 * its clock must not be adopted, and what it does not hold is no delete.
 */
export type Hello = {
  readonly kind: 'hello';
  readonly id: string;
  readonly takesOnly: boolean;
  readonly isReply: boolean;
  readonly isDamaged: boolean;
  /** Drawn by the sender when it was opened; 0 for a store in memory. */
  readonly life: number;
  /** How the sender met the receiver last; in version 1 the counter is not told, and 0. */
  readonly met: ({ readonly id: string } & Met) | undefined;
  readonly live: Hash64;
  /** The sum of the marks of what the live hash counts; not in version 1. */
  readonly marks: number | undefined;
  readonly seenHash: Hash64 | undefined;
  readonly clocks: Clocks | undefined;
};

export type Message =
  | Hello
  | { readonly kind: 'equal'; readonly id: string }
  | { readonly kind: 'clocks'; readonly clocks: Clocks; readonly isReply: boolean }
  /** `clocks` when they changed since the hello; `body` is read by a RecordReader. */
  | {
      readonly kind: 'records';
      readonly isLast: boolean;
      readonly clocks: Clocks | undefined;
      readonly body: Uint8Array;
    }
  | { readonly kind: 'ranges'; readonly body: Uint8Array }
  | { readonly kind: 'commit'; readonly isIntact: boolean }
  | { readonly kind: 'refuse'; readonly versionMax: number };

const KINDS: readonly Message['kind'][] = ['hello', 'equal', 'clocks', 'records', 'ranges', 'commit', 'refuse'];

/** The head byte of a refusal, in this and every later version of the protocol. */
const REFUSE = 6;

/** The frames of a message, each of at most `frameBytesMax` bytes. */
export function encodeFrames(
  message: Message,
  frameBytesMax: number,
  version: number = PROTOCOL_VERSION,
): Uint8Array[] {
  const body = encodeBody(message, version);
  const kind = KINDS.indexOf(message.kind);
  const room = frameBytesMax - FRAME_HEAD_BYTES;
  const frames: Uint8Array[] = [];
  for (let from = 0; from === 0 || from < body.length; from += room) {
    const chunk = body.subarray(from, from + room);
    const frame = new Uint8Array(FRAME_HEAD_BYTES + chunk.length);
    frame[0] = kind === REFUSE ? REFUSAL_VERSION : version;
    frame[1] = from + room < body.length ? kind | MORE : kind;
    frame.set(chunk, FRAME_HEAD_BYTES);
    frames.push(frame);
  }
  return frames;
}

/**
 * Puts frames together again; gives a message for the last frame of each. `mayFollow`: the first frame may be of an older
 * version, which is spoken from then on. Throws: VERSION_UNSUPPORTED and others.
 */
export class FrameReader {
  readonly #frameBytesMax: number;
  #version: number;
  /** Set until something was read or sent. */
  mayFollow: boolean;
  #chunks: Uint8Array[] = [];
  #length = 0;
  #kind = -1;

  constructor(frameBytesMax: number, version: number = PROTOCOL_VERSION, mayFollow = false) {
    this.#frameBytesMax = frameBytesMax;
    this.#version = version;
    this.mayFollow = mayFollow;
  }

  /** The version of the protocol that is spoken. */
  get version(): number {
    return this.#version;
  }

  read(frame: Uint8Array): Message | undefined {
    if (frame.length > this.#frameBytesMax)
      throw invalid(`a frame has ${frame.length} bytes, the limit is ${this.#frameBytesMax}`);
    const [version, head] = frame;
    if (version === undefined || head === undefined) throw invalid('a frame is shorter than its head');
    const isRefusal = head === REFUSE;
    if (this.mayFollow && version >= PROTOCOL_VERSION_MIN && version < this.#version) this.#version = version;
    this.mayFollow = false;
    if (version !== (isRefusal ? REFUSAL_VERSION : this.#version)) {
      throw new CausalError(
        'VERSION_UNSUPPORTED',
        `Cannot read the frame: its protocol version is ${version}, spoken is ${this.#version}`,
        { version, isRefusal },
      );
    }
    const kind = head & ~MORE;
    if (this.#chunks.length > 0 && kind !== this.#kind) throw invalid('a message began before the last one ended');
    this.#kind = kind;
    this.#length += frame.length - FRAME_HEAD_BYTES;
    if (this.#length > MESSAGE_BYTES_MAX) throw invalid(`a message has over ${MESSAGE_BYTES_MAX} bytes`);
    const isMore = (head & MORE) !== 0;
    if (isMore && frame.length === FRAME_HEAD_BYTES)
      throw invalid('a frame that is not the last of its message is empty');
    this.#chunks.push(frame.subarray(FRAME_HEAD_BYTES));
    if (isMore) return undefined;
    const body = this.#chunks.length === 1 ? frame.subarray(FRAME_HEAD_BYTES) : join(this.#chunks, this.#length);
    this.#chunks = [];
    this.#length = 0;
    return decodeBody(kind, body, this.#version);
  }
}

function encodeBody(message: Message, version: number): Uint8Array {
  const writer = new ByteWriter();
  switch (message.kind) {
    case 'hello':
      writer.u8(
        (message.clocks === undefined ? 0 : 1) |
          (message.takesOnly ? 2 : 0) |
          (message.isReply ? 4 : 0) |
          (message.isDamaged ? 8 : 0) |
          (message.life === 0 ? 0 : 16) |
          (message.met === undefined ? 0 : 32),
      );
      if (message.clocks !== undefined) writeClocks(writer, message.clocks);
      writeIdAmong(writer, message.id, message.clocks?.seen.ids() ?? []);
      if (message.life !== 0) writeLane(writer, message.life);
      if (message.met !== undefined) {
        writeIdAmong(writer, message.met.id, message.clocks?.seen.ids() ?? []);
        writeLane(writer, message.met.life);
        if (version > 1) writer.varint(message.met.counter);
      }
      if (message.seenHash === undefined) {
        writeLane(writer, message.live.lo);
      } else {
        writeHash(writer, message.seenHash);
        writeHash(writer, message.live);
      }
      if (version > 1) writeLane(writer, message.marks ?? 0);
      break;
    case 'equal':
      writer.text(message.id);
      break;
    case 'clocks':
      writer.u8(message.isReply ? 1 : 0);
      writeClocks(writer, message.clocks);
      break;
    case 'records':
      writer.u8((message.isLast ? 1 : 0) | (message.clocks === undefined ? 0 : 2));
      if (message.clocks !== undefined) writeClocks(writer, message.clocks);
      writer.raw(message.body);
      break;
    case 'ranges':
      return message.body;
    case 'commit':
      writer.u8(message.isIntact ? 1 : 0);
      break;
    case 'refuse':
      writer.u8(message.versionMax);
      break;
  }
  return writer.finish();
}

function decodeBody(kind: number, body: Uint8Array, version: number): Message {
  const reader = new ByteReader(body);
  const message = decodeFields(KINDS[kind], reader, version);
  reader.expectEnd();
  return message;
}

function decodeFields(kind: Message['kind'] | undefined, reader: ByteReader, version: number): Message {
  switch (kind) {
    case 'hello': {
      const flags = readFlags(reader, 63);
      const hasClocks = (flags & 1) !== 0;
      const clocks = hasClocks ? readClocks(reader) : undefined;
      const ids = clocks?.seen.ids() ?? [];
      const id = readIdAmong(reader, ids);
      const life = (flags & 16) === 0 ? 0 : readLife(reader);
      const met = (flags & 32) === 0 ? undefined : readMet(reader, ids, version);
      const seenHash = hasClocks ? undefined : readHash(reader);
      const live = hasClocks ? { hi: 0, lo: readLane(reader) } : readHash(reader);
      const marks = version > 1 ? readLane(reader) : undefined;
      return {
        kind,
        id,
        takesOnly: (flags & 2) !== 0,
        isReply: (flags & 4) !== 0,
        isDamaged: (flags & 8) !== 0,
        life,
        met,
        live,
        marks,
        seenHash,
        clocks,
      };
    }
    case 'equal':
      return { kind, id: readId(reader) };
    case 'clocks':
      return { kind, isReply: readFlags(reader, 1) === 1, clocks: readClocks(reader) };
    case 'records': {
      const flags = readFlags(reader, 3);
      const clocks = (flags & 2) === 0 ? undefined : readClocks(reader);
      return { kind, isLast: (flags & 1) !== 0, clocks, body: readRaw(reader, reader.remaining) };
    }
    case 'ranges':
      return { kind, body: readRaw(reader, reader.remaining) };
    case 'commit':
      return { kind, isIntact: readFlags(reader, 1) === 1 };
    case 'refuse':
      return { kind, versionMax: reader.u8() };
    case undefined:
      throw invalid('a message is of no known kind');
  }
}

/** `seen`, then the entries of `reaped`, each with the place of its id among those of `seen`, which has them all. */
function writeClocks(writer: ByteWriter, { seen, reaped }: Clocks): void {
  writeDotSet(writer, seen);
  const ids = seen.ids();
  writer.varint(reaped.size);
  let last = -1;
  for (const [id, counter] of reaped) {
    const at = ids.indexOf(id, last + 1);
    assert(at > last, `"${id}" was reaped but never seen`);
    writer.varint(at - last - 1);
    writer.varint(counter);
    last = at;
  }
}

function readClocks(reader: ByteReader): Clocks {
  const seen = readDotSet(reader);
  const ids = seen.ids();
  const entries: [id: string, counter: number][] = [];
  const count = reader.varint(ids.length);
  let last = -1;
  while (entries.length < count) {
    last += reader.varint() + 1;
    const id = ids[last];
    const counter = reader.varint();
    if (id === undefined || !seen.has(id, counter)) throw invalid('a reaped dot was never seen');
    entries.push([id, counter]);
  }
  return { seen, reaped: VectorClock.of(entries) };
}

/** The place of the id among `ids`, counted from 1; or 0 and its text. */
function writeIdAmong(writer: ByteWriter, id: string, ids: readonly string[]): void {
  const place = ids.indexOf(id) + 1;
  writer.varint(place);
  if (place === 0) writer.text(id);
}

function readIdAmong(reader: ByteReader, ids: readonly string[]): string {
  const place = reader.varint(ids.length);
  if (place > 0) return ids[place - 1] as string; // place ≤ length
  const id = readId(reader);
  if (ids.includes(id)) throw invalid('a replica id is spelt out where its place would do');
  return id;
}

/** What stands for `seen` in a hello without clocks. */
export function seenHashOf(seen: DotSet): Hash64 {
  const writer = new ByteWriter();
  writeDotSet(writer, seen);
  return hashBytes(writer.finish());
}

/** Whether both lanes are the same. */
export function sameHash(left: Hash64 | undefined, right: Hash64): boolean {
  return left?.hi === right.hi && left.lo === right.lo;
}

/** Eight bytes, high lane and high byte first. */
export function writeHash(writer: ByteWriter, hash: Hash64): void {
  writeLane(writer, hash.hi);
  writeLane(writer, hash.lo);
}

/** Four bytes, high byte first. */
export function writeLane(writer: ByteWriter, lane: number): void {
  for (let shift = 24; shift >= 0; shift -= 8) writer.u8((lane >>> shift) & 255);
}

/** Reads what writeHash wrote. */
export function readHash(reader: ByteReader): Hash64 {
  return { hi: readLane(reader), lo: readLane(reader) };
}

/** Reads what writeLane wrote. */
export function readLane(reader: ByteReader): number {
  return ((reader.u8() << 24) | (reader.u8() << 16) | (reader.u8() << 8) | reader.u8()) >>> 0;
}

function readMet(reader: ByteReader, ids: readonly string[], version: number): Hello['met'] {
  const id = readIdAmong(reader, ids);
  const life = readLife(reader);
  return { id, life, counter: version > 1 ? reader.varint() : 0 };
}

function readLife(reader: ByteReader): number {
  const life = readLane(reader);
  if (life === 0) throw invalid('a life is 0');
  return life;
}

function readFlags(reader: ByteReader, max: number): number {
  const flags = reader.u8();
  if (flags > max) throw invalid(`a message has the flags ${flags}, known are 0 to ${max}`);
  return flags;
}

function readId(reader: ByteReader): string {
  const id = reader.text(ID_BYTES_MAX);
  try {
    checkReplicaId(id);
  } catch (cause) {
    throw new CausalError('ENCODING_INVALID', 'Cannot read the message: a replica id is empty', {}, cause);
  }
  return id;
}

function join(chunks: readonly Uint8Array[], length: number): Uint8Array {
  const whole = new Uint8Array(length);
  let at = 0;
  for (const chunk of chunks) {
    whole.set(chunk, at);
    at += chunk.length;
  }
  return whole;
}

function invalid(why: string): CausalError {
  return new CausalError('ENCODING_INVALID', `Cannot read the message: ${why}`);
}
