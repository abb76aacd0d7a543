/** Bytes as the engines hand them over, made what the port promises: plain Uint8Arrays, compared byte by byte. */

import { equalBytes } from '../codec/byte-arrays.ts';
import type { ByteEntry, StorageBatch } from './storage.ts';

/** The same memory as a plain Uint8Array, whatever subclass it came as: equality and cloning tell them apart. */
export function plainBytes(bytes: Uint8Array): Uint8Array {
  if (bytes.constructor === Uint8Array) return bytes;
  return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** Whether what was found of a batch, its puts and then its deletes, is what the batch was to make of it. */
export function isBatchThere(found: readonly (Uint8Array | undefined)[], { puts }: StorageBatch): boolean {
  return found.every((value, index) => {
    const put = puts[index];
    return put === undefined ? value === undefined : value !== undefined && equalBytes(value, put[1]);
  });
}

/** Whether `a` comes before `b`, byte by byte, a prefix first. */
export function isBefore(a: Uint8Array, b: Uint8Array): boolean {
  const length = Math.min(a.length, b.length);
  for (let at = 0; at < length; at++) {
    if (a[at] !== b[at]) return (a[at] ?? 0) < (b[at] ?? 0);
  }
  return a.length < b.length;
}

/** A text of one unit a byte: equal bytes give equal texts, and texts compare as their bytes do. */
export function textOf(bytes: Uint8Array): string {
  // Measured: twice as quick as passing all bytes to one call.
  let text = '';
  for (const byte of bytes) text += String.fromCharCode(byte);
  return text;
}

/** Entries in pieces, as a scan gives them. */
export async function* inChunks(entries: readonly ByteEntry[], length: number): AsyncGenerator<readonly ByteEntry[]> {
  for (let at = 0; at < entries.length; at += length) yield entries.slice(at, at + length);
}
