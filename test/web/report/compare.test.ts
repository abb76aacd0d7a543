import { describe, expect, test } from 'vitest';
import type { MeasureName } from '../../../src/lab/experiment/measures.ts';
import type { Cell, ExperimentResult, Interval, Point } from '../../../src/lab/experiment/result.ts';
import { PAGE_MEASURES } from '../../../src/lab/report/measure-groups.ts';
import type { PageMeasure } from '../../../src/lab/report/page-data.ts';
import {
  bestOf,
  cellsAt,
  firstMeasures,
  intervalOf,
  isDiffering,
  pointWords,
  variedDimensions,
} from '../../../src/web/report/compare.ts';

const interval = (mean: number, half: number = 0): Interval => ({ mean, low: mean - half, high: mean + half, runs: 2 });
const point = (r: number, w: number): Point => ({ replicas: 3, r, w, network: 'lan' });
/** A cell of which only this is looked at: cast once, here. */
const cell = (strategy: string, at: Point, summary: Partial<Record<MeasureName, Interval>> = {}): Cell =>
  ({ strategy, point: at, summary }) as unknown as Cell;
const measure = (name: string): PageMeasure => PAGE_MEASURES.find((one) => one.name === name) as PageMeasure; // named below

describe('bestOf', () => {
  test('bestOf marks the best, and whoever cannot be told from it', () => {
    expect([...bestOf([interval(5, 1), interval(1, 0.5), interval(1.4, 0.2)], 'less')]).toEqual([1, 2]);
    expect([...bestOf([interval(5, 1), interval(1, 0.5), null], 'more')]).toEqual([0]);
  });

  test('bestOf marks nobody where all are alike, where nothing is better, and where there is no other', () => {
    expect(bestOf([interval(5, 3), interval(4, 3)], 'less').size).toBe(0);
    expect(bestOf([interval(5), interval(4)], 'neither').size).toBe(0);
    expect(bestOf([interval(5), null], 'less').size).toBe(0);
  });
});

describe('intervalOf', () => {
  test('intervalOf reaches neither below 0 nor, of a share, above 1', () => {
    const own = cell('a', point(1, 1), { writesLost: interval(3, 10), availability: interval(0.99, 0.1) });
    expect(intervalOf(own, measure('writesLost'))).toMatchObject({ mean: 3, low: 0, high: 13 });
    expect(intervalOf(own, measure('availability'))).toMatchObject({ low: 0.89, high: 1 });
    expect(intervalOf(undefined, measure('writesLost'))).toBe(null);
  });
});

describe('isDiffering', () => {
  test('isDiffering looks at means and intervals, and at who has none', () => {
    expect(isDiffering([interval(1), interval(1)])).toBe(false);
    expect(isDiffering([null, null])).toBe(false);
    expect(isDiffering([interval(1), interval(1, 1)])).toBe(true);
    expect(isDiffering([interval(1), null])).toBe(true);
  });
});

describe('points', () => {
  const points = [point(1, 1), point(2, 2)];

  test('variedDimensions and pointWords name only what differs', () => {
    expect(variedDimensions(points)).toEqual(['r', 'w']);
    expect(pointWords(point(2, 1), ['r', 'w'])).toBe('R 2, W 1');
    expect(pointWords(point(2, 1), [])).toBe('3 replicas, R 2, W 1, network lan');
  });

  test('cellsAt gives the cells of a point in the order of strategies', () => {
    const cells = points.flatMap((at) => [cell('b', at), cell('a', at)]);
    const result = { cells, strategies: [{ name: 'a' }, { name: 'b' }, { name: 'c' }] } as unknown as ExperimentResult; // all it asks for
    expect(cellsAt(result, point(2, 2)).map((one) => one?.strategy)).toEqual(['a', 'b', undefined]);
  });
});

describe('firstMeasures', () => {
  const cells = [
    cell('a', point(1, 1), { readMs: interval(1, 2), writesLost: interval(0), siblingsMax: interval(3) }),
    cell('b', point(1, 1), { readMs: interval(2, 2), writesLost: interval(9), siblingsMax: interval(1) }),
  ];

  test('firstMeasures are those that the scenario names, if it names any that there are', () => {
    expect(firstMeasures(PAGE_MEASURES, ['readMs', 'nonsense'], cells, 1)).toEqual(['readMs']);
  });

  test('firstMeasures are else those with a clear best, then those that differ, in the order of the table', () => {
    expect(firstMeasures(PAGE_MEASURES, undefined, cells, 1)).toEqual(['writesLost']);
    expect(firstMeasures(PAGE_MEASURES, [], cells, 9)).toEqual(['writesLost', 'readMs', 'siblingsMax']);
  });

  test('firstMeasures of strategies that differ in nothing are the first there are', () => {
    expect(firstMeasures(PAGE_MEASURES, undefined, cells.slice(0, 1), 2)).toEqual(['writesLost', 'readMs']);
  });
});
