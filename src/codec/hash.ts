/**
 * Quick 64-bit hashes as two unsigned 32-bit lanes, for fingerprints, checksums and tables; not against people who
 * search for collisions. After MurmurHash3 (Appleby) and cyrb53: multiply and rotate each unit into both lanes, then
 * finish each lane with bits of the other. The results are part of the wire format: changing them is a new version.
 */

/** 64 bits as two unsigned 32-bit numbers. */
export type Hash64 = { readonly hi: number; readonly lo: number };

/** The hash of the bytes `from` to `to`. */
export function hashBytes(bytes: Uint8Array, from = 0, to: number = bytes.length): Hash64 {
  return hashUnits(to - from, (at) => bytes[from + at] as number); // in bounds: at < length
}

/** The hash of the UTF-16 units of a text; not the hash of its UTF-8 bytes. */
export function hashText(text: string): Hash64 {
  return hashUnits(text.length, (at) => text.charCodeAt(at));
}

function hashUnits(length: number, unitAt: (at: number) => number): Hash64 {
  let a = 0x9e3779b9 ^ length;
  let b = 0x85ebca6b;
  for (let at = 0; at < length; at++) {
    const unit = unitAt(at);
    a = Math.imul(a ^ unit, 0x9e3779b1);
    b = Math.imul(b ^ unit, 0x5f356495);
    a = (a << 13) | (a >>> 19);
    b = (b << 17) | (b >>> 15);
  }
  return { hi: mix(mix(a, 0x85ebca6b) + b, 0xc2b2ae35) >>> 0, lo: mix(mix(b, 0xcc9e2d51) ^ a, 0x1b873593) >>> 0 };
}

/** One lane through xor-shift and multiply; a bijection of its first argument for odd factors. */
function mix(lane: number, factor: number): number {
  lane = Math.imul(lane ^ (lane >>> 16), factor);
  lane = Math.imul(lane ^ (lane >>> 13), 0xc2b2ae35);
  return lane ^ (lane >>> 16);
}

/** The high lane of the hash of one dot: the hash of its id, and its counter (all 53 bits count). Allocates nothing. */
export function dotHashHi(idHash: Hash64, counter: number): number {
  return mixNumber(idHash.hi, idHash.lo, counter, 0x9e3779b1, 0x85ebca6b, 0x2545f491, 0xcc9e2d51);
}

/** The low lane of the hash of one dot; independent of the high one. Allocates nothing. */
export function dotHashLo(idHash: Hash64, counter: number): number {
  return mixNumber(idHash.lo, idHash.hi, counter, 0x5f356495, 0x1b873593, 0x27d4eb2f, 0x846ca68b);
}

/**
 * What tells two writes under one dot apart, as 32 bits: the low lane of the hash of the dot, that of the key, and the time
 * (all 53 bits count). Allocates nothing.
 */
export function markHash(dotLo: number, keyLo: number, time: number): number {
  return mixNumber(dotLo, keyLo, time, 0x9e3779b1, 0x85ebca6b, 0x2545f491, 0xc2b2ae35);
}

/** Two lanes and the low and high half of a number as one lane; `e` to `h` are odd factors. */
function mixNumber(a: number, b: number, n: number, e: number, f: number, g: number, h: number): number {
  const high = Math.floor(n / 0x100000000);
  return mix(mix(a ^ Math.imul(n | 0, e), f) + Math.imul(b ^ high, g), h) >>> 0;
}

/** Sixteen hexadecimal digits, high lane first. */
export function toHex(hash: Hash64): string {
  return hash.hi.toString(16).padStart(8, '0') + hash.lo.toString(16).padStart(8, '0');
}
