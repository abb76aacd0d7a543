/**
 * What the laws of the storage suite put into an engine: keys that are easily taken for one another, many keys in a
 * known order, and random batches and ranges over few keys, so that they meet.
 */

import type { Random } from '../random.ts';
import type { ByteEntry, ByteRange } from '../storage/storage.ts';
import { bytesOf } from './storage-model.ts';

/** A batch that puts or deletes some of the keys. */
export function randomBatch(keys: readonly Uint8Array[], random: Random): { puts: ByteEntry[]; deletes: Uint8Array[] } {
  const puts: ByteEntry[] = [];
  const deletes: Uint8Array[] = [];
  const share = random.fraction() / 2;
  for (const key of keys) {
    if (!random.chance(share)) continue;
    if (random.chance(0.4)) deletes.push(key);
    else puts.push([key, new Uint8Array(random.below(40)).fill(random.below(256))]);
  }
  return { puts, deletes };
}

/** A range that often begins or ends at one of the keys; its end may come before its beginning. */
export function randomRange(keys: readonly Uint8Array[], random: Random): ByteRange {
  const from = random.chance(0.7) ? { from: random.pick(keys) } : {};
  return random.chance(0.7) ? { ...from, to: random.pick(keys) } : from;
}

/** Keys that an engine may take for one another or put in the order of numbers, of text or of their length. */
export function hostileKeys(keyBytesMax: number): Uint8Array[] {
  const long = (last: number): Uint8Array => new Uint8Array(keyBytesMax).fill(0xff).fill(last, keyBytesMax - 1);
  return [
    ...[bytesOf(0), bytesOf(0, 0), bytesOf(0, 0, 0), bytesOf(0, 255), bytesOf(1), bytesOf(1, 0), bytesOf(1, 0, 0)],
    ...[bytesOf(9), bytesOf(10), bytesOf(65), bytesOf(97), bytesOf(97, 0), bytesOf(97, 98), bytesOf(97, 128)],
    ...[bytesOf(127), bytesOf(128), bytesOf(128, 0), bytesOf(0xc3, 0xa9), bytesOf(0xed, 0xa0, 0x80), bytesOf(254, 255)],
    ...[bytesOf(255), bytesOf(255, 0), bytesOf(255, 254), bytesOf(255, 255), bytesOf(255, 255, 255)],
    ...[long(0), long(0xfe), long(0xff), long(0xff).subarray(1)],
  ];
}

/** `count` entries in order, each with the one value `value`. */
export function numbered(count: number, value: number): ByteEntry[] {
  return numberedKeys(0, count).map((key): ByteEntry => [key, bytesOf(value)]);
}

/** The keys of `numbered` from one number up to another. */
export function numberedKeys(from: number, to: number): Uint8Array[] {
  return Array.from({ length: to - from }, (_, at) => keyOf(from + at));
}

/** Three bytes whose order is that of the numbers. */
export function keyOf(number: number): Uint8Array {
  return bytesOf(number >> 16, (number >> 8) & 255, number & 255);
}
