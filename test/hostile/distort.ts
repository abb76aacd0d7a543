/** What becomes of a frame under a fuzzer's hands: bits turned over, ends cut off, pieces moved, repeated, grown. */

import type { Random } from '../../src/random.ts';

/** Bytes that decoders stumble over: the ends of varints, of lengths, of the integers. */
const SPITEFUL: readonly (readonly number[])[] = [
  [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x0f],
  [0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x10],
  [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01],
  [0xff, 0xff, 0xff, 0x7f],
  [0x80, 0x00],
  [0x00],
  [0x7f],
  [0xff],
  [0xed, 0xa0, 0x80],
  [...Buffer.from('\u0009__proto__')],
  [...Buffer.from('\u000bconstructor')],
];

/** The frame as it is not: one to four distortions, mostly behind its head, so that what is in it is looked at. */
export function distorted(frame: Uint8Array, random: Random, others: readonly Uint8Array[]): Uint8Array {
  const headBytes = random.chance(0.94) ? headOf(frame) : 0;
  let bytes: Uint8Array = frame.slice(headBytes);
  for (let left = random.between(1, random.chance(0.7) ? 1 : 4); left > 0; left -= 1)
    bytes = distortion(bytes, random, others);
  return joined(frame.subarray(0, headBytes), bytes);
}

/** How long version, kind and number of a frame are. */
export function headOf(frame: Uint8Array): number {
  if (((frame[1] ?? 0) & 0x7f) < 2) return 2;
  let at = 2;
  while ((frame[at] ?? 0) > 127) at += 1;
  return at + 1;
}

/** One bit of the frame turned over. */
export function flipped(frame: Uint8Array, bit: number): Uint8Array {
  const bytes = Uint8Array.from(frame);
  const at = bit >> 3;
  bytes[at] = (bytes[at] as number) ^ (1 << (bit & 7));
  return bytes;
}

function distortion(bytes: Uint8Array, random: Random, others: readonly Uint8Array[]): Uint8Array {
  const at = random.below(bytes.length + 1);
  const until = Math.min(bytes.length, at + random.between(1, 12));
  const spite = Uint8Array.from(SPITEFUL[random.below(SPITEFUL.length)] as readonly number[]);
  switch (random.below(9)) {
    case 0:
      return bytes.length === 0 ? spite : flipped(bytes, random.below(bytes.length * 8));
    case 1:
      return bytes.slice(0, at);
    case 2:
      return joined(bytes.subarray(0, at), spite, bytes.subarray(at));
    case 3:
      return joined(bytes.subarray(0, at), spite, bytes.subarray(Math.min(bytes.length, at + spite.length)));
    case 4:
      return joined(bytes.subarray(0, at), bytes.subarray(until));
    case 5:
      return joined(bytes.subarray(0, until), bytes.subarray(at));
    case 6: {
      const other = others[random.below(others.length)] ?? bytes;
      return joined(bytes.subarray(0, at), other.subarray(random.below(other.length + 1)));
    }
    case 7: {
      const noise = Uint8Array.from({ length: random.between(1, 24) }, () => random.below(256));
      return joined(bytes.subarray(0, at), noise, bytes.subarray(at));
    }
    default: {
      const changed = Uint8Array.from(bytes);
      if (at < changed.length) changed[at] = random.below(256);
      return changed;
    }
  }
}

/** The parts, one behind the other. */
export function joined(...parts: readonly Uint8Array[]): Uint8Array {
  return Uint8Array.from(Buffer.concat(parts));
}
