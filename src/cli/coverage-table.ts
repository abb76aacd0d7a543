/** What struck in a number of simulated runs, as a table for people: kinds of faults, and which met in one run. */

import type { Coverage } from '../sim/coverage.ts';
import { count, type Paint } from './terminal.ts';

const NAME_WIDTH = 22;

/** A line a kind that struck: how often, in how many runs, with how many of the others; then those that never did. */
export function coverageTable(coverage: Coverage, paint: Paint): string {
  const { kinds, pairs } = coverage.toData();
  const struck = kinds.filter(([, times]) => times > 0);
  const never = kinds.filter(([, times]) => times === 0).map(([kind]) => kind);
  const met = pairs.filter(([, , runs]) => runs > 0);
  const width = NAME_WIDTH;
  const lines = [
    paint.bold(
      `${'fault'.padEnd(width)}${'struck'.padStart(12)}${'in runs'.padStart(10)}${'beside others'.padStart(16)}`,
    ),
    ...struck.map(([kind, times, runs]) => {
      const beside = met.filter(([one, other]) => one === kind || other === kind).length;
      return `${kind.padEnd(width)}${count(times).padStart(12)}${count(runs).padStart(10)}${`${beside} of ${kinds.length - 1}`.padStart(16)}`;
    }),
    ...wrapped('never: ', never),
    `${struck.length} of ${kinds.length} kinds, ${count(met.length)} of ${count(pairs.length)} pairs in one run`,
  ];
  return `${lines.join('\n')}\n`;
}

/** In how many runs each two struck: one character a pair. */
export function pairMatrix(coverage: Coverage, paint: Paint): string {
  const kinds = coverage.toData().kinds.map(([kind]) => kind);
  const digits = kinds.map((_, at) => String((at + 1) % 10)).join('');
  const rows = kinds.map((one, at) => {
    const cells = kinds.map((other, place) => (place === at ? '\\' : cellOf(coverage.together(one, other)))).join('');
    return `${String(at + 1).padStart(3)} ${one.padEnd(NAME_WIDTH)}${cells}`;
  });
  const head = paint.bold(
    `${' '.repeat(4)}${'runs in which both struck'.slice(0, NAME_WIDTH).padEnd(NAME_WIDTH)}${digits}`,
  );
  return `${[head, ...rows, paint.dim('. none, 1 to 9 so many, x at least 10, X at least 100')].join('\n')}\n`;
}

function cellOf(runs: number): string {
  if (runs >= 100) return 'X';
  if (runs >= 10) return 'x';
  return runs === 0 ? '.' : String(runs);
}

function wrapped(head: string, names: readonly string[]): string[] {
  const lines: string[] = [];
  let line = '';
  for (const name of names) {
    if (line.length + name.length + head.length > 76) {
      lines.push(line);
      line = '';
    }
    line += line === '' ? name : `, ${name}`;
  }
  if (line !== '') lines.push(line);
  return lines.map((said, at) => `${at === 0 ? head : ' '.repeat(head.length)}${said}`);
}
