/**
 * What values and streams of records write beside the parts that every format has: signed numbers, doubles, bytes with
 * their length; and the comparing of bytes read. Apart from bytes.ts, because a store in memory loads only that.
 */

import { copyBytes } from './byte-arrays.ts';
import type { ByteReader, ByteWriter } from './bytes.ts';
import { refuseBytes } from './refuse.ts';

const doubleBytes = new Uint8Array(8);
const doubleView = new DataView(doubleBytes.buffer);

/** A signed integer, small ones of either sign in few bytes. Throws: RangeError beyond 2^52. */
export function writeZigzag(w: ByteWriter, n: number): void {
  w.varint(n < 0 ? -2 * n - 1 : 2 * n);
}

/** The integer that writeZigzag wrote. */
export function readZigzag(r: ByteReader): number {
  const n = r.varint();
  if (n <= 0x7fffffff) return (n >>> 1) ^ -(n & 1);
  return n % 2 === 0 ? n / 2 : -(n + 1) / 2;
}

/** A double in eight bytes, low byte first. */
export function writeDouble(w: ByteWriter, n: number): void {
  doubleView.setFloat64(0, n, true);
  w.raw(doubleBytes);
}

/** A double; refuses what is not finite. */
export function readDouble(r: ByteReader): number {
  const from = r.take(8);
  for (let i = 0; i < 8; i++) doubleBytes[i] = r.source[from + i] as number; // in bounds: taken
  const n = doubleView.getFloat64(0, true);
  if (!Number.isFinite(n)) refuseBytes('a number that is not finite');
  return n;
}

/** The length as a varint, then the bytes. */
export function writeBytes(w: ByteWriter, bytes: Uint8Array): void {
  w.varint(bytes.length);
  w.raw(bytes);
}

/** A length of at most `max` as a varint, then a copy of that many bytes. */
export function readBytes(r: ByteReader, max: number): Uint8Array {
  return readRaw(r, r.varint(max));
}

/** A copy of the next `length` bytes. */
export function readRaw(r: ByteReader, length: number): Uint8Array {
  return bytesSince(r, r.take(length));
}

/** A copy of the bytes read since offset `from`. */
export function bytesSince(r: ByteReader, from: number): Uint8Array {
  return copyBytes(r.source, from, r.offset);
}

/** True when the bytes read since offset `from` are just those that were written. */
export function hasRead(r: ByteReader, from: number, written: ByteWriter): boolean {
  return written.length === r.offset - from && holdsAt(r.source, from, written.view());
}

/** Skips `bytes` if they come next. */
export function skipBytes(r: ByteReader, bytes: Uint8Array): boolean {
  const isNext = bytes.length <= r.remaining && holdsAt(r.source, r.offset, bytes);
  if (isNext) r.take(bytes.length);
  return isNext;
}

function holdsAt(source: Uint8Array, from: number, bytes: Uint8Array): boolean {
  for (let i = 0; i < bytes.length; i++) if (source[from + i] !== bytes[i]) return false;
  return true;
}
