/**
 * Writing and reading bytes: fixed bytes, varints and text, one way to write each. What a reader accepts, a
 * writer writes back byte for byte; everything else is refused with ENCODING_INVALID, and every length is checked
 * against what is left before anything is allocated. Knows nothing of what the bytes mean.
 *
 * Varints are LEB128 over 0 .. 2^53 - 1, in the fewest bytes. 32-bit arithmetic is used below 2^28 only.
 */

import { checkInteger } from '../assert.ts';
import { COUNTER_MAX } from '../limits.ts';
import { refuseBytes } from './refuse.ts';
import { readUtf8, utf8Length, writeUtf8 } from './text.ts';

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
    if (!(n >= 0 && n <= COUNTER_MAX)) checkInteger(n, 'a number', 0, COUNTER_MAX);
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

  /** The bytes written, not copied: of use until the next one is written. */
  view(): Uint8Array {
    return this.#buffer.subarray(0, this.#at);
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
  /** The given bytes, read only. */
  readonly source: Uint8Array;
  readonly #end: number;
  #at: number;

  constructor(bytes: Uint8Array, start = 0, end: number = bytes.length) {
    this.source = bytes;
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
    return this.source[this.#at++] as number; // in bounds: checked above
  }

  varint(max: number = COUNTER_MAX): number {
    const bytes = this.source;
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
          if (shift > 49) refuseBytes('a number of too many bytes');
          value += (byte & 127) * scale;
        }
        shift += 7;
        scale *= 128;
      } while (byte > 127);
      if (byte === 0) refuseBytes('a number of too many bytes');
    }
    if (value > max) refuseBytes(`a number over ${max}`);
    this.#at = at;
    return value;
  }

  /** Throws unless so many bytes are left. */
  expect(length: number): void {
    if (length > this.remaining) endsEarly();
  }

  /** Where the next `length` bytes begin, which count as read from now on. */
  take(length: number): number {
    this.expect(length);
    const from = this.#at;
    this.#at = from + length;
    return from;
  }

  /** A length of at most `maxBytes` as a varint, then that many bytes of UTF-8. */
  text(maxBytes: number): string {
    return this.utf8(this.varint(maxBytes));
  }

  /** The next `byteLength` bytes as UTF-8. */
  utf8(byteLength: number): string {
    const from = this.take(byteLength);
    return readUtf8(this.source, from, this.#at);
  }

  /** Throws unless every byte has been read. */
  expectEnd(): void {
    if (this.#at !== this.#end) refuseBytes(`${this.remaining} bytes too many`);
  }
}

function endsEarly(): never {
  refuseBytes('they end too early');
}
