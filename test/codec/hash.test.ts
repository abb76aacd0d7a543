import { describe, expect, it } from 'vitest';
import { dotHashHi, dotHashLo, type Hash64, hashBytes, hashText, toHex } from '../../src/codec/hash.ts';

/** Counts how often each bit of the lanes flips when one bit of the input does. */
function flips(hash: (bit: number, base: number) => Hash64, bits: number, bases: number): number[] {
  const counts = new Array<number>(64).fill(0);
  for (let base = 0; base < bases; base++) {
    const from = hash(-1, base);
    for (let bit = 0; bit < bits; bit++) {
      const to = hash(bit, base);
      for (let i = 0; i < 32; i++) {
        counts[i] = (counts[i] as number) + (((from.hi ^ to.hi) >>> i) & 1);
        counts[32 + i] = (counts[32 + i] as number) + (((from.lo ^ to.lo) >>> i) & 1);
      }
    }
  }
  return counts.map((count) => count / (bits * bases));
}

function expectEven(rates: number[]): void {
  for (const rate of rates) expect(Math.abs(rate - 0.5)).toBeLessThan(0.05);
}

describe('hashText', () => {
  it('hashText keeps its golden results', () => {
    expect(['', 'a', 'b', 'ab', 'oslo~0a8d2m1z', '\u{1F600}'].map((text) => toHex(hashText(text)))).toEqual([
      '766530aefc9643fe',
      '762732ae46df9b63',
      '38794213d19fb16d',
      '5d5254aec83e8f16',
      '4352ffe1899674f0',
      '6bb7abf8bb183434',
    ]);
  });

  it('hashText depends on every unit and on the length', () => {
    const seen = new Set<string>();
    for (let length = 0; length < 300; length++) seen.add(toHex(hashText('\0'.repeat(length))));
    for (let i = 0; i < 300; i++) seen.add(toHex(hashText(`${'a'.repeat(i)}b${'a'.repeat(299 - i)}`)));
    for (let i = 0; i < 65_536; i++) seen.add(toHex(hashText(String.fromCharCode(i, 7))));
    expect(seen.size).toBe(300 + 300 + 65_536);
  });

  it('hashText flips every bit half of the time', () => {
    expectEven(
      flips(
        (bit, base) =>
          hashText(
            String.fromCharCode(
              ...[0, 1, 2].map((i) => (base * 7919 * (i + 1)) ^ (bit >> 4 === i ? 1 << (bit & 15) : 0)),
            ),
          ),
        48,
        200,
      ),
    );
  });
});

describe('hashBytes', () => {
  it('hashBytes keeps its golden results', () => {
    expect(
      [[], [0], [1], [0, 0], [1, 2, 3, 4, 5, 6, 7, 8, 9]].map((bytes) => toHex(hashBytes(new Uint8Array(bytes)))),
    ).toEqual(['766530aefc9643fe', '9122767f13389e63', '06a6c02dc3c0a254', 'dde3f4360f1a0533', 'db67e316d0d0f26c']);
  });

  it('hashBytes hashes a part as it hashes a copy of it', () => {
    const bytes = new Uint8Array([9, 1, 2, 3, 9]);
    expect(hashBytes(bytes, 1, 4)).toEqual(hashBytes(new Uint8Array([1, 2, 3])));
  });

  it('hashBytes flips every bit half of the time', () => {
    expectEven(
      flips(
        (bit, base) =>
          hashBytes(new Uint8Array([0, 1, 2, 3].map((i) => (base * (i + 3)) ^ (bit >> 3 === i ? 1 << (bit & 7) : 0)))),
        32,
        200,
      ),
    );
  });
});

describe('dotHashHi', () => {
  const id = hashText('oslo~0a8d2m1z');
  const dotHash = (hash: Hash64, counter: number): Hash64 => ({
    hi: dotHashHi(hash, counter),
    lo: dotHashLo(hash, counter),
  });

  it('dotHashHi and dotHashLo keep their golden results', () => {
    expect([1, 2, 2 ** 31, 2 ** 32, 2 ** 32 + 1, 2 ** 53 - 1].map((counter) => toHex(dotHash(id, counter)))).toEqual([
      'd994c861ecfe424b',
      'a42650bd08f11c96',
      '1959683ccd04e99a',
      '9bae1bf541dfde67',
      '1d1f08e0fb814939',
      '5b720e492ad41fcb',
    ]);
  });

  it('dotHashHi and dotHashLo are unsigned 32-bit lanes, different for counters that differ in either half', () => {
    const hi = new Set<number>();
    const lo = new Set<number>();
    const both = new Set<string>();
    const counters = [
      ...Array(20_000).keys(),
      ...Array.from({ length: 20_000 }, (_, i) => 2 ** 32 * (1 + (i % 2_000_000)) + 7),
    ];
    for (const counter of counters) {
      const hash = dotHash(id, counter);
      expect(
        Number.isInteger(hash.hi) &&
          hash.hi >= 0 &&
          hash.hi < 2 ** 32 &&
          Number.isInteger(hash.lo) &&
          hash.lo >= 0 &&
          hash.lo < 2 ** 32,
      ).toBe(true);
      hi.add(hash.hi);
      lo.add(hash.lo);
      both.add(toHex(hash));
    }
    expect(both.size).toBe(40_000);
    expect(Math.min(hi.size, lo.size)).toBeGreaterThan(39_950);
  });

  it('dotHashHi and dotHashLo flip every bit half of the time, for each bit of counter and id', () => {
    expectEven(flips((bit, base) => dotHash(id, base + 1 + (bit < 0 ? 0 : 2 ** bit)), 53, 300));
    expectEven(
      flips(
        (bit, base) =>
          dotHash(
            {
              hi: (id.hi ^ (bit >= 0 && bit < 32 ? 1 << bit : 0)) >>> 0,
              lo: (id.lo ^ (bit >= 32 ? 1 << (bit - 32) : 0)) >>> 0,
            },
            base + 1,
          ),
        64,
        300,
      ),
    );
  });

  it('dotHashHi and dotHashLo are independent: the sums of runs of dots of two ids do not meet', () => {
    const sums = new Set<string>();
    for (let replica = 0; replica < 20; replica++) {
      const hash = hashText(`replica~${replica}`);
      let hi = 0;
      let lo = 0;
      for (let counter = 1; counter <= 1_000; counter++) {
        hi = (hi + dotHashHi(hash, counter)) >>> 0;
        lo = (lo + dotHashLo(hash, counter)) >>> 0;
        sums.add(toHex({ hi, lo }));
      }
    }
    expect(sums.size).toBe(20_000);
  });
});
