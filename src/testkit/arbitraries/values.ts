/**
 * Values of every type a store takes, nested, with field names that break careless code; and texts and numbers that break
 * careless encodings. The values are plain and unfrozen: what a user would hand to `put`.
 */

import fc from 'fast-check';
import type { Value } from '../../codec/value.ts';
import { CROSSWISE, HOSTILE_TEXTS } from './ids.ts';

/** Field names: ordinary, hostile, empty, and integer-like ones, which objects enumerate first. */
export function fieldNames(): fc.Arbitrary<string> {
  return fc.oneof(
    CROSSWISE,
    { weight: 4, arbitrary: fc.constantFrom('id', 'name', 'score', 'active') },
    { weight: 2, arbitrary: fc.constantFrom(...HOSTILE_TEXTS, '', '1', '10', '2', '4294967294', '4294967295') },
    { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 12 }) },
  );
}

/** Numbers a store takes: integers around the edges of their encodings, short decimals, both zeros, and any finite double. */
export function numbers(): fc.Arbitrary<number> {
  const edges = [
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
    255,
    256,
    2 ** 31,
    -(2 ** 31),
    2 ** 32,
    2 ** 52,
    -(2 ** 52),
    2 ** 53 - 1,
    2 ** 53,
    1e21,
    5e-324,
    Number.MAX_VALUE,
    0.1,
    71.25,
  ];
  return fc.oneof(
    CROSSWISE,
    fc.constantFrom(...edges),
    fc.integer(),
    fc.integer({ min: -100_000, max: 100_000 }).map((hundredths) => hundredths / 100),
    fc.double({ noNaN: true, noDefaultInfinity: true }),
  );
}

/** Everything but arrays and objects. */
export function leafValues(): fc.Arbitrary<Value> {
  return fc.oneof(
    CROSSWISE,
    fc.constant(null),
    fc.boolean(),
    numbers(),
    fc.string({ unit: 'binary', maxLength: 20 }),
    fc.constantFrom(...HOSTILE_TEXTS),
    fc.bigInt(),
    fc.uint8Array({ maxLength: 12 }),
    fc.date({ noInvalidDate: true }),
  );
}

/** Values of every type, nested up to `depth` deep. */
export function values(depth: number = 3): fc.Arbitrary<Value> {
  if (depth === 0) return leafValues();
  const member = values(depth - 1);
  return fc.oneof(
    CROSSWISE,
    { weight: 3, arbitrary: leafValues() },
    { weight: 1, arbitrary: fc.array(member, { maxLength: 4 }) },
    { weight: 2, arbitrary: objects(member) },
  );
}

/** Flat objects of the shape most stores hold: an id, a name, a score, a flag, a group. */
export function flatValues(): fc.Arbitrary<Value> {
  return fc.record({
    id: fc.nat({ max: 100_000 }),
    name: fc.nat({ max: 100_000 }).map((id) => `user-${id}`),
    score: fc.integer({ min: 0, max: 10_000 }).map((hundredths) => hundredths / 100),
    active: fc.boolean(),
    group: fc.constantFrom('red', 'green', 'blue'),
  });
}

/** Plain objects with unique field names, `__proto__` as an own field among them. */
function objects(member: fc.Arbitrary<Value>): fc.Arbitrary<Value> {
  return fc.uniqueArray(fc.tuple(fieldNames(), member), { maxLength: 5, selector: ([name]) => name }).map((fields) => {
    const object: { [field: string]: Value } = {};
    for (const [name, value] of fields)
      Object.defineProperty(object, name, { value, writable: true, enumerable: true, configurable: true });
    return object;
  });
}
