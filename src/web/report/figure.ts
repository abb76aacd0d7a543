/** A plot with its title, its sentence, its text alternative, and the table it was drawn from, on demand. */

import { h, s } from './dom.ts';
import type { Look } from './page-context.ts';
import { swatch } from './shapes.ts';

export type Plot = {
  readonly title: string;
  /** How to read it, in a sentence. */
  readonly about: string;
  /** What it shows, for who cannot see it. */
  readonly alternative: string;
  readonly height: number;
  readonly draw: (width: number) => readonly SVGElement[];
  readonly table: { readonly head: readonly string[]; readonly rows: readonly (readonly string[])[] };
};

const WIDTH_LEAST = 240;
const redraw = new WeakMap<Element, (width: number) => void>();
const watcher = new ResizeObserver((entries) => {
  for (const { target, contentRect } of entries) redraw.get(target)?.(contentRect.width);
});

/** The figure of a plot; it is drawn anew at every width. */
export function figureOf({ title, about, alternative, height, draw, table }: Plot): HTMLElement {
  const canvas = h('div', { class: 'plot' });
  let drawn = 0;
  redraw.set(canvas, (given) => {
    const width = Math.max(WIDTH_LEAST, Math.floor(given));
    if (width === drawn) return;
    drawn = width;
    const svg = s('svg', {
      width,
      height,
      viewBox: `0 0 ${width} ${height}`,
      role: 'img',
      'aria-label': `${title}: ${alternative}`,
    });
    svg.append(...draw(width));
    canvas.replaceChildren(svg);
  });
  watcher.observe(canvas);
  return h(
    'figure',
    { class: 'chart' },
    h('figcaption', {}, h('h3', {}, title), h('p', {}, about)),
    canvas,
    h('details', { class: 'as-table' }, h('summary', {}, 'As a table'), tableOf(title, table)),
  );
}

/** Which colour and shape is whose. */
export function legendOf(looks: readonly Look[]): HTMLElement {
  const entries = looks.map((look) => h('li', { 'data-colour': look.colour }, swatch(look.colour), look.title));
  return h('ul', { class: 'legend' }, ...entries);
}

/** A text within a plot. */
export function label(x: number, y: number, text: string, anchor: 'start' | 'middle' | 'end' = 'start', kind = 'tick') {
  return s('text', { x: x.toFixed(1), y: y.toFixed(1), 'text-anchor': anchor, class: kind }, text);
}

/** A straight line within a plot. */
export function line(x1: number, y1: number, x2: number, y2: number, kind: string): SVGLineElement {
  return s('line', { x1: x1.toFixed(1), y1: y1.toFixed(1), x2: x2.toFixed(1), y2: y2.toFixed(1), class: kind });
}

function tableOf(title: string, { head, rows }: Plot['table']): HTMLElement {
  const cell = (text: string, at: number) => (at === 0 ? h('th', { scope: 'row' }, text) : h('td', {}, text));
  return h(
    'div',
    { class: 'scroll', tabindex: 0, role: 'region', 'aria-label': `${title}, as a table` },
    h(
      'table',
      { class: 'data' },
      h('thead', {}, h('tr', {}, ...head.map((text) => h('th', { scope: 'col' }, text)))),
      h('tbody', {}, ...rows.map((row) => h('tr', {}, ...row.map(cell)))),
    ),
  );
}
