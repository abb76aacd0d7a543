/** What every part of the page shares: the data, and how each strategy looks. */

import type { Point, StrategyInfo } from '../../lab/experiment/result.ts';
import type { PageData, PageMeasure } from '../../lab/report/page-data.ts';

/** A strategy with the number of its colour and shape; 0 is kept for Cairn. */
export type Look = StrategyInfo & { readonly colour: number; readonly isCairn: boolean };

export type PageContext = {
  readonly data: PageData;
  readonly looks: readonly Look[];
  /** The point that table and plots show; parts that depend on it are told. */
  readonly point: () => Point;
  readonly setPoint: (point: Point) => void;
  readonly onPoint: (listener: () => void) => void;
};

const COLOURS = 9;

/** The context of a page; the first point is shown at first. Throws: Error without any point. */
export function openContext(data: PageData): PageContext {
  let point = data.result.points[0];
  if (point === undefined) throw new Error('Cannot show the result: it has no point');
  const listeners: (() => void)[] = [];
  const start = point;
  return {
    data,
    looks: looksOf(data.result.strategies),
    point: () => point ?? start,
    setPoint: (next) => {
      point = next;
      for (const listener of listeners) listener();
    },
    onPoint: (listener) => void listeners.push(listener),
  };
}

/** Cairn has its own colour in every report; the others take theirs in order. */
export function looksOf(strategies: readonly StrategyInfo[]): readonly Look[] {
  let next = 0;
  return strategies.map((info) => {
    const isCairn = info.name === 'cairn';
    if (isCairn) return { ...info, colour: 0, isCairn };
    next += 1;
    return { ...info, colour: ((next - 1) % (COLOURS - 1)) + 1, isCairn };
  });
}

/** A measure by its name. Throws: Error for one that the data does not describe. */
export function measureOf(data: PageData, name: string): PageMeasure {
  const found = data.measures.find((measure) => measure.name === name);
  if (found === undefined) throw new Error(`Cannot show ${name}: it is no known measure`);
  return found;
}
