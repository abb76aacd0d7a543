/** A figure over something, a line a strategy, with intervals where there are any. */

import type { MeasureUnit } from '../../lab/experiment/measures.ts';
import { s } from './dom.ts';
import { anchorOf } from './dot-plot.ts';
import { label, line, type Plot } from './figure.ts';
import { formatFigure, formatRange } from './format.ts';
import type { Look } from './page-context.ts';
import { linearScale } from './scale.ts';
import { pointShape } from './shapes.ts';

/** `x`: a share of the width. */
export type LinePoint = {
  readonly x: number;
  readonly label: string;
  readonly mean: number;
  readonly low: number;
  readonly high: number;
};

export type Line = { readonly look: Look; readonly points: readonly LinePoint[] };

export type LineWords = Pick<Plot, 'title' | 'about'> & {
  readonly xTitle: string;
  readonly unit: MeasureUnit;
  /** Places and words of the axis; a share of the width each. */
  readonly xTicks: readonly (readonly [number, string])[];
  readonly hasPoints: boolean;
};

const HEIGHT = 210;
const TOP = 10;
const BOTTOM = 44;
const LEFT = 52;
const RIGHT = 14;

/** The plot of lines. */
export function linePlot(lines: readonly Line[], words: LineWords): Plot {
  const { unit, xTicks, hasPoints } = words;
  const all = lines.flatMap(({ points }) => points);
  const high = Math.max(...all.map((point) => point.high), 0);
  const labels = [...new Map(all.map((point) => [point.label, point.x])).entries()].sort(([, a], [, b]) => a - b);
  const ends = lines.flatMap(({ look, points }) => {
    const [first, last] = [points[0], points.at(-1)];
    if (first === undefined || last === undefined) return [];
    return `${look.title} from ${formatFigure(first.mean, unit)} to ${formatFigure(last.mean, unit)}`;
  });
  return {
    ...{ title: words.title, about: words.about, height: HEIGHT },
    alternative: ends.join('; '),
    table: {
      head: [words.xTitle, ...lines.map(({ look }) => look.title)],
      rows: labels.map(([name]) => [
        name,
        ...lines.map(({ points }) => {
          const point = points.find((one) => one.label === name);
          if (point === undefined) return '–';
          const range = point.low === point.high ? '' : ` (${formatRange({ ...point, runs: 0 }, unit)})`;
          return `${formatFigure(point.mean, unit)}${range}`;
        }),
      ]),
    },
    draw: (width) => {
      const bottom = HEIGHT - BOTTOM;
      const scale = linearScale(0, unit === 'share' && high > 0.6 ? 1 : high, bottom, TOP, 4);
      const xAt = (share: number): number => LEFT + share * (width - LEFT - RIGHT);
      const parts: SVGElement[] = scale.ticks.flatMap((tick) => [
        line(LEFT, scale.at(tick), width - RIGHT, scale.at(tick), tick === 0 ? 'zero' : 'grid'),
        label(LEFT - 8, scale.at(tick) + 4, formatFigure(tick, unit), 'end'),
      ]);
      let free = Number.NEGATIVE_INFINITY;
      for (const [share, text] of xTicks) {
        const half = text.length * 3.4;
        if (xAt(share) - half < free) continue;
        free = xAt(share) + half + 6;
        parts.push(label(xAt(share), bottom + 17, text, share === 0 ? 'middle' : anchorOf(xAt(share), width)));
      }
      parts.push(label((LEFT + width - RIGHT) / 2, HEIGHT - 6, words.xTitle, 'middle', 'axis'));
      // Cairn last, so that it lies on top.
      for (const { look, points } of [...lines].sort(
        (one, other) => Number(one.look.isCairn) - Number(other.look.isCairn),
      )) {
        const group = s('g', { 'data-colour': look.colour, class: look.isCairn ? 'series cairn' : 'series' });
        const path = points.map(
          ({ x, mean }, at) => `${at === 0 ? 'M' : 'L'}${xAt(x).toFixed(1)} ${scale.at(mean).toFixed(1)}`,
        );
        group.append(s('path', { d: path.join(''), class: 'line' }));
        for (const { x, mean, low, high: top, label: name } of hasPoints ? points : []) {
          if (low !== top) group.append(line(xAt(x), scale.at(low), xAt(x), scale.at(top), 'interval'));
          group.append(
            pointShape(look.colour, xAt(x), scale.at(mean), `${look.title}, ${name}: ${formatFigure(mean, unit)}`),
          );
        }
        parts.push(group);
      }
      return parts;
    },
  };
}
