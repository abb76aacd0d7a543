/**
 * The encoding of one value by itself, for records at rest, tokens and digests: a stream of that one value. It is
 * canonical because a writer has one way to write each value, and because a reader writes again what it has read and
 * refuses bytes that are not the same.
 */

import { ByteReader, ByteWriter } from './bytes.ts';
import { hasRead } from './parts.ts';
import { refuseBytes } from './refuse.ts';
import type { Value } from './value.ts';
import { ValueStreamReader, ValueStreamWriter } from './value-stream.ts';

const VERSION = 1;

// One of each for all values, begun anew for each: making them takes longer than writing a value.
const writer = new ValueStreamWriter();
const reader = new ValueStreamReader();

/** The canonical bytes of a value: a version byte, then the value. */
export function encodeValue(value: Value): Uint8Array {
  const w = new ByteWriter();
  w.u8(VERSION);
  writeValue(w, value);
  return w.finish();
}

/** The value of canonical bytes, deeply frozen. Throws: ENCODING_INVALID for bytes that encodeValue does not make. */
export function decodeValue(bytes: Uint8Array): Value {
  const r = new ByteReader(bytes);
  if (r.u8() !== VERSION) refuseBytes('a value in an unknown version');
  const value = readValue(r);
  r.expectEnd();
  return value;
}

/** Writes a value that freezeValue or a decoder made, without a version byte. */
export function writeValue(w: ByteWriter, value: Value): void {
  writer.reset();
  writer.write(w, value);
}

/**
 * Reads a value that writeValue wrote, deeply frozen.
 * Bound: VALUE_DEPTH_MAX and VALUE_BYTES_MAX, as in freezeValue. Throws: ENCODING_INVALID.
 */
export function readValue(r: ByteReader): Value {
  const from = r.offset;
  reader.reset();
  const value = reader.read(r);
  const again = new ByteWriter(r.offset - from);
  writeValue(again, value);
  if (!hasRead(r, from, again)) refuseBytes('a value in another form than its own');
  return value;
}
