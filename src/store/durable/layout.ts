/**
 * Where a durable store keeps what in the engine's ordered bytes, as docs/protocol.md says. The first byte of a key is
 * its kind; every value but that of a dot begins with the format version and ends with a checksum over the key too, so
 * that bytes in the wrong place are not taken for the right ones.
 */

import { ByteReader, ByteWriter } from '../../codec/bytes.ts';
import { crc32 } from '../../codec/checksum.ts';
import { readUtf8, utf8Length, writeUtf8 } from '../../codec/text.ts';
import { CausalError } from '../../errors.ts';
import type { ByteEntry, ByteRange } from '../../storage/storage.ts';

/** The format of everything a store writes; older ones are read too. */
export const STORED_FORMAT = 1;

export const KIND = { damaged: 0x64, dot: 0x65, id: 0x69, meta: 0x6d, record: 0x72 } as const;
type Kind = (typeof KIND)[keyof typeof KIND];

const CHECKSUM_BYTES = 4;
const NUMBER_BYTES = 4;
const COUNTER_BYTES = 7;
/** What a writer of entries keeps between two commits. */
const WRITER_BYTES = 64 * 1024;

/** Every key of a kind. */
export function rangeOf(kind: Kind): ByteRange {
  return { from: Uint8Array.of(kind), to: Uint8Array.of(kind + 1) };
}

/** Every key of a store. */
export const EVERYTHING: ByteRange = { from: Uint8Array.of(KIND.damaged), to: Uint8Array.of(KIND.record + 1) };

/** A key of a kind that names text. */
export function textKey(kind: Kind, text: string): Uint8Array {
  const bytes = new Uint8Array(1 + utf8Length(text));
  bytes[0] = kind;
  writeUtf8(text, bytes, 1);
  return bytes;
}

/** The text that a key names. Throws: ENCODING_INVALID. */
export function textOf(key: Uint8Array): string {
  return readUtf8(key, 1, key.length);
}

/** The key of the number of an id: the dictionary of ids. */
export function idKey(number: number): Uint8Array {
  const key = new Uint8Array(1 + NUMBER_BYTES);
  key[0] = KIND.id;
  writeBigEndian(key, 1, NUMBER_BYTES, number);
  return key;
}

/** The number in the key of an id or a dot. */
export function numberOf(key: Uint8Array): number {
  return readBigEndian(key, 1, NUMBER_BYTES);
}

/** The key of a current dot; its value is the key of the store that holds it. */
export function dotKey(number: number, counter: number): Uint8Array {
  const key = new Uint8Array(1 + NUMBER_BYTES + COUNTER_BYTES);
  key[0] = KIND.dot;
  writeBigEndian(key, 1, NUMBER_BYTES, number);
  writeBigEndian(key, 1 + NUMBER_BYTES, COUNTER_BYTES, counter);
  return key;
}

/** The counter in the key of a dot. */
export function counterOf(key: Uint8Array): number {
  return readBigEndian(key, 1 + NUMBER_BYTES, COUNTER_BYTES);
}

/** The sealed value of `key`: the format version, what `write` writes, the checksum. */
export function seal(key: Uint8Array, write: (writer: ByteWriter) => void): Uint8Array {
  const writer = new ByteWriter();
  writer.u8(STORED_FORMAT);
  write(writer);
  const sum = crc32(key);
  // Room first, then the sum over what is before it.
  for (let at = 0; at < CHECKSUM_BYTES; at += 1) writer.u8(0);
  const sealed = writer.finish();
  const body = sealed.length - CHECKSUM_BYTES;
  writeBigEndian(sealed, body, CHECKSUM_BYTES, crc32(sealed, sum, 0, body));
  return sealed;
}

/**
 * The entries of one commit, in one piece of memory of which every key and value is a view. Measured: of each small
 * array that has memory of its own the engines make one more before they can look at it, which took longer than all
 * that is done here. A key lies before its value, so that the checksum is taken over both at once.
 */
export class EntryWriter {
  #writer = new ByteWriter(WRITER_BYTES);
  /** Offsets: where a key begins and ends, where its value does; the latter equal for a key to delete. */
  #spans: number[] = [];
  #textFrom = 0;
  #textTo = 0;

  /** Begins a sealed entry; what is written then until `endSealed` is its value. */
  beginSealed(kind: Kind, text: string): ByteWriter {
    const writer = this.#writer;
    this.#writeTextKey(kind, text);
    writer.u8(STORED_FORMAT);
    return writer;
  }

  endSealed(): void {
    // Room for the checksum.
    for (let at = 0; at < CHECKSUM_BYTES; at += 1) this.#writer.u8(0);
    this.#spans.push(this.#textFrom - 1, this.#textTo, this.#textTo, this.#writer.length);
  }

  /** The entry of the index for a dot of the record that was written last. */
  putDot(number: number, counter: number): void {
    const from = this.#writeDotKey(number, counter);
    this.#spans.push(from, this.#writer.length, this.#textFrom, this.#textTo);
  }

  deleteDot(number: number, counter: number): void {
    const from = this.#writeDotKey(number, counter);
    this.#spans.push(from, this.#writer.length, 0, 0);
  }

  deleteText(kind: Kind, text: string): void {
    this.#writeTextKey(kind, text);
    this.#spans.push(this.#textFrom - 1, this.#textTo, 0, 0);
  }

  /** Adds what was written to a commit, and begins anew. */
  finish(puts: ByteEntry[], deletes: Uint8Array[]): void {
    const bytes = this.#writer.finish();
    const spans = this.#spans;
    for (let at = 0; at < spans.length; at += 4) {
      const [from = 0, to = 0, valueFrom = 0, valueTo = 0] = [spans[at], spans[at + 1], spans[at + 2], spans[at + 3]];
      const key = bytes.subarray(from, to);
      if (valueTo === 0) {
        deletes.push(key);
        continue;
      }
      if (valueFrom === to) {
        const body = valueTo - CHECKSUM_BYTES;
        writeBigEndian(bytes, body, CHECKSUM_BYTES, crc32(bytes, 0, from, body));
      }
      puts.push([key, bytes.subarray(valueFrom, valueTo)]);
    }
    this.reset();
  }

  /** Forgets what was written. */
  reset(): void {
    if (this.#writer.length > WRITER_BYTES) this.#writer = new ByteWriter(WRITER_BYTES);
    else this.#writer.reset();
    this.#spans = [];
  }

  #writeTextKey(kind: Kind, text: string): void {
    const writer = this.#writer;
    const byteLength = utf8Length(text);
    writer.u8(kind);
    this.#textFrom = writer.length;
    writer.utf8(text, 0, byteLength);
    this.#textTo = writer.length;
  }

  #writeDotKey(number: number, counter: number): number {
    const writer = this.#writer;
    const from = writer.length;
    const high = Math.floor(counter / 0x1_0000_0000);
    writer.u8(KIND.dot);
    for (let shift = 24; shift >= 0; shift -= 8) writer.u8((number >>> shift) & 255);
    for (let shift = 16; shift >= 0; shift -= 8) writer.u8((high >>> shift) & 255);
    for (let shift = 24; shift >= 0; shift -= 8) writer.u8((counter >>> shift) & 255);
    return from;
  }
}

/** Reads what `seal` wrote. Throws: RECORD_CORRUPT; VERSION_UNSUPPORTED for a newer format. */
export function unseal<R>(key: Uint8Array, sealed: Uint8Array, read: (reader: ByteReader) => R): R {
  const body = sealed.length - CHECKSUM_BYTES;
  if (body < 1 || crc32(sealed, crc32(key), 0, body) !== readBigEndian(sealed, body, CHECKSUM_BYTES)) {
    throw corrupt(key, 'its checksum does not fit');
  }
  const [format] = sealed;
  if (format !== STORED_FORMAT) {
    throw new CausalError(
      'VERSION_UNSUPPORTED',
      `Cannot read the store: it is of format ${format}, this release reads ${STORED_FORMAT}`,
      { format },
    );
  }
  try {
    const reader = new ByteReader(sealed, 1, body);
    const result = read(reader);
    reader.expectEnd();
    return result;
  } catch (cause) {
    if (cause instanceof CausalError && cause.code === 'ENCODING_INVALID') throw corrupt(key, cause.message, cause);
    throw cause;
  }
}

/** The error for stored bytes that are not what was written. */
export function corrupt(key: Uint8Array, why: string, cause?: unknown): CausalError {
  const isRecord = key[0] === KIND.record;
  const name = isRecord ? `the record of ${JSON.stringify(nameOf(key))}` : 'what the store knows of itself';
  const advice = isRecord ? 'exchange with a healthy peer' : 'restore a backup, or begin anew in an empty place';
  return new CausalError('RECORD_CORRUPT', `Cannot read ${name}: ${why}, ${advice}`, {}, cause);
}

function nameOf(key: Uint8Array): string {
  try {
    return textOf(key);
  } catch {
    return String(key);
  }
}

function writeBigEndian(bytes: Uint8Array, from: number, length: number, n: number): void {
  let rest = n;
  for (let at = from + length - 1; at >= from; at -= 1) {
    bytes[at] = rest % 256;
    rest = Math.floor(rest / 256);
  }
}

function readBigEndian(bytes: Uint8Array, from: number, length: number): number {
  let n = 0;
  for (let at = from; at < from + length; at += 1) n = n * 256 + (bytes[at] ?? 0);
  return n;
}
