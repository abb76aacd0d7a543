/** Where lanes and moments lie on the diagram, in pixels; and which mark lies under a finger. */

import type { Mark } from './run-model.ts';
import type { TimeWindow } from './time-window.ts';

export type Layout = {
  readonly width: number;
  readonly height: number;
  /** The plot begins here: left of it are the names of lanes. */
  readonly left: number;
  readonly right: number;
  readonly isNarrow: boolean;
  readonly laneY: (lane: number) => number;
  readonly gap: number;
  readonly timeX: (at: number) => number;
  readonly timeAt: (x: number) => number;
};

/** A mark as it was drawn: a point, or a line when it has a second end. */
export type Drawn = {
  readonly mark: Mark;
  readonly x: number;
  readonly y: number;
  readonly end?: readonly [x: number, y: number];
};

const TOP = 40;
const BOTTOM = 36;
const NARROW = 560;
const LANES_TALL = 8;
const LANES_FEW = 4;

/** How tall a diagram of so many lanes is. */
export function heightOf(lanes: number, width: number): number {
  return TOP + 6 + (Math.max(1, lanes) - 0.5) * gapOf(lanes, width) + BOTTOM;
}

/** Lays a diagram out. */
export function layoutOf(lanes: number, width: number, window: TimeWindow): Layout {
  const isNarrow = width < NARROW;
  const left = isNarrow ? 34 : 86;
  const right = width - 14;
  const gap = gapOf(lanes, width);
  const perMs = (right - left) / (window.to - window.from);
  return {
    ...{ width, height: heightOf(lanes, width), left, right, isNarrow, gap },
    laneY: (lane) => TOP + 6 + lane * gap,
    timeX: (at) => left + (at - window.from) * perMs,
    timeAt: (x) => window.from + (x - left) / perMs,
  };
}

/** The mark nearest to a place, if any is within reach; points come before lines. */
export function hitAt(drawn: readonly Drawn[], x: number, y: number, reach: number): Mark | undefined {
  let found: Mark | undefined;
  let nearest = reach;
  for (const one of drawn) {
    if (one.end !== undefined) continue;
    const distance = Math.hypot(one.x - x, one.y - y) - (one.mark.kind === 'anomaly' ? 3 : 0);
    if (distance > nearest) continue;
    nearest = distance;
    found = one.mark;
  }
  if (found !== undefined) return found;
  nearest = reach * 0.6;
  for (const one of drawn) {
    if (one.end === undefined) continue;
    const distance = distanceToLine(x, y, one.x, one.y, one.end);
    if (distance > nearest) continue;
    nearest = distance;
    found = one.mark;
  }
  return found;
}

function distanceToLine(x: number, y: number, x1: number, y1: number, [x2, y2]: readonly [number, number]): number {
  const [dx, dy] = [x2 - x1, y2 - y1];
  const along = Math.min(1, Math.max(0, ((x - x1) * dx + (y - y1) * dy) / (dx * dx + dy * dy || 1)));
  return Math.hypot(x - x1 - along * dx, y - y1 - along * dy);
}

function gapOf(lanes: number, width: number): number {
  if (lanes > LANES_TALL) return 40;
  if (width < NARROW) return 58;
  return lanes <= LANES_FEW ? 110 : 80;
}
