/**
 * CRC-32 as in zip and zlib: what tells bytes that a disk has changed. It finds every change of up to 32 bits in a row,
 * so every flipped byte; it does not find forgery. For comparing what replicas hold there are fingerprints (hash.ts).
 */

const TABLE = new Uint32Array(256).map((_, byte) => {
  let remainder = byte;
  for (let bit = 0; bit < 8; bit += 1) remainder = remainder & 1 ? (remainder >>> 1) ^ 0xedb88320 : remainder >>> 1;
  return remainder;
});

/** The CRC-32 of `bytes[from..to)`, going on from that of what came before. */
export function crc32(bytes: Uint8Array, before = 0, from = 0, to: number = bytes.length): number {
  let remainder = ~before;
  for (let at = from; at < to; at += 1) {
    // In bounds by the loop, and by the mask.
    remainder = (remainder >>> 8) ^ (TABLE[(remainder ^ (bytes[at] as number)) & 255] as number);
  }
  return ~remainder >>> 0;
}
