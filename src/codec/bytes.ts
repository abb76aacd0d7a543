/**
 * Writing and reading bytes: fixed bytes, varints, doubles and text, one way to write each. What a reader accepts, a
 * writer writes back byte for byte; everything else is refused with ENCODING_INVALID, and every length is checked
 * against what is left before anything is allocated. Knows nothing of what the bytes mean.
 *
 * Varints are LEB128 over 0 .. 2^53 - 1, in the fewest bytes. 32-bit arithmetic is used below 2^28 only.
 */

import { refuseBytes } from './refuse.ts';
import { readUtf8, utf8Length, writeUtf8 } from './text.ts';

const SAFE_MAX: number = Number.MAX_SAFE_INTEGER;

const doubleBytes = new Uint8Array(8);
const doubleView = new DataView(doubleBytes.buffer);

/** A plain Uint8Array of its own memory with bytes `from` to `to`, whatever subclass it is given. */
export function copyBytes(bytes: Uint8Array, from = 0, to: number = bytes.length): Uint8Array {
  const copy = new Uint8Array(to - from);
  copy.set(bytes.subarray(from, to));
  return copy;
}

/** How many bytes `varint(n)` takes. */
export function varintLength(n: number): number {
  let length = 1;
  for (let limit = 128; n >= limit; limit *= 128) length++;
  return length;
}

/** A growing buffer of bytes; one writer may be reset and used for many messages. */
export class ByteWriter {
  #buffer: Uint8Array;
  #at = 0;

  constructor(capacity = 64) {
    this.#buffer = new Uint8Array(capacity);
  }

  /** How many bytes have been written since the last reset. */
  get length(): number {
    return this.#at;
  }

  u8(n: number): void {
    if (this.#at === this.#buffer.length) this.#grow(1);
    this.#buffer[this.#at++] = n;
  }

  /** An integer of 0 to 2^53 - 1. Throws: RangeError for a number outside. */
  varint(n: number): void {
    if (this.#at + 8 > this.#buffer.length) this.#grow(8);
    const buffer = this.#buffer;
    let at = this.#at;
    if (!(n >= 0 && n <= SAFE_MAX))
      throw new RangeError(`Cannot write ${n} as a varint: pass an integer of 0 to 2^53 - 1.`);
    while (n >= 0x10000000) {
      const high = Math.floor(n / 128);
      buffer[at++] = n - high * 128 + 128;
      n = high;
    }
    while (n > 127) {
      buffer[at++] = (n & 127) | 128;
      n >>>= 7;
    }
    buffer[at++] = n;
    this.#at = at;
  }

  /** A signed integer, small ones of either sign in few bytes. Throws: RangeError beyond 2^52. */
  zigzag(n: number): void {
    this.varint(n < 0 ? -2 * n - 1 : 2 * n);
  }

  /** A double in eight bytes, low byte first. */
  f64(n: number): void {
    doubleView.setFloat64(0, n, true);
    this.raw(doubleBytes);
  }

  /** The bytes as they are, without their length. */
  raw(bytes: Uint8Array): void {
    const length = bytes.length;
    if (this.#at + length > this.#buffer.length) this.#grow(length);
    if (length > 32) {
      this.#buffer.set(bytes, this.#at);
    } else {
      // Measured: below some 30 bytes a loop is quicker than set.
      const buffer = this.#buffer;
      const at = this.#at;
      for (let i = 0; i < length; i++) buffer[at + i] = bytes[i] as number; // in bounds by the loop
    }
    this.#at += length;
  }

  /** The length as a varint, then the bytes. */
  bytes(bytes: Uint8Array): void {
    this.varint(bytes.length);
    this.raw(bytes);
  }

  /** The length in UTF-8 bytes as a varint, then the UTF-8. Throws: TypeError for a lone surrogate. */
  text(text: string): void {
    const byteLength = utf8Length(text);
    this.varint(byteLength);
    this.utf8(text, 0, byteLength);
  }

  /** The UTF-8 of `text` from unit `from` on, which takes `byteLength` bytes, without its length. */
  utf8(text: string, from: number, byteLength: number): void {
    if (this.#at + byteLength > this.#buffer.length) this.#grow(byteLength);
    this.#at = writeUtf8(text, this.#buffer, this.#at, from);
  }

  /** A copy of exactly the bytes written. */
  finish(): Uint8Array {
    return this.#buffer.slice(0, this.#at);
  }

  /** True when the bytes written are those of `bytes` between two offsets. */
  equals(bytes: Uint8Array, from: number, to: number): boolean {
    if (to - from !== this.#at) return false;
    for (let i = 0; i < this.#at; i++) if (this.#buffer[i] !== bytes[from + i]) return false;
    return true;
  }

  /** Forgets what was written and keeps the buffer. */
  reset(): void {
    this.#at = 0;
  }

  #grow(more: number): void {
    const larger = new Uint8Array(Math.max(this.#at + more, 2 * this.#buffer.length, 64));
    larger.set(this.#buffer.subarray(0, this.#at));
    this.#buffer = larger;
  }
}

/** Reads what a ByteWriter wrote. Throws: ENCODING_INVALID on anything short, over a limit or not canonical. */
export class ByteReader {
  readonly #bytes: Uint8Array;
  readonly #end: number;
  #at: number;

  constructor(bytes: Uint8Array, start = 0, end: number = bytes.length) {
    this.#bytes = bytes;
    this.#at = start;
    this.#end = end;
  }

  /** How many bytes are left. */
  get remaining(): number {
    return this.#end - this.#at;
  }

  /** Where in the given bytes the next one is. */
  get offset(): number {
    return this.#at;
  }

  u8(): number {
    if (this.#at >= this.#end) endsEarly();
    return this.#bytes[this.#at++] as number; // in bounds: checked above
  }

  varint(max: number = SAFE_MAX): number {
    const bytes = this.#bytes;
    const end = this.#end;
    let at = this.#at;
    if (at >= end) endsEarly();
    let byte = bytes[at++] as number; // in bounds: checked above
    let value = byte & 127;
    if (byte > 127) {
      let shift = 7;
      let scale = 128;
      do {
        if (at >= end) endsEarly();
        byte = bytes[at++] as number; // in bounds: checked above
        if (shift < 28) {
          value |= (byte & 127) << shift;
        } else {
          if (shift > 49) refuseBytes('a number of more than 8 bytes');
          value += (byte & 127) * scale;
        }
        shift += 7;
        scale *= 128;
      } while (byte > 127);
      if (byte === 0) refuseBytes('a number in more bytes than it needs');
    }
    if (value > max) refuseBytes(`a number over its limit of ${max}`);
    this.#at = at;
    return value;
  }

  zigzag(): number {
    const n = this.varint();
    if (n <= 0x7fffffff) return (n >>> 1) ^ -(n & 1);
    return n % 2 === 0 ? n / 2 : -(n + 1) / 2;
  }

  /** A double; refuses what is not finite. */
  f64(): number {
    if (this.remaining < 8) endsEarly();
    for (let i = 0; i < 8; i++) doubleBytes[i] = this.#bytes[this.#at++] as number; // in bounds: checked above
    const n = doubleView.getFloat64(0, true);
    if (!Number.isFinite(n)) refuseBytes('a number that is not finite');
    return n;
  }

  /** A copy of the next `length` bytes. */
  raw(length: number): Uint8Array {
    if (length > this.remaining) endsEarly();
    const from = this.#at;
    this.#at = from + length;
    return copyBytes(this.#bytes, from, this.#at);
  }

  /** A length of at most `max` as a varint, then a copy of that many bytes. */
  bytes(max: number): Uint8Array {
    return this.raw(this.varint(max));
  }

  /** A length of at most `maxBytes` as a varint, then that many bytes of UTF-8. */
  text(maxBytes: number): string {
    return this.utf8(this.varint(maxBytes));
  }

  /** The next `byteLength` bytes as UTF-8. */
  utf8(byteLength: number): string {
    if (byteLength > this.remaining) endsEarly();
    const from = this.#at;
    this.#at = from + byteLength;
    return readUtf8(this.#bytes, from, this.#at);
  }

  /** A copy of the bytes read since offset `from`. */
  since(from: number): Uint8Array {
    return copyBytes(this.#bytes, from, this.#at);
  }

  /** True when the bytes read since offset `from` are just those that were written. */
  hasRead(from: number, written: ByteWriter): boolean {
    return written.equals(this.#bytes, from, this.#at);
  }

  /** Skips `bytes` if they come next. */
  skip(bytes: Uint8Array): boolean {
    const length = bytes.length;
    if (length > this.remaining) return false;
    for (let i = 0; i < length; i++) if (this.#bytes[this.#at + i] !== bytes[i]) return false;
    this.#at += length;
    return true;
  }

  /** Throws unless every byte has been read. */
  expectEnd(): void {
    if (this.#at !== this.#end) refuseBytes(`${this.remaining} bytes more than expected`);
  }
}

function endsEarly(): never {
  refuseBytes('they end too early');
}
