/** Many runs as one: of each measure its mean with a 95 % interval, of each series its sum. */

import { MEASURE_NAMES, type MeasureName, type Measures } from './measures.ts';
import type { Interval } from './result.ts';
import type { Series } from './run-setting.ts';

/** Figures keep this many places, so that the last bit of a sum decides nothing. */
const PLACES = 1e6;

/** Of each measure; null where no run had anything to measure. */
export function summaryOf(runs: readonly Measures[]): Readonly<Record<MeasureName, Interval | null>> {
  const entries = MEASURE_NAMES.map((name) => [name, intervalOf(runs.flatMap((run) => run[name] ?? []))] as const);
  return Object.fromEntries(entries) as Record<MeasureName, Interval | null>; // as: one for each name
}

/** The mean of figures, and between which bounds it lies in 95 of 100 such samples (Student's t). */
export function intervalOf(figures: readonly number[]): Interval | null {
  const runs = figures.length;
  if (runs === 0) return null;
  const mean = figures.reduce((sum, figure) => sum + figure, 0) / runs;
  if (runs === 1) return { mean: rounded(mean), low: rounded(mean), high: rounded(mean), runs };
  const squares = figures.reduce((sum, figure) => sum + (figure - mean) * (figure - mean), 0);
  const half = studentT(runs - 1) * Math.sqrt(squares / (runs - 1) / runs);
  return { mean: rounded(mean), low: rounded(mean - half), high: rounded(mean + half), runs };
}

/** Summed over runs; tombstones: the mean of those runs that were still under way. */
export function addSeries(all: readonly Series[]): Series {
  const visibility = new Map<number, { reads: number; fresh: number }>();
  for (const { visibility: points } of all) {
    for (const { sinceMs, reads, fresh } of points) {
      const sum = visibility.get(sinceMs) ?? { reads: 0, fresh: 0 };
      visibility.set(sinceMs, { reads: sum.reads + reads, fresh: sum.fresh + fresh });
    }
  }
  const columns = (of: 'siblings' | 'behind' | 'tombstones'): readonly (readonly number[])[] =>
    Array.from({ length: Math.max(0, ...all.map((series) => series[of].length)) }, (_, at) =>
      all.flatMap((series) => series[of][at] ?? []),
    );
  const sum = (column: readonly number[]): number => column.reduce((total, one) => total + one, 0);
  return {
    visibility: [...visibility]
      .sort(([one], [other]) => one - other)
      .map(([sinceMs, counts]) => ({ sinceMs, ...counts })),
    siblings: columns('siblings').map(sum),
    behind: columns('behind').map(sum),
    tombstones: columns('tombstones').map((column) => rounded(sum(column) / column.length)),
  };
}

/** The 97.5 % points of Student's t for 1 to 30 degrees of freedom. */
const POINTS: readonly number[] = [
  ...[12.7062, 4.3027, 3.1824, 2.7764, 2.5706, 2.4469, 2.3646, 2.306, 2.2622, 2.2281],
  ...[2.201, 2.1788, 2.1604, 2.1448, 2.1314, 2.1199, 2.1098, 2.1009, 2.093, 2.086],
  ...[2.0796, 2.0739, 2.0687, 2.0639, 2.0595, 2.0555, 2.0518, 2.0484, 2.0452, 2.0423],
];
/** That of the normal distribution. */
const NORMAL = 1.959964;

/** The 97.5 % point of Student's t; beyond the table by the first terms of its expansion about the normal one. */
export function studentT(freedom: number): number {
  const point = POINTS[freedom - 1];
  if (point !== undefined) return point;
  const cube = NORMAL * NORMAL * NORMAL;
  const first = (cube + NORMAL) / 4;
  const second = (5 * cube * NORMAL * NORMAL + 16 * cube + 3 * NORMAL) / 96;
  return NORMAL + first / freedom + second / (freedom * freedom);
}

function rounded(figure: number): number {
  return Math.round(figure * PLACES) / PLACES + 0;
}
