/** One measure over the strategies: the mean with its interval, and every single run as a faint stroke behind it. */

import type { Cell } from '../../lab/experiment/result.ts';
import type { PageMeasure } from '../../lab/report/page-data.ts';
import { intervalOf } from './compare.ts';
import { s } from './dom.ts';
import { label, line, type Plot } from './figure.ts';
import { formatFigure, formatRange } from './format.ts';
import type { Look } from './page-context.ts';
import { linearScale } from './scale.ts';
import { pointShape } from './shapes.ts';

const ROW = 38;
const TOP = 2;
const BOTTOM = 26;
const SIDE = 10;

/** The plot of a measure; `cells`: one a strategy, in the order of `looks`. */
export function dotPlot(measure: PageMeasure, cells: readonly (Cell | undefined)[], looks: readonly Look[]): Plot {
  const rows = looks.map((look, at) => {
    const runs = (cells[at]?.runs ?? []).flatMap((run) => run[measure.name] ?? []);
    return { look, runs, interval: intervalOf(cells[at], measure) };
  });
  const values = rows.flatMap(({ runs, interval }) => [
    ...runs,
    ...(interval === null ? [] : [interval.low, interval.high]),
  ]);
  const low = Math.min(0, ...values);
  const high = measure.unit === 'share' && Math.max(...values) > 0.7 ? 1 : Math.max(0, ...values);
  const bottom = TOP + rows.length * ROW;
  const words = rows.map(({ look, interval }) =>
    interval === null
      ? `${look.title}: nothing to measure`
      : `${look.title}: ${formatFigure(interval.mean, measure.unit)}`,
  );
  return {
    title: measure.title,
    about: `${measure.about}${measure.better === 'neither' ? '' : ` · ${measure.better} is better`}`,
    alternative: words.join('; '),
    height: bottom + BOTTOM,
    table: {
      head: ['strategy', 'mean', '95 % interval', 'runs'],
      rows: rows.map(({ look, runs, interval }) => [
        look.title,
        ...(interval === null
          ? ['–', '–']
          : [formatFigure(interval.mean, measure.unit), formatRange(interval, measure.unit)]),
        runs.map((run) => formatFigure(run, measure.unit)).join('  '),
      ]),
    },
    draw: (width) => {
      const scale = linearScale(low, high, SIDE, width - SIDE, width < 320 ? 3 : 4);
      const parts: SVGElement[] = scale.ticks.flatMap((tick) => [
        line(scale.at(tick), TOP, scale.at(tick), bottom, tick === 0 ? 'zero' : 'grid'),
        label(scale.at(tick), bottom + 16, formatFigure(tick, measure.unit), anchorOf(scale.at(tick), width)),
      ]);
      for (const [at, { look, runs, interval }] of rows.entries()) {
        const y = TOP + at * ROW;
        const group = s('g', { 'data-colour': look.colour, class: look.isCairn ? 'row cairn' : 'row' });
        group.append(label(SIDE, y + 14, look.title, 'start', 'name'));
        if (interval === null) group.append(label(width - SIDE, y + 14, 'nothing to measure', 'end', 'value'));
        else {
          const middle = y + 27;
          group.append(label(width - SIDE, y + 14, formatFigure(interval.mean, measure.unit), 'end', 'value'));
          for (const run of runs) group.append(line(scale.at(run), middle - 5, scale.at(run), middle + 5, 'run'));
          group.append(line(scale.at(interval.low), middle, scale.at(interval.high), middle, 'interval'));
          const title = `${look.title}: ${formatFigure(interval.mean, measure.unit)} (${formatRange(interval, measure.unit)})`;
          group.append(pointShape(look.colour, scale.at(interval.mean), middle, title));
        }
        parts.push(group);
      }
      return parts;
    },
  };
}

/** Keeps the text at an edge within the picture. */
export function anchorOf(x: number, width: number): 'start' | 'middle' | 'end' {
  if (x < 24) return 'start';
  return x > width - 24 ? 'end' : 'middle';
}
