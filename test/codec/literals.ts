/** Values, texts and checks that the codec tests share. */

import fc from 'fast-check';
import { expect } from 'vitest';
import { freezeValue, type Value } from '../../src/codec/value.ts';
import { CausalError } from '../../src/errors.ts';

/** One seed for all random tests here, so that a failure comes back. */
export const RUNS = { seed: 20261122, numRuns: 500 } as const;

export const HOSTILE_TEXTS: readonly string[] = [
  '',
  '\0',
  'a\0b',
  '__proto__',
  'constructor',
  'toString',
  'hasOwnProperty',
  'length',
  '0',
  '1',
  '01',
  '-1',
  '4294967294',
  '4294967295',
  '\u007f',
  '\u0080',
  '\u07ff',
  '\u0800',
  '\ud7ff',
  '\ue000',
  '\ufeff',
  '\uffff',
  '\u{10000}',
  '\u{1F600}',
  '\u{10FFFF}',
  '\u00e9',
  'e\u0301',
  'ﬁ',
  'Å',
  'Å',
];

export const LONE_SURROGATES: readonly string[] = [
  '\ud800',
  '\udfff',
  'a\udc00',
  '\ud83d',
  '\udc00\ud800',
  'a\ud800b',
  '\ud83d\ud83d\ude00',
];

/** Every number at an edge of some encoding. */
export const NUMBERS: readonly number[] = [
  0,
  -0,
  1,
  -1,
  63,
  64,
  -64,
  -65,
  127,
  128,
  -128,
  -129,
  255,
  256,
  16_383,
  16_384,
  2_097_151,
  2_097_152,
  2 ** 28 - 1,
  2 ** 28,
  2 ** 31 - 1,
  2 ** 31,
  -(2 ** 31),
  2 ** 32 - 1,
  2 ** 32,
  2 ** 35 - 1,
  2 ** 35,
  2 ** 49 - 1,
  2 ** 49,
  2 ** 52,
  -(2 ** 52),
  2 ** 52 + 1,
  -(2 ** 52) - 1,
  2 ** 53 - 1,
  -(2 ** 53) + 1,
  2 ** 53,
  -(2 ** 53),
  2 ** 53 + 2,
  1e21,
  -1e300,
  0.1,
  -0.1,
  0.5,
  71.25,
  0.3,
  0.1 + 0.2,
  1 / 3,
  1e-6,
  1e-7,
  0.000001,
  123456.789012,
  -59.9139,
  10.7522,
  140737488.355328,
  140737488.355329,
  5e-324,
  Number.MAX_VALUE,
  Number.EPSILON,
  Math.PI,
];

export function anyText(): fc.Arbitrary<string> {
  return fc.oneof(
    fc.constantFrom(...HOSTILE_TEXTS),
    fc.string({ unit: 'binary', maxLength: 40 }),
    fc.string({ maxLength: 12 }),
  );
}

/** Plain values of every kind, as a user would hand them in. */
export function anyValue(): fc.Arbitrary<unknown> {
  const name = fc.oneof(fc.constantFrom('id', 'name', 'score'), anyText());
  return fc.letrec<{ value: unknown }>((tie) => ({
    value: fc.oneof(
      { depthSize: 'small', withCrossShrink: true },
      fc.oneof(
        fc.constantFrom(null, true, false),
        fc.constantFrom(...NUMBERS),
        fc.double({ noNaN: true, noDefaultInfinity: true }),
        fc.maxSafeInteger(),
        fc.integer({ min: -1e6, max: 1e6 }).map((n) => n / 1000),
        anyText(),
        fc.bigInt({ min: -(2n ** 80n), max: 2n ** 80n }),
        fc.date({ noInvalidDate: true }),
        fc.uint8Array({ maxLength: 20 }),
      ),
      fc.array(tie('value'), { maxLength: 6 }),
      fc.array(fc.tuple(name, tie('value')), { maxLength: 6 }).map((entries) => Object.fromEntries(entries)),
    ),
  })).value;
}

/** Like anyValue, frozen as the store does. */
export function anyFrozen(): fc.Arbitrary<Value> {
  return anyValue().map(freezeValue);
}

/** Expects ENCODING_INVALID and nothing else. */
export function expectRefused(act: () => unknown): void {
  expect(refusal(act)).toBe('ENCODING_INVALID');
}

/** The code of the refusal of `act`, or '' when it succeeds; every other error is passed on. */
export function refusal(act: () => unknown): string {
  try {
    act();
    return '';
  } catch (error) {
    if (!(error instanceof CausalError)) throw error;
    return error.code;
  }
}

/** Copies with one byte changed: each byte of a short input, about forty bytes of a long one. */
export function damaged(bytes: Uint8Array, flip: number): Uint8Array[] {
  const step = 1 + Math.floor(bytes.length / 40);
  const all: Uint8Array[] = [];
  for (let i = flip % step; i < bytes.length; i += step) {
    const flipped = bytes.slice();
    flipped[i] = (flipped[i] as number) ^ flip;
    all.push(flipped);
  }
  return all;
}

export function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}

export function fromHex(text: string): Uint8Array {
  return new Uint8Array(Buffer.from(text.replaceAll(' ', ''), 'hex'));
}

/** True when everything in the value that can be frozen is frozen. */
export function isDeeplyFrozen(value: Value): boolean {
  if (typeof value !== 'object' || value === null || value instanceof Date || value instanceof Uint8Array) return true;
  return Object.isFrozen(value) && Object.values(value).every(isDeeplyFrozen);
}
