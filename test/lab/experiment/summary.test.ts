import { describe, expect, it } from 'vitest';
import { addSeries, intervalOf, studentT } from '../../../src/lab/experiment/summary.ts';

/** The share of Student's t within ±t, by Simpson's rule on the density; no table. */
function shareWithin(t: number, freedom: number): number {
  const density = (x: number): number => (1 + (x * x) / freedom) ** (-(freedom + 1) / 2);
  const integral = (to: number, steps: number): number => {
    const step = to / steps;
    let sum = density(0) + density(to);
    for (let at = 1; at < steps; at += 1) sum += density(at * step) * (at % 2 === 1 ? 4 : 2);
    return (sum * step) / 3;
  };
  // The whole, with x = tan(a) so that the bounds are finite.
  let whole = 0;
  const steps = 20_000;
  for (let at = 0; at < steps; at += 1) {
    const angle = ((at + 0.5) / steps) * (Math.PI / 2);
    whole += (density(Math.tan(angle)) / Math.cos(angle) ** 2) * (Math.PI / 2 / steps);
  }
  return integral(t, 2_000) / whole;
}

describe('studentT', () => {
  it('studentT bounds 95 % of the distribution, in the table and beyond it', () => {
    for (const freedom of [1, 2, 3, 5, 9, 10, 19, 24, 30, 31, 40, 99, 1_000])
      expect([freedom, shareWithin(studentT(freedom), freedom)]).toEqual([freedom, expect.closeTo(0.95, 4)]);
  });

  it('studentT falls with each degree of freedom', () => {
    for (let freedom = 1; freedom < 200; freedom += 1) expect(studentT(freedom)).toBeGreaterThan(studentT(freedom + 1));
  });
});

describe('intervalOf', () => {
  it('intervalOf is the mean and Student t around it', () => {
    // Of 1, 2, 3, 4, 5: s = 1.5811388, s / sqrt(5) = 0.7071068, t = 2.7764.
    expect(intervalOf([1, 2, 3, 4, 5])).toEqual({ mean: 3, low: 1.036789, high: 4.963211, runs: 5 });
  });

  it('intervalOf one figure is that figure, of equal ones has no width, of none is null', () => {
    expect(intervalOf([7])).toEqual({ mean: 7, low: 7, high: 7, runs: 1 });
    expect(intervalOf([0.1, 0.1, 0.1])).toEqual({ mean: 0.1, low: 0.1, high: 0.1, runs: 3 });
    expect(intervalOf([])).toBe(null);
  });
});

describe('addSeries', () => {
  it('addSeries sums counts by place and takes the mean of tombstones', () => {
    const one = { visibility: [{ sinceMs: 5, reads: 2, fresh: 1 }], siblings: [0, 3], behind: [1], tombstones: [1, 2] };
    const two = {
      visibility: [
        { sinceMs: 0, reads: 1, fresh: 0 },
        { sinceMs: 5, reads: 2, fresh: 2 },
      ],
      siblings: [1, 1, 4],
      behind: [],
      tombstones: [2],
    };
    expect(addSeries([one, two])).toEqual({
      visibility: [
        { sinceMs: 0, reads: 1, fresh: 0 },
        { sinceMs: 5, reads: 4, fresh: 3 },
      ],
      siblings: [1, 4, 4],
      behind: [1],
      tombstones: [1.5, 2],
    });
  });
});
