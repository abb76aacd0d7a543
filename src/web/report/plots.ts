/** The section of plots: chosen measures over the strategies, over the sweep, and what time shows. */

import type { MeasureName } from '../../lab/experiment/measures.ts';
import type { Point } from '../../lab/experiment/result.ts';
import { cellsAt, type Dimension, firstMeasures, intervalOf, pointWords, variedDimensions, wordOf } from './compare.ts';
import { h, picker } from './dom.ts';
import { dotPlot } from './dot-plot.ts';
import { figureOf, legendOf } from './figure.ts';
import { formatFigure } from './format.ts';
import { type Line, type LinePoint, linePlot } from './line-plot.ts';
import { measureOf, type PageContext } from './page-context.ts';
import { wilson } from './scale.ts';
import { siblingPlot } from './sibling-plot.ts';

const FIRST_MOST = 6;

/** Fills the section. */
export function showPlots(section: HTMLElement, context: PageContext): void {
  const { data, looks } = context;
  const { points, scenario } = data.result;
  const varied = variedDimensions(points);
  const chosen = new Set(
    firstMeasures(data.measures, scenario.measures, cellsAt(data.result, context.point()), FIRST_MOST),
  );
  const dots = h('div', { class: 'charts' });
  const sweeps = h('div', { class: 'charts' });
  const times = h('div', { class: 'charts wide' });
  const where = h('span', { class: 'point-words' });
  let over = varied[0];
  const draw = (): void => {
    const cells = cellsAt(data.result, context.point());
    const measures = data.measures.filter(({ name }) => chosen.has(name));
    where.textContent = points.length > 1 ? ` at ${pointWords(context.point(), varied)}` : '';
    dots.replaceChildren(...measures.map((measure) => figureOf(dotPlot(measure, cells, looks))));
    times.replaceChildren(
      ...[visibilityFigure(context), figureOf(siblingPlot(cells, looks)), tombstoneFigure(context)].filter(isThere),
    );
    if (over === undefined) return;
    const dimension = over;
    sweeps.replaceChildren(...measures.map(({ name }) => sweepFigure(context, name, dimension, varied)));
  };
  const figures: HTMLElement[] = [h('h3', { class: 'part' }, 'Means and intervals', where), dots];
  if (over !== undefined) {
    // Dimensions that go together give the same plot.
    const apart = varied.filter((one, at) => !varied.slice(0, at).some((other) => isTied(points, other, one)));
    const choose = picker('by', apart.map(wordOf), 0, (at) => {
      over = apart[at];
      draw();
    });
    figures.push(h('h3', { class: 'part' }, 'Over the settings'));
    if (apart.length > 1) figures.push(h('p', { class: 'controls' }, choose));
    figures.push(legendOf(looks), sweeps);
  }
  figures.push(h('h3', { class: 'part' }, 'Freshness, siblings and tombstones'), legendOf(looks), times);
  section.append(chooser(context, chosen, draw), ...figures);
  context.onPoint(draw);
  draw();
}

/** Which measures are plotted. */
function chooser({ data }: PageContext, chosen: Set<MeasureName>, draw: () => void): HTMLElement {
  const boxes = data.measures.map(({ name, title, about }) => {
    const box = h('input', { type: 'checkbox', checked: chosen.has(name) });
    box.addEventListener('change', () => {
      if (box.checked) chosen.add(name);
      else chosen.delete(name);
      draw();
    });
    return h('label', { title: about }, box, ` ${title}`);
  });
  return h(
    'details',
    { class: 'chooser' },
    h('summary', {}, 'Choose what is plotted'),
    h('div', { class: 'boxes', role: 'group', 'aria-label': 'Measures that are plotted' }, ...boxes),
  );
}

/** A measure over one dimension of the sweep; the others stay at the chosen point. */
function sweepFigure(
  { data, looks, point }: PageContext,
  name: MeasureName,
  over: Dimension,
  varied: readonly Dimension[],
): HTMLElement {
  const measure = measureOf(data, name);
  const fixed = varied.filter((dimension) => dimension !== over && !isTied(data.result.points, over, dimension));
  const points = data.result.points.filter((one) => fixed.every((dimension) => one[dimension] === point()[dimension]));
  const xs = [...new Set(points.map((one) => one[over]))];
  const shareOf = (one: Point): number =>
    xs.length < 2 ? 0.5 : 0.04 + (0.92 * xs.indexOf(one[over])) / (xs.length - 1);
  const tied = varied.filter((dimension) => dimension !== over && !fixed.includes(dimension));
  const lines = looks.map((look, at): Line => {
    const found = points.flatMap((one): LinePoint[] => {
      const interval = intervalOf(cellsAt(data.result, one)[at], measure);
      return interval === null ? [] : [{ ...interval, x: shareOf(one), label: String(one[over]) }];
    });
    return { look, points: found };
  });
  const together = tied.length === 0 ? '' : ` (with ${tied.map(wordOf).join(', ')})`;
  return figureOf(
    linePlot(lines, {
      ...{ title: measure.title, unit: measure.unit, hasPoints: true },
      about: fixed.length === 0 ? measure.about : `${measure.about} · at ${pointWords(point(), fixed)}`,
      xTitle: `${wordOf(over)}${together}`,
      xTicks: points.map((one) => [shareOf(one), String(one[over])] as const),
    }),
  );
}

/** Whether one dimension is always the same where the other is: then they go together. */
function isTied(points: readonly Point[], over: Dimension, other: Dimension): boolean {
  const seen = new Map<string | number, string | number>();
  for (const point of points) {
    if (seen.has(point[over]) && seen.get(point[over]) !== point[other]) return false;
    seen.set(point[over], point[other]);
  }
  return true;
}

function visibilityFigure({ data, looks, point }: PageContext): HTMLElement | undefined {
  const cells = cellsAt(data.result, point());
  const most = Math.max(0, ...cells.flatMap((cell) => cell?.series.visibility.map(({ sinceMs }) => sinceMs) ?? []));
  if (most === 0) return undefined;
  const place = (ms: number): number => Math.log10(1 + ms) / Math.log10(1 + most);
  const lines = looks.map((look, at): Line => {
    const seen = cells[at]?.series.visibility ?? [];
    const points = seen.map(({ sinceMs, reads, fresh }): LinePoint => {
      const [low, high] = wilson(fresh, reads);
      return {
        x: place(sinceMs),
        label: formatFigure(sinceMs, 'ms'),
        mean: reads === 0 ? 0 : fresh / reads,
        low,
        high,
      };
    });
    return { look, points };
  });
  const times = [...new Set(cells.flatMap((cell) => cell?.series.visibility.map(({ sinceMs }) => sinceMs) ?? []))];
  return figureOf(
    linePlot(lines, {
      title: 'fresh reads by time since the newest acknowledgement',
      about: 'share of reads that reflect every write acknowledged before they began; bars: 95 % (Wilson)',
      xTitle: 'ms since the newest acknowledgement',
      ...{ unit: 'share', hasPoints: true },
      xTicks: times.sort((one, other) => one - other).map((ms) => [place(ms), formatFigure(ms, 'count')] as const),
    }),
  );
}

function tombstoneFigure({ data, looks, point }: PageContext): HTMLElement {
  const cells = cellsAt(data.result, point());
  const lines = looks.map((look, at): Line => {
    const samples = cells[at]?.series.tombstones ?? [];
    const points = samples.map((mean, step): LinePoint => {
      const x = step / Math.max(1, samples.length - 1);
      return { ...{ x, mean, low: mean, high: mean }, label: `${Math.round(x * 100)} %` };
    });
    return { look, points };
  });
  return figureOf(
    linePlot(lines, {
      title: 'tombstones over the run',
      about: 'traces of deletes held by all replicas together; mean over seeds',
      xTitle: 'part of the planned time; the last point: settled',
      ...{ unit: 'count', hasPoints: false },
      xTicks: [0, 0.25, 0.5, 0.75, 1].map((x) => [x, `${x * 100} %`] as const),
    }),
  );
}

function isThere(element: HTMLElement | undefined): element is HTMLElement {
  return element !== undefined;
}
