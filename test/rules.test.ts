import { expect, test } from 'vitest';
import { ALL_RULES, brokenBits, type RuleName, rulesOf } from '../src/rules.ts';

test('brokenBits gives each rule a bit of its own, and rulesOf reads them', () => {
  expect(brokenBits(ALL_RULES)).toBe(0);
  const names = Object.keys(ALL_RULES) as RuleName[]; // the keys of the table
  const bits = names.map((name) => brokenBits({ ...ALL_RULES, [name]: false }));
  expect(new Set(bits).size).toBe(names.length);
  for (const [at, name] of names.entries()) expect(rulesOf(bits[at] ?? 0)).toEqual({ ...ALL_RULES, [name]: false });
  expect(bits.reduce((sum, bit) => sum + bit, 0)).toBe(brokenBits(rulesOf(2 ** names.length - 1)));
});
