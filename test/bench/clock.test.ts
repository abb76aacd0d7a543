import { expect, it } from 'vitest';
import { benchClock } from '../../bench/clock.ts';

it('benchClock in its small size measures every operation at every size against the baseline', () => {
  const { rows } = benchClock({ small: true });
  expect(rows.map(({ name, entries }) => `${name} ${entries}`)).toEqual(
    [3, 10, 100].flatMap((entries) => ['compare', 'merge', 'increment'].map((name) => `${name} ${entries}`)),
  );
  for (const { cairnNs, baselineNs, ratio } of rows) {
    expect(cairnNs).toBeGreaterThan(0);
    expect(ratio).toBeCloseTo(cairnNs / baselineNs);
  }
});
