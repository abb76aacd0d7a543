/**
 * Where a durable store keeps what in the engine's ordered bytes, as docs/protocol.md says. The first byte of a key is
 * its kind; every value begins with the format version and ends with a checksum over the key too, so that bytes in the
 * wrong place are not taken for the right ones.
 */

import { ByteReader, ByteWriter } from '../../codec/bytes.ts';
import { crc32 } from '../../codec/checksum.ts';
import { readUtf8, utf8Length, writeUtf8 } from '../../codec/text.ts';
import { CausalError } from '../../errors.ts';
import type { ByteRange } from '../../storage/storage.ts';

/** The format of everything a store writes; older ones are read too. */
export const STORED_FORMAT = 3;

export const KIND = { damaged: 0x64, id: 0x69, names: 0x6a, meta: 0x6d, record: 0x72 } as const;
export type Kind = (typeof KIND)[keyof typeof KIND];
/** What format 1 had in the place of names: an entry for each current dot, with the key that holds it, not sealed. */
export const DOT_OF_FORMAT_1 = 0x65;

export const CHECKSUM_BYTES = 4;
const NUMBER_BYTES = 4;
const COUNTER_BYTES = 7;
const PART_BYTES = 4;

/** Every key of a kind. */
export function rangeOf(kind: Kind | typeof DOT_OF_FORMAT_1): ByteRange {
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

/** Where names lie that the commit of that sequence wrote, or one before it: their order is that of their keys. */
export function namesKey(sequence: number, part: number): Uint8Array {
  const key = new Uint8Array(1 + COUNTER_BYTES + PART_BYTES);
  key[0] = KIND.names;
  writeBigEndian(key, 1, COUNTER_BYTES, sequence);
  writeBigEndian(key, 1 + COUNTER_BYTES, PART_BYTES, part);
  return key;
}

/** The sequence and the part in the key of names. */
export function placeOfNames(key: Uint8Array): { readonly sequence: number; readonly part: number } {
  const sequence = readBigEndian(key, 1, COUNTER_BYTES);
  return { sequence, part: readBigEndian(key, 1 + COUNTER_BYTES, PART_BYTES) };
}

/** The counter in the key of a dot of format 1, after the number of its id. */
export function counterOf(key: Uint8Array): number {
  return readBigEndian(key, 1 + NUMBER_BYTES, COUNTER_BYTES);
}

const KEPT_BYTES_MAX = 65_536;
/** What is sealed is written here first: a buffer of its own takes longer to make than most of it to write. */
let scratch = new ByteWriter();

/** The sealed value of `key`: the format version, what `write` writes, the checksum. */
export function seal(key: Uint8Array, write: (writer: ByteWriter) => void): Uint8Array {
  const writer = scratch;
  writer.reset();
  writer.u8(STORED_FORMAT);
  write(writer);
  const sum = crc32(key);
  // Room first, then the sum over what is before it.
  for (let at = 0; at < CHECKSUM_BYTES; at += 1) writer.u8(0);
  const sealed = writer.finish();
  if (sealed.length > KEPT_BYTES_MAX) scratch = new ByteWriter();
  const body = sealed.length - CHECKSUM_BYTES;
  writeBigEndian(sealed, body, CHECKSUM_BYTES, crc32(sealed, sum, 0, body));
  return sealed;
}

/** Reads what `seal` wrote in this or an older format. Throws: RECORD_CORRUPT; VERSION_UNSUPPORTED for a newer one. */
export function unseal<R>(key: Uint8Array, sealed: Uint8Array, read: (reader: ByteReader, format: number) => R): R {
  const body = sealed.length - CHECKSUM_BYTES;
  if (body < 1 || crc32(sealed, crc32(key), 0, body) !== readBigEndian(sealed, body, CHECKSUM_BYTES)) {
    throw corrupt(key, 'its checksum does not fit');
  }
  const [format = 0] = sealed;
  if (format === 0 || format > STORED_FORMAT) {
    throw new CausalError(
      'VERSION_UNSUPPORTED',
      `Cannot read the store: it is of format ${format}, this release reads up to ${STORED_FORMAT}`,
      { format },
    );
  }
  try {
    const reader = new ByteReader(sealed, 1, body);
    const result = read(reader, format);
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

/** Writes a number into `length` bytes, high byte first. */
export function writeBigEndian(bytes: Uint8Array, from: number, length: number, n: number): void {
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
