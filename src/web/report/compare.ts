/** What of a result differs, and who is best at it: what the table marks and the plots begin with. */

import type { MeasureName } from '../../lab/experiment/measures.ts';
import type { Cell, ExperimentResult, Interval, Point } from '../../lab/experiment/result.ts';
import type { PageMeasure } from '../../lab/report/page-data.ts';

/** The choices of a sweep, in the order of their words. */
export const DIMENSIONS = ['replicas', 'r', 'w', 'network'] as const;
export type Dimension = (typeof DIMENSIONS)[number];

const WORDS: Readonly<Record<Dimension, string>> = { replicas: 'replicas', r: 'R', w: 'W', network: 'network' };

/** A dimension as plots name it. */
export function wordOf(dimension: Dimension): string {
  return WORDS[dimension];
}

/** The cells of a point, one for each strategy, in the order of strategies. */
export function cellsAt({ cells, strategies }: ExperimentResult, point: Point): readonly (Cell | undefined)[] {
  return strategies.map(({ name }) => cells.find((cell) => cell.strategy === name && isSamePoint(cell.point, point)));
}

/** Whether two points are the same choices. */
export function isSamePoint(one: Point, other: Point): boolean {
  return DIMENSIONS.every((dimension) => one[dimension] === other[dimension]);
}

/** The dimensions in which the points of a result differ. */
export function variedDimensions(points: readonly Point[]): readonly Dimension[] {
  return DIMENSIONS.filter((dimension) => new Set(points.map((point) => point[dimension])).size > 1);
}

/** A point in words; given what varies, only that. */
export function pointWords(point: Point, varied: readonly Dimension[] = DIMENSIONS): string {
  const named = varied.length === 0 ? DIMENSIONS : varied;
  return named
    .map((dimension) => {
      if (dimension === 'network') return `network ${point.network}`;
      return dimension === 'replicas' ? `${point.replicas} replicas` : `${WORDS[dimension]} ${point[dimension]}`;
    })
    .join(', ');
}

/** What a cell shows of a measure: no figure here can be less than 0, nor a share more than 1, so no interval reaches there. */
export function intervalOf(cell: Cell | undefined, { name, unit }: PageMeasure): Interval | null {
  const interval = cell?.summary[name] ?? null;
  if (interval === null) return null;
  const most = unit === 'share' ? 1 : Number.POSITIVE_INFINITY;
  return { ...interval, low: Math.max(0, interval.low), high: Math.min(most, interval.high) };
}

/** Whether the strategies differ in a measure at all. */
export function isDiffering(intervals: readonly (Interval | null)[]): boolean {
  return new Set(intervals.map((one) => (one === null ? '' : `${one.mean} ${one.low} ${one.high}`))).size > 1;
}

/**
 * The places of the best: of the best mean, and of those whose interval overlaps its own. None where there is no better,
 * or where that would be all.
 */
export function bestOf(intervals: readonly (Interval | null)[], better: PageMeasure['better']): ReadonlySet<number> {
  const known = intervals.filter((one) => one !== null);
  if (better === 'neither' || known.length < 2) return new Set();
  const sign = better === 'less' ? 1 : -1;
  const best = known.reduce((one, other) => (other.mean * sign < one.mean * sign ? other : one));
  const reaches = (one: Interval): boolean => one.low <= best.high && one.high >= best.low;
  const places = intervals.flatMap((one, at) => (one !== null && reaches(one) ? [at] : []));
  return new Set(places.length === known.length ? [] : places);
}

/**
 * The measures that plots show first: those the scenario names, else those in which strategies differ, a clear best
 * before the others; where none differs, the first there are.
 */
export function firstMeasures(
  measures: readonly PageMeasure[],
  wanted: readonly string[] | undefined,
  cells: readonly (Cell | undefined)[],
  most: number,
): readonly MeasureName[] {
  const named = (wanted ?? []).flatMap((name) => measures.find((measure) => measure.name === name)?.name ?? []);
  if (named.length > 0) return named;
  const intervals = (measure: PageMeasure) => cells.map((cell) => intervalOf(cell, measure));
  const differing = measures.filter((measure) => isDiffering(intervals(measure)));
  if (differing.length === 0) {
    const known = measures.filter((measure) => intervals(measure).some((one) => one !== null));
    return known.slice(0, most).map(({ name }) => name);
  }
  const clear = differing.filter((measure) => bestOf(intervals(measure), measure.better).size > 0);
  const chosen = [...clear, ...differing.filter((measure) => !clear.includes(measure))].slice(0, most);
  return measures.filter((measure) => chosen.includes(measure)).map(({ name }) => name);
}
