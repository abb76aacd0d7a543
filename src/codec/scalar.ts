/**
 * The members of a value that hold no others, each as one tag byte and what it needs; shared by the encoding at rest
 * and the encoding of streams, which use tags 0x30 to 0x7f for their own ends. There is one encoding for each scalar,
 * the first of these that fits: 0 to 127 in the tag; safe integers as varints; decimals of up to six places as
 * mantissa and exponent (exact: the quotient is the very same double); a double.
 */

import { VALUE_BYTES_MAX } from '../limits.ts';
import type { ByteReader, ByteWriter } from './bytes.ts';
import { refuseBytes } from './refuse.ts';
import { utf8Length } from './text.ts';
import { noteMutable, type Value } from './value.ts';

export const NULL = 0x00;
export const FALSE = 0x01;
export const TRUE = 0x02;
const DOUBLE = 0x03;
/** Followed by the shortest big-endian bytes of the number itself, or of -1 - n for a negative one. */
const BIGINT = 0x04;
const BIGINT_NEGATIVE = 0x05;
const BYTES = 0x06;
/** Followed by the milliseconds since the epoch as a number. */
export const DATE = 0x07;
const INTEGER = 0x08;
const INTEGER_NEGATIVE = 0x09;
/** Tags 0x0a to 0x0f: a mantissa to be divided by 10 to 10^6. */
const DECIMAL = 0x09;
/** Tags 0x10 to 0x2f: text of 0 to 30 bytes, or longer with a varint of the bytes beyond 31. */
export const TEXT = 0x10;
/** Tags 0x80 to 0xff: the integers 0 to 127. */
export const SMALL = 0x80;

const MANTISSA_MAX: number = 2 ** 47;
const DATE_MAX = 8.64e15;
const POWERS: readonly number[] = [1, 10, 100, 1e3, 1e4, 1e5, 1e6];

/** What the value being read may still take, counted as freezeValue counts, so that what one decoder takes all take. */
let room = 0;

/** Begins to count a value. */
export function openRoom(): void {
  room = VALUE_BYTES_MAX;
}

/** Counts members (10 each) or bytes of text of the value being read. Throws: ENCODING_INVALID when it grows too large. */
export function takeRoom(bytes: number): void {
  room -= bytes;
  if (room < 0) refuseBytes(`a value of more than ${VALUE_BYTES_MAX} bytes`);
}

/** Writes a finite number. */
export function writeNumber(w: ByteWriter, n: number): void {
  if (Number.isSafeInteger(n) && !Object.is(n, -0)) {
    if (n >= 0 && n < 128) {
      w.u8(SMALL + n);
    } else if (n >= 0) {
      w.u8(INTEGER);
      w.varint(n);
    } else {
      w.u8(INTEGER_NEGATIVE);
      w.varint(-1 - n);
    }
    return;
  }
  for (let places = 1; places <= 6; places++) {
    const power = POWERS[places] as number; // six of them
    const mantissa = Math.round(n * power);
    if (mantissa === 0 || mantissa > MANTISSA_MAX || mantissa < -MANTISSA_MAX) continue;
    if (mantissa / power === n) {
      w.u8(DECIMAL + places);
      w.zigzag(mantissa);
      return;
    }
  }
  w.u8(DOUBLE);
  w.f64(n);
}

/** Reads the number of a tag, or answers undefined when the tag is not of a number. */
export function readNumber(r: ByteReader, tag: number): number | undefined {
  if (tag >= SMALL) return tag - SMALL;
  if (tag === INTEGER) {
    const n = r.varint();
    if (n < 128) refuseBytes('a small number in long form');
    return n;
  }
  if (tag === INTEGER_NEGATIVE) {
    const n = -1 - r.varint();
    if (n < -Number.MAX_SAFE_INTEGER) refuseBytes('an integer out of range');
    return n;
  }
  if (tag > DECIMAL && tag < TEXT) {
    const mantissa = r.zigzag();
    // A mantissa in tens has a shorter form; 0 and integers are no decimals.
    if (mantissa % 10 === 0 || mantissa > MANTISSA_MAX || mantissa < -MANTISSA_MAX) refuseBytes('a decimal that has a shorter form');
    return mantissa / (POWERS[tag - DECIMAL] as number); // six of them
  }
  if (tag !== DOUBLE) return undefined;
  const n = r.f64();
  if (!Number.isFinite(n) || !isDouble(n)) refuseBytes('a double that has a shorter form, or is not finite');
  return n;
}

/** True when no shorter form than a double fits. */
function isDouble(n: number): boolean {
  if (Number.isSafeInteger(n)) return Object.is(n, -0);
  for (const power of POWERS) {
    const mantissa = Math.round(n * power);
    if (mantissa <= MANTISSA_MAX && mantissa >= -MANTISSA_MAX && mantissa / power === n) return false;
  }
  return true;
}

/** Writes the head of a text: `tag` (of 32) with its length in bytes from unit `from` on, which is returned. */
export function writeTextHead(w: ByteWriter, tag: number, text: string, from: number): number {
  const byteLength = utf8Length(text, from);
  writeCount(w, tag, 31, byteLength);
  return byteLength;
}

/** Writes a count in a range of tags: below `inTag` in the tag itself, else the last tag and a varint of the rest. */
export function writeCount(w: ByteWriter, tag: number, inTag: number, count: number): void {
  if (count < inTag) {
    w.u8(tag + count);
  } else {
    w.u8(tag + inTag);
    w.varint(count - inTag);
  }
}

/** Reads the count of a tag of such a range; no count is larger than the bytes that are left. */
export function readCount(r: ByteReader, tag: number, base: number, inTag: number): number {
  const count = tag - base < inTag ? tag - base : inTag + r.varint(VALUE_BYTES_MAX);
  if (count > r.remaining) refuseBytes('a length beyond their end');
  return count;
}

/** Writes text as it is. */
export function writeTextLiteral(w: ByteWriter, text: string): void {
  w.utf8(text, 0, writeTextHead(w, TEXT, text, 0));
}

/** Writes a bigint or a byte array. */
export function writeBinary(w: ByteWriter, value: bigint | Uint8Array): void {
  if (typeof value !== 'bigint') {
    w.u8(BYTES);
    w.bytes(value);
    return;
  }
  const magnitude = value < 0n ? -1n - value : value;
  w.u8(value < 0n ? BIGINT_NEGATIVE : BIGINT);
  let digits = magnitude === 0n ? '' : magnitude.toString(16);
  if (digits.length % 2 === 1) digits = `0${digits}`;
  w.varint(digits.length / 2);
  for (let i = 0; i < digits.length; i += 2) w.u8(Number.parseInt(digits.slice(i, i + 2), 16));
}

/** Reads every scalar but numbers and text, or refuses the tag. */
export function readOther(r: ByteReader, tag: number): Value {
  switch (tag) {
    case NULL:
      return null;
    case FALSE:
      return false;
    case TRUE:
      return true;
    case BYTES: {
      const bytes = r.bytes(VALUE_BYTES_MAX);
      takeRoom(bytes.length);
      return noteMutable(bytes);
    }
    case BIGINT:
    case BIGINT_NEGATIVE: {
      const bytes = r.bytes(VALUE_BYTES_MAX);
      takeRoom(bytes.length);
      if (bytes[0] === 0) refuseBytes('a bigint in more bytes than it needs');
      let digits = '0x0';
      for (const byte of bytes) digits += (byte + 0x100).toString(16).slice(1);
      const magnitude = BigInt(digits);
      return tag === BIGINT ? magnitude : -1n - magnitude;
    }
    default:
      refuseBytes(`the unknown tag ${tag}`);
  }
}

/** The Date of a number read from bytes. */
export function readDate(ms: number | undefined): Date {
  if (ms === undefined || !Number.isInteger(ms) || Object.is(ms, -0) || Math.abs(ms) > DATE_MAX) refuseBytes('a Date out of range');
  return noteMutable(new Date(ms));
}
