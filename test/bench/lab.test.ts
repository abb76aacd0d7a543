import { expect, test } from 'vitest';
import { benchLab } from '../../bench/lab.ts';

test('benchLab in its small size runs every strategy, and Cairn without a loss', async () => {
  const figures = await benchLab({ small: true });
  for (const { name, value } of figures) expect(value, name).toBeGreaterThan(0);
  expect(figures.map(({ unit, floor }) => [unit, floor])).toEqual([
    ['ms', { atMost: 120_000 }],
    ...['times', 'times', 'times'].map((unit) => [unit, undefined]),
  ]);
});
