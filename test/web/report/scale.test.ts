import { describe, expect, test } from 'vitest';
import { linearScale, roundStep, timeTicks, wilson } from '../../../src/web/report/scale.ts';

describe('linearScale', () => {
  test('linearScale ends at round numbers that hold all values', () => {
    const { at, ticks } = linearScale(0, 323, 10, 110, 4);
    expect(ticks).toEqual([0, 100, 200, 300, 400]);
    expect([at(0), at(200), at(400)]).toEqual([10, 60, 110]);
  });

  test('linearScale has a place for values that are all the same', () => {
    expect(linearScale(0, 0, 0, 100).ticks).toEqual([0, 0.2, 0.4, 0.6, 0.8, 1]);
    expect(linearScale(0, 0, 0, 100).at(0)).toBe(0);
  });

  test('linearScale may turn around, as heights do', () => {
    expect(linearScale(0, 10, 200, 0, 5).at(10)).toBe(0);
  });
});

describe('ticks', () => {
  test.each([
    [0.7, 1],
    [1.2, 2],
    [3, 5],
    [30, 50],
    [70, 100],
  ])('roundStep of %s is %s', (about, step) => {
    expect(roundStep(about)).toBe(step);
  });

  test('timeTicks stay within the window', () => {
    expect(timeTicks(13, 61, 5).map(([at]) => at)).toEqual([20, 30, 40, 50, 60]);
    expect(timeTicks(0.1, 0.52, 4).map(([at]) => at)).toEqual([0.2, 0.4]);
  });

  test('timeTicks speak in one unit, as exact as they are apart', () => {
    const words = (from: number, to: number): readonly string[] =>
      timeTicks(from, to, 3).map(([, text]) => text.replace('\u202f', ' '));
    expect(words(0, 61)).toEqual(['0 ms', '50 ms']);
    expect(words(10, 11)).toEqual(['10.0 ms', '10.5 ms', '11.0 ms']);
    expect(words(900, 1_500)).toEqual(['1.0 s', '1.2 s', '1.4 s']);
    expect(words(0, 13_000)).toEqual(['0 s', '5 s', '10 s']);
  });
});

describe('wilson', () => {
  test('wilson holds the share, stays within 0 and 1, and narrows with more', () => {
    const [low, high] = wilson(5, 10);
    expect(low).toBeCloseTo(0.2366, 3);
    expect(high).toBeCloseTo(0.7634, 3);
    expect(wilson(0, 10)[0]).toBe(0);
    expect(wilson(10, 10)[1]).toBe(1);
    expect(wilson(500, 1_000)[0]).toBeGreaterThan(low);
    expect(wilson(0, 0)).toEqual([0, 1]);
  });
});
