import { expect, test } from 'vitest';
import { makeWorkload } from '../../bench/workload.ts';

test('makeWorkload gives distinct keys and five-field values of about 75 bytes, alike for one seed', () => {
  const { keys, values, changed } = makeWorkload(5_000, 1);
  expect(new Set(keys).size).toBe(5_000);
  for (const key of keys.slice(0, 100)) expect(key).toMatch(/^user:\d{8}$/);
  const mean = values.reduce((sum, value) => sum + JSON.stringify(value).length, 0) / values.length;
  expect(mean).toBeGreaterThan(72);
  expect(mean).toBeLessThan(82);
  expect(Object.keys(values[0] ?? {})).toHaveLength(5);
  expect(makeWorkload(5_000, 1).changed).toEqual(changed);
  expect(makeWorkload(5_000, 2).values).not.toEqual(values);
});

test('makeWorkload overwrites two fields and leaves the others', () => {
  const { values, changed } = makeWorkload(1_000, 3);
  for (const [at, value] of values.entries()) {
    const other = changed[at];
    expect([other?.id, other?.name]).toEqual([value.id, value.name]);
  }
  const differing = values.filter((value, at) => value.score !== changed[at]?.score);
  expect(differing.length).toBeGreaterThan(990);
});
