import { describe, expect, it } from 'vitest';
import { freshnessAt, timeOfFreshness } from '../../../src/lab/experiment/visibility.ts';

const series = (...points: readonly (readonly [number, number])[]) =>
  points.map(([sinceMs, fresh]) => ({ sinceMs, reads: 1_000, fresh }));

describe('timeOfFreshness', () => {
  it('timeOfFreshness is when what is stale has fallen to that, by the same factor in each ms', () => {
    // From 10 % to 0.1 % in 20 ms: 1 % after half of it.
    expect(timeOfFreshness(series([0, 900], [20, 999]), 0.99)).toBe(10);
    expect(timeOfFreshness(series([0, 900], [20, 999]), 0.9)).toBe(0);
  });

  it('timeOfFreshness looks for the last time that too much was stale', () => {
    expect(timeOfFreshness(series([0, 995], [10, 900], [20, 990]), 0.99)).toBe(20);
  });

  it('timeOfFreshness is the first time where enough was always fresh, and none where it never was', () => {
    expect(timeOfFreshness(series([0, 1_000], [5, 1_000]), 0.999)).toBe(0);
    expect(timeOfFreshness(series([0, 900], [5, 950]), 0.99)).toBe(undefined);
  });

  it('timeOfFreshness counts half a stale read where none was', () => {
    expect(timeOfFreshness(series([0, 900], [10, 1_000]), 0.99)).toBeCloseTo((10 * Math.log(10)) / Math.log(200), 3);
  });
});

describe('freshnessAt', () => {
  it('freshnessAt is the share of fresh reads, where there were any', () => {
    expect([freshnessAt(series([0, 900]), 0), freshnessAt(series([0, 900]), 5)]).toEqual([0.9, undefined]);
  });
});
