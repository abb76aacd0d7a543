import { crc32 as zlibCrc32 } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { crc32 } from '../../src/codec/checksum.ts';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

describe('crc32', () => {
  test.each([
    ['', 0],
    ['123456789', 0xcbf43926],
    ['The quick brown fox jumps over the lazy dog', 0x414fa339],
  ])('crc32 of %j is that of the published examples', (text, sum) => {
    expect(crc32(bytes(text))).toBe(sum);
  });

  test('crc32 goes on from the sum of what came before, and over a part', () => {
    const whole = bytes('123456789');
    expect(crc32(whole.subarray(4), crc32(whole.subarray(0, 4)))).toBe(0xcbf43926);
    expect(crc32(bytes('xx123456789y'), 0, 2, 11)).toBe(0xcbf43926);
  });

  test('crc32 is what zlib says', () => {
    const many = Uint8Array.from({ length: 5_000 }, (_, at) => (at * 7919) & 255);
    expect(crc32(many)).toBe(zlibCrc32(many));
    for (let from = 0; from < 5; from += 1) {
      for (let to = from; to < 70; to += 1)
        expect(crc32(many, 77, from, to)).toBe(zlibCrc32(many.subarray(from, to), 77));
    }
  });
});
