/**
 * `tsx bench/performance-doc.ts FIGURES.json`: puts the figures of `npm run --silent bench -- --json > FIGURES.json`
 * into the tables of docs/performance.md, between its marks; the prose around them is written by hand.
 */

import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { type BenchResult, type Figure, formatFigure, formatSummary, limitOf, markOf, PARTS } from './report.ts';

const target: string = fileURLToPath(new URL('../docs/performance.md', import.meta.url));

/** The text with the tables of `result` between its marks. */
export function fillTables(text: string, result: BenchResult): string {
  let filled = between(text, 'summary', `${formatSummary(result.figures)} (Node ${result.node}, ${result.platform}).`);
  for (const part of PARTS) {
    const figures = result.figures.filter((figure) => figure.part === part);
    if (figures.length > 0) filled = between(filled, part, tableOf(figures, `npm run bench -- --only ${part}`));
  }
  return filled;
}

function tableOf(figures: readonly Figure[], command: string): string {
  const head = ['measure', 'floor', 'aim', 'measured', '', 'made of', 'command'];
  const rows = figures.map((figure) => [
    figure.name,
    limitOf(figure, 'floor'),
    limitOf(figure, 'aim'),
    formatFigure(figure.value, figure.unit),
    markOf(figure),
    figure.note ?? '',
    `\`${command}\``,
  ]);
  return [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

/** The text with `content` between the marks of `name`. */
export function between(text: string, name: string, content: string): string {
  const from = `<!-- ${name} -->\n`;
  const to = `\n<!-- end of ${name} -->`;
  const start = text.indexOf(from);
  const end = text.indexOf(to, start);
  if (start === -1 || end === -1) throw new Error(`docs/performance.md has no marks for ${name}.`);
  return text.slice(0, start + from.length) + content + text.slice(end);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [file] = process.argv.slice(2);
  if (file === undefined) throw new TypeError('Cannot fill docs/performance.md: name the file with the figures');
  const result: BenchResult = JSON.parse(readFileSync(file, 'utf8'));
  if (result.small) throw new TypeError('Cannot fill docs/performance.md: these are figures of a small run');
  writeFileSync(target, fillTables(readFileSync(target, 'utf8'), result));
}
