/**
 * The tags with which every member of an encoded value begins, and the members that hold no others. Of the forms of a
 * number a writer takes the first that fits: 0 to 127 in the tag; safe integers as a varint, or as the difference to
 * the last integer of the same slot where that is shorter; decimals of up to six places as mantissa and exponent (the
 * quotient must be the very same double); a double.
 */

import { VALUE_BYTES_MAX } from '../limits.ts';
import { varintLength } from './byte-arrays.ts';
import type { ByteReader, ByteWriter } from './bytes.ts';
import { readBytes, readDouble, readZigzag, writeDouble, writeZigzag } from './parts.ts';
import { refuseBytes } from './refuse.ts';
import { noteMutable, type Value } from './value.ts';

export const NULL = 0x00;
export const FALSE = 0x01;
export const TRUE = 0x02;
const DOUBLE = 0x03;
const DIFFERENCE = 0x04;
/** Text of hexadecimal digits, with a minus before them. */
export const BIGINT = 0x05;
export const BYTES = 0x06;
/** Followed by the milliseconds since the epoch as a number. */
export const DATE = 0x07;
const INTEGER = 0x08;
/** Followed by -1 - n. */
const INTEGER_NEGATIVE = 0x09;
/** Tags 0x0a to 0x0f: a mantissa, to be divided by 10 to 10^6. */
const DECIMAL = 0x09;
/** Tags 0x10 to 0x2f: text, below 31 bytes in the tag. */
export const TEXT = 0x10;
/** Tags 0x30 to 0x3f: arrays, below 15 members in the tag. */
export const ARRAY = 0x30;
/** Tags 0x40 to 0x4f: an object of a shape that was sent, below 15 in the tag. */
export const SHAPE = 0x40;
/** An object of a shape that both sides add to those they know; its names come first. */
export const SHAPE_NEW = 0x50;
/** An object with its names, of a shape that is not remembered. */
export const OBJECT = 0x51;
/** A text of the cache, by its place there. */
export const CACHED = 0x52;
/** Tags 0x60 to 0x7f: text that begins as the last text of its slot, below 31 further bytes in the tag. */
export const PREFIXED = 0x60;
/** Tags 0x80 to 0xff: the integers 0 to 127. */
export const SMALL = 0x80;

const MANTISSA_MAX: number = 2 ** 47;

/** Writes a finite number; `slot` holds the last integer that was in its place. */
export function writeNumber(w: ByteWriter, n: number, slot: { integer: number }): void {
  if (!Number.isSafeInteger(n) || Object.is(n, -0)) {
    for (let places = 1, power = 10; places <= 6; places++, power *= 10) {
      const mantissa = Math.round(n * power);
      if (mantissa / power === n && mantissa !== 0 && Math.abs(mantissa) <= MANTISSA_MAX) {
        w.u8(DECIMAL + places);
        writeZigzag(w, mantissa);
        return;
      }
    }
    w.u8(DOUBLE);
    writeDouble(w, n);
    return;
  }
  const difference = n - slot.integer;
  slot.integer = n;
  if (n >= 0 && n < 128) {
    w.u8(SMALL + n);
    return;
  }
  const plain = n < 0 ? -1 - n : n;
  if (varintLength(Math.abs(difference) * 2) < varintLength(plain)) {
    w.u8(DIFFERENCE);
    writeZigzag(w, difference);
  } else {
    w.u8(n < 0 ? INTEGER_NEGATIVE : INTEGER);
    w.varint(plain);
  }
}

/** Reads the number that `tag` begins, or answers undefined when it begins something else. */
export function readNumber(r: ByteReader, tag: number, slot: { integer: number }): number | undefined {
  let n: number;
  if (tag >= SMALL) {
    n = tag - SMALL;
  } else if (tag === DIFFERENCE) {
    n = slot.integer + readZigzag(r);
  } else if (tag === INTEGER) {
    n = r.varint();
  } else if (tag === INTEGER_NEGATIVE) {
    n = -1 - r.varint();
  } else if (tag > DECIMAL && tag < TEXT) {
    return readZigzag(r) / 10 ** (tag - DECIMAL);
  } else {
    return tag === DOUBLE ? readDouble(r) : undefined;
  }
  if (!Number.isSafeInteger(n)) refuseBytes('an integer out of range');
  slot.integer = n;
  return n;
}

/** Writes a count below `inTag` in the tag itself, else the last tag of the range and a varint of the rest. */
export function writeCount(w: ByteWriter, tag: number, inTag: number, count: number): void {
  w.u8(tag + Math.min(inTag, count));
  if (count >= inTag) w.varint(count - inTag);
}

/** Reads the count that `tag` begins, in a range of tags from `base` on. */
export function readCount(r: ByteReader, tag: number, base: number, inTag: number): number {
  return tag < base + inTag ? tag - base : inTag + r.varint(VALUE_BYTES_MAX);
}

/** Reads what is neither a number nor text nor a container, nor a Date. */
export function readOther(r: ByteReader, tag: number): Value {
  switch (tag) {
    case NULL:
      return null;
    case FALSE:
      return false;
    case TRUE:
      return true;
    case BYTES:
      return noteMutable(readBytes(r, VALUE_BYTES_MAX));
    case BIGINT: {
      const digits = r.text(2 * VALUE_BYTES_MAX);
      if (!/^-?[\da-f]+$/.test(digits)) refuseBytes('a bigint that is no number');
      const magnitude = BigInt(`0x${digits.replace('-', '')}`);
      return digits.startsWith('-') ? -magnitude : magnitude;
    }
    default:
      refuseBytes(`a tag that means nothing here, ${tag}`);
  }
}

/** The Date of so many milliseconds. */
export function readDate(ms: number | undefined): Date {
  const date = new Date(ms ?? Number.NaN);
  if (Number.isNaN(date.getTime())) refuseBytes('a Date out of range');
  return noteMutable(date);
}
