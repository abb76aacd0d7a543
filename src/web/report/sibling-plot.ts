/** How many values a read was shown: the share of reads by the number of siblings, a row of bars a strategy. */

import type { Cell } from '../../lab/experiment/result.ts';
import { s } from './dom.ts';
import { label, line, type Plot } from './figure.ts';
import { formatFigure } from './format.ts';
import type { Look } from './page-context.ts';

/** More siblings than this share a bar. */
const BARS_MAX = 6;
const ROW = 64;
const BOTTOM = 40;
const SIDE = 10;

/** The plot of siblings. */
export function siblingPlot(cells: readonly (Cell | undefined)[], looks: readonly Look[]): Plot {
  const most = Math.max(1, ...cells.map((cell) => (cell?.series.siblings.length ?? 1) - 1));
  const bars = Math.min(most, BARS_MAX) + 1;
  const names = Array.from({ length: bars }, (_, at) =>
    at === BARS_MAX && most > BARS_MAX ? `${at} or more` : String(at),
  );
  const rows = looks.map((look, at) => {
    const counts = cells[at]?.series.siblings ?? [];
    const all = counts.reduce((sum, count) => sum + count, 0);
    const shares = names.map((_, bar) => {
      const part = bar === BARS_MAX ? counts.slice(bar).reduce((sum, count) => sum + count, 0) : (counts[bar] ?? 0);
      return all === 0 ? 0 : part / all;
    });
    return { look, shares };
  });
  return {
    title: 'values shown by a read',
    about: '0: the key is not there · 1: no conflict · more: siblings',
    alternative: rows
      .map(
        ({ look, shares }) =>
          `${look.title}: ${formatFigure(
            shares.slice(2).reduce((a, b) => a + b, 0),
            'share',
          )} of reads show siblings`,
      )
      .join('; '),
    height: rows.length * ROW + BOTTOM,
    table: {
      head: ['values shown', ...looks.map(({ title }) => title)],
      rows: names.map((name, bar) => [name, ...rows.map(({ shares }) => formatFigure(shares[bar] ?? 0, 'share'))]),
    },
    draw: (width) => {
      const step = (width - 2 * SIDE) / bars;
      const bottom = rows.length * ROW;
      const parts: SVGElement[] = [];
      for (const [at, { look, shares }] of rows.entries()) {
        const base = (at + 1) * ROW - 4;
        const group = s('g', { 'data-colour': look.colour, class: look.isCairn ? 'row cairn' : 'row' });
        group.append(
          label(SIDE, base - ROW + 17, look.title, 'start', 'name'),
          line(SIDE, base, width - SIDE, base, 'zero'),
        );
        for (const [bar, share] of shares.entries()) {
          const height = share * (ROW - 34);
          const x = SIDE + bar * step + step * 0.18;
          const attributes = { x: x.toFixed(1), y: (base - height).toFixed(1), width: (step * 0.64).toFixed(1) };
          const text = share === 0 ? undefined : formatFigure(share, 'share');
          group.append(s('rect', { ...attributes, height: height.toFixed(1), class: 'bar' }));
          if (text !== undefined)
            group.append(label(x + step * 0.32, base - height - 4, text, 'middle', 'value small'));
        }
        parts.push(group);
      }
      for (const [bar, name] of names.entries())
        parts.push(label(SIDE + (bar + 0.5) * step, bottom + 14, name, 'middle'));
      parts.push(label(width / 2, bottom + 34, 'values shown', 'middle', 'axis'));
      return parts;
    },
  };
}
