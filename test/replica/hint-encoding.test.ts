import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import type { Hint } from '../../src/repair/hints.ts';
import { decodeHint, encodeHint, HINT_RANGE, hintKey } from '../../src/replica/hint-encoding.ts';
import { seal } from '../../src/store/durable/layout.ts';
import { refusalOf } from '../store/replicas.ts';

type Golden = { readonly is: string; readonly key: string; readonly value: string };

/** What a release wrote: format 1, and 2 and 3 with the stores of those formats. */
function goldenOf(format: number): readonly Golden[] {
  const path = new URL(`../vectors/hint/v${format}/golden.json`, import.meta.url);
  return JSON.parse(readFileSync(path, 'utf8')) as readonly Golden[]; // written by us
}

const golden = goldenOf(3);

/** The hints behind the golden bytes, by what they are. */
const HINTS: Readonly<Record<string, Hint>> = {
  'a first write': { target: 'b', key: 'k', dot: { id: 'a~1', counter: 1 }, keptAt: 0 },
  'a write of today': {
    target: 'lima',
    key: 'user/ada',
    dot: { id: 'berlin~1x8k2mpq', counter: 300_000 },
    keptAt: 1_763_800_000_000,
  },
  'names beyond ASCII, and one that begins as the other ends': {
    target: 'z\u0000\u{1f5ff}',
    key: '__proto__',
    dot: { id: 'é~1', counter: 2 ** 53 - 1 },
    keptAt: 8_640_000_000_000_000,
  },
};

const hexOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
const bytesOf = (hex: string): Uint8Array => Uint8Array.from(Buffer.from(hex, 'hex'));

describe('encodeHint', () => {
  test('encodeHint has golden bytes', () => {
    const entries = Object.entries(HINTS).map(([is, hint]) => {
      const [key, value] = encodeHint(hint);
      return { is, key: hexOf(key), value: hexOf(value) };
    });
    expect(entries).toEqual(golden);
  });

  test('encodeHint keeps every hint within its range and apart from others', () => {
    const keys = [hintKey({ target: 'ab', key: 'c' }), hintKey({ target: 'a', key: 'bc' })].map(hexOf);
    expect(new Set(keys).size).toBe(2);
    for (const key of keys) {
      expect(key >= hexOf(HINT_RANGE.from ?? Uint8Array.of()) && key < hexOf(HINT_RANGE.to ?? Uint8Array.of())).toBe(
        true,
      );
    }
  });
});

describe('decodeHint', () => {
  test('decodeHint reads the golden bytes', () => {
    for (const format of [1, 2, 3]) {
      const read = goldenOf(format).map(({ key, value }) => decodeHint([bytesOf(key), bytesOf(value)]));
      expect(read).toEqual(Object.values(HINTS));
    }
  });

  test('decodeHint refuses every flipped bit, every other length and every other place', async () => {
    for (const { key, value } of golden) {
      const [at, sealed] = [bytesOf(key), bytesOf(value)];
      for (const which of [at, sealed]) {
        for (let bit = 0; bit < which.length * 8; bit += 1) {
          which[bit >> 3] = (which[bit >> 3] ?? 0) ^ (1 << (bit & 7));
          expect(await refusalOf(() => decodeHint([at, sealed]))).toBe('RECORD_CORRUPT');
          which[bit >> 3] = (which[bit >> 3] ?? 0) ^ (1 << (bit & 7));
        }
      }
      for (let length = 0; length < sealed.length; length += 1) {
        expect(await refusalOf(() => decodeHint([at, sealed.subarray(0, length)]))).toBe('RECORD_CORRUPT');
      }
      expect(await refusalOf(() => decodeHint([at.subarray(0, -1), sealed]))).toBe('RECORD_CORRUPT');
    }
  });

  test('decodeHint refuses what is sealed and no hint', async () => {
    const at = hintKey({ target: 'b', key: 'k' });
    const empty = hintKey({ target: '', key: 'k' });
    const foreign = Uint8Array.of(0x72, 1);
    const good = (key: Uint8Array) =>
      seal(key, (writer) => {
        writer.text('a~1');
        writer.varint(1);
        writer.varint(5);
      });
    expect(decodeHint([at, good(at)]).keptAt).toBe(5);
    expect(await refusalOf(() => decodeHint([empty, good(empty)]))).toBe('RECORD_CORRUPT');
    expect(await refusalOf(() => decodeHint([foreign, good(foreign)]))).toBe('RECORD_CORRUPT');
    const long = Uint8Array.of(...at, 0);
    expect(await refusalOf(() => decodeHint([long, good(long)]))).toBe('RECORD_CORRUPT');
    const zero = seal(at, (writer) => {
      writer.text('a~1');
      writer.varint(0);
      writer.varint(5);
    });
    expect(await refusalOf(() => decodeHint([at, zero]))).toBe('RECORD_CORRUPT');
  });
});
