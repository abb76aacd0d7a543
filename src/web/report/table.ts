/** The side-by-side table: a row a measure, a column a strategy; what does not differ is folded away. */

import type { Cell } from '../../lab/experiment/result.ts';
import type { MeasureGroup, PageMeasure } from '../../lab/report/page-data.ts';
import { bestOf, cellsAt, intervalOf, isDiffering, pointWords, variedDimensions } from './compare.ts';
import { button, h, picker } from './dom.ts';
import { counted, formatFigure, formatRange } from './format.ts';
import type { PageContext } from './page-context.ts';
import { swatch } from './shapes.ts';

const GROUPS: readonly (readonly [MeasureGroup, string])[] = [
  ['losses', 'Losses'],
  ['consistency', 'Consistency'],
  ['cost', 'Cost'],
  ['latency', 'Latency'],
];

/** Fills the section with the table, and keeps it at the chosen point. */
export function showTable(section: HTMLElement, context: PageContext): void {
  const { looks } = context;
  const { points, seeds } = context.data.result;
  const varied = variedDimensions(points);
  const place = h('div', { class: 'scroll', tabindex: 0, role: 'region', 'aria-label': 'Measures side by side' });
  let isUnfolded = false;
  const draw = (): void => {
    const { table, folded } = tableOf(context, isUnfolded);
    place.replaceChildren(table);
    toggle.hidden = folded === 0;
    toggle.textContent = isUnfolded
      ? 'Fold away what does not differ'
      : `${counted(folded, 'measure')} in which nothing ${looks.length === 1 ? 'was there to measure' : 'differs'}`;
    toggle.setAttribute('aria-expanded', String(isUnfolded));
  };
  const toggle = button('', { class: 'quiet' }, () => {
    isUnfolded = !isUnfolded;
    draw();
  });
  const spread = seeds.length > 1 ? `Means over ${seeds.length} seeds; beneath, their 95 % interval.` : 'One seed.';
  section.append(
    h(
      'p',
      { class: 'lead' },
      looks.length === 1
        ? spread
        : `${spread} A ✓ marks the best, and whoever cannot be told from it because the intervals overlap.`,
    ),
  );
  if (points.length > 1) {
    const words = points.map((point) => pointWords(point, varied));
    const choose = picker('Setting', words, points.indexOf(context.point()), (at) => {
      const point = points[at];
      if (point !== undefined) context.setPoint(point);
    });
    section.append(h('p', { class: 'controls' }, choose));
  }
  section.append(place, toggle);
  context.onPoint(draw);
  draw();
}

function tableOf(context: PageContext, isUnfolded: boolean): { table: HTMLTableElement; folded: number } {
  const { data, looks } = context;
  const cells = cellsAt(data.result, context.point());
  const head = looks.map((look) =>
    h(
      'th',
      { scope: 'col', 'data-colour': look.colour, class: look.isCairn ? 'cairn' : undefined, title: look.rule },
      swatch(look.colour),
      h('span', {}, look.title),
    ),
  );
  const table = h(
    'table',
    { class: 'compare' },
    h('caption', { class: 'hidden' }, 'Measures of each strategy'),
    h('thead', {}, h('tr', {}, h('td', {}), ...head)),
  );
  let folded = 0;
  for (const [group, title] of GROUPS) {
    const rows: HTMLElement[] = [];
    for (const measure of data.measures) {
      if (measure.group !== group) continue;
      // Of one strategy alone, all is shown that there is.
      const intervals = cells.map((cell) => intervalOf(cell, measure));
      const isSame = cells.length === 1 ? intervals[0] === null : !isDiffering(intervals);
      if (isSame) folded += 1;
      if (!isSame || isUnfolded || isAsked(measure, data.result.scenario.measures))
        rows.push(rowOf(measure, cells, context));
    }
    if (rows.length === 0) continue;
    const heading = h('tr', { class: 'group' }, h('th', { scope: 'rowgroup', colspan: looks.length + 1 }, title));
    table.append(h('tbody', {}, heading, ...rows));
  }
  return { table, folded };
}

function isAsked({ name }: PageMeasure, wanted: readonly string[] | undefined): boolean {
  return wanted?.includes(name) ?? false;
}

function rowOf(measure: PageMeasure, cells: readonly (Cell | undefined)[], { looks }: PageContext): HTMLElement {
  const intervals = cells.map((cell) => intervalOf(cell, measure));
  const best = bestOf(intervals, measure.better);
  const figures = intervals.map((interval, at) => {
    const isBest = best.has(at);
    const names = [isBest ? 'best' : '', looks[at]?.isCairn ? 'cairn' : ''].join(' ').trim();
    if (interval === null) return h('td', { class: `none ${names}`.trim() }, '–');
    const isSpread = interval.low !== interval.high;
    return h(
      'td',
      { class: names },
      h(
        'span',
        { class: 'mean' },
        isBest ? h('span', { class: 'tick', title: 'best', role: 'img', 'aria-label': 'best:' }, '✓') : undefined,
        formatFigure(interval.mean, measure.unit),
      ),
      isSpread ? h('span', { class: 'range' }, formatRange(interval, measure.unit)) : undefined,
    );
  });
  const better = measure.better === 'neither' ? '' : `; ${measure.better} is better`;
  const name = h(
    'th',
    { scope: 'row', title: `${measure.about}${better}` },
    measure.title,
    h('span', { class: 'about-measure' }, measure.about),
  );
  return h('tr', {}, name, ...figures);
}
