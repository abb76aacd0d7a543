/** Whether what a scenario says must come out did come out. */

import type { Assertion, FullScenario } from '../scenario/scenario.ts';
import type { AssertionOutcome, Cell, Point } from './result.ts';

type Full = Required<Assertion>;
type Seen = { readonly where: string; readonly figure: number };

/** Each assertion, with what was found where it does not hold: at any point, of any strategy that it is about. */
export function judgeAssertions(
  { assertions }: Pick<FullScenario, 'assertions'>,
  cells: readonly Cell[],
  seeds: readonly number[],
): readonly AssertionOutcome[] {
  return assertions.map((assertion) => judge(assertion, cells, seeds));
}

/** A point in words. */
export function pointWords({ replicas, r, w, network }: Point): string {
  return `N ${replicas}, R ${r}, W ${w}, ${network}`;
}

function judge(assertion: Full, cells: readonly Cell[], seeds: readonly number[]): AssertionOutcome {
  const { strategy, measure, is, to, of } = assertion;
  const text = `${strategy}: ${measure} ${is} ${to}, ${of === 'mean' ? 'on average' : 'in every run'}`;
  const seen: Seen[] = [];
  for (const cell of cells) {
    if (strategy !== '*' && strategy !== cell.strategy) continue;
    const where = `${cell.strategy} at ${pointWords(cell.point)}`;
    const found = of === 'mean' ? meanOf(cell, assertion, where) : everyOf(cell, assertion, where, seeds);
    if (found.length === 0) return { text, holds: false, found: `nothing was measured: ${where}` };
    seen.push(...found);
  }
  const against = seen.find(({ figure }) => !compare(figure, is, to));
  if (against === undefined) return { text, holds: true, found: '' };
  return { text, holds: false, found: `${against.figure}: ${against.where}` };
}

function meanOf({ summary }: Cell, { measure }: Full, where: string): readonly Seen[] {
  const interval = summary[measure];
  return interval === null ? [] : [{ where, figure: interval.mean }];
}

function everyOf({ runs }: Cell, { measure }: Full, where: string, seeds: readonly number[]): readonly Seen[] {
  return runs.flatMap((run, at) => {
    const figure = run[measure];
    return figure === null ? [] : [{ where: `${where}, seed ${seeds[at]}`, figure }];
  });
}

function compare(figure: number, is: Full['is'], to: number): boolean {
  switch (is) {
    case '=':
      return figure === to;
    case '<':
      return figure < to;
    case '<=':
      return figure <= to;
    case '>':
      return figure > to;
    case '>=':
      return figure >= to;
    default:
      throw new TypeError(`Cannot compare by ${JSON.stringify(is satisfies never)}: it is of no known kind`);
  }
}
