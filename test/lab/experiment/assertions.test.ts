import { describe, expect, it } from 'vitest';
import { judgeAssertions } from '../../../src/lab/experiment/assertions.ts';
import type { Measures } from '../../../src/lab/experiment/measures.ts';
import { MEASURE_NAMES } from '../../../src/lab/experiment/measures.ts';
import { summaryOf } from '../../../src/lab/experiment/summary.ts';

const NOTHING = Object.fromEntries(MEASURE_NAMES.map((name) => [name, null])) as Measures;
const point = { replicas: 3, r: 1, w: 2, network: 'near' };
const series = { visibility: [], siblings: [], behind: [], tombstones: [] };
const cellOf = (strategy: string, lost: readonly (number | null)[]) => {
  const runs = lost.map((writesLost) => ({ ...NOTHING, writesLost }));
  return { strategy, point, runs, summary: summaryOf(runs), series };
};
const cells = [cellOf('cairn', [0, 0]), cellOf('lww', [1, 3])];

const judge = (strategy: string, is: '=' | '<' | '<=' | '>' | '>=', to: number, of: 'mean' | 'every' = 'mean') =>
  judgeAssertions({ assertions: [{ strategy, measure: 'writesLost', is, to, of }] }, cells, [5, 6])[0];

describe('judgeAssertions', () => {
  it('judgeAssertions compares the mean, or every run', () => {
    const held = (...args: Parameters<typeof judge>): boolean | undefined => judge(...args)?.holds;
    expect([held('cairn', '=', 0), held('lww', '=', 2), held('lww', '=', 2, 'every')]).toEqual([true, true, false]);
    expect([held('lww', '<', 2), held('lww', '<=', 2), held('lww', '>', 2), held('lww', '>=', 2)]).toEqual([
      ...[false, true, false, true],
    ]);
    expect([held('lww', '<', 3, 'every'), held('lww', '<=', 3, 'every'), held('lww', '>=', 1, 'every')]).toEqual([
      ...[false, true, true],
    ]);
    expect([held('*', '=', 0), held('*', '<', 5)]).toEqual([false, true]);
  });

  it('judgeAssertions says what was found against it, and where', () => {
    expect(judge('*', '=', 0)).toEqual({
      text: '*: writesLost = 0, on average',
      holds: false,
      found: '2: lww at N 3, R 1, W 2, near',
    });
    expect(judge('lww', '<', 3, 'every')?.found).toBe('3: lww at N 3, R 1, W 2, near, seed 6');
  });

  it('judgeAssertions does not let hold what nobody measured', () => {
    const [outcome] = judgeAssertions(
      { assertions: [{ strategy: 'x', measure: 'writesLost', is: '=', to: 0, of: 'every' }] },
      [cellOf('x', [null, null])],
      [1, 2],
    );
    expect([outcome?.holds, outcome?.found]).toEqual([false, 'nothing was measured: x at N 3, R 1, W 2, near']);
  });
});
