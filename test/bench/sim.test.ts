import { expect, test } from 'vitest';
import { benchSim } from '../../bench/sim.ts';

test('benchSim in its small size measures every setting, each beside the bare loop', async () => {
  const figures = await benchSim({ small: true });
  for (const { name, value } of figures) expect(value, name).toBeGreaterThan(0);
  expect(figures.map(({ name, unit, floor }) => [name.split(',').at(-1)?.trim(), unit, floor])).toEqual(
    [{ atLeast: 1_000 }, { atLeast: 1_000 }, undefined].flatMap((floor) => [
      ['virtual against processor time', 'times', floor],
      ['one event', 'µs', undefined],
      ['against the bare loop', 'times', undefined],
    ]),
  );
});
