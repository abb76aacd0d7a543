import { describe, expect, it } from 'vitest';
import { compareResults } from '../../src/cli/compare.ts';
import type { ExperimentResult } from '../../src/lab/experiment/result.ts';
import { runSmall } from '../lab/experiment/small-result.ts';

const place = 'cairn at N 3, R 1, W 1, exponential 10 ms';

describe('compareResults', () => {
  it('compareResults of a result with itself is nothing', async () => {
    const result = await runSmall();
    expect(compareResults(result, await runSmall())).toEqual({
      ...{ differences: [], onlyInOne: [], onlyInOther: [], scenario: [] },
    });
  });

  it('compareResults names the figures that differ, and whether their intervals have something in common', async () => {
    const result = await runSmall({ r: 1, network: { latency: { kind: 'exponential', meanMs: 10 } } });
    const interval = (mean: number, half: number) => ({ mean, low: mean - half, high: mean + half, runs: 2 });
    const withLost = (lost: ReturnType<typeof interval>): ExperimentResult => ({
      ...result,
      cells: result.cells.map((cell, at) =>
        at > 0 ? cell : { ...cell, summary: { ...cell.summary, writesLost: lost } },
      ),
    });
    const compared = (one: ReturnType<typeof interval>, other: ReturnType<typeof interval>) =>
      compareResults(withLost(one), withLost(other)).differences.map(({ where, measure, isApart }) => [
        where,
        measure,
        isApart,
      ]);
    expect(compared(interval(5, 1), interval(6, 1))).toEqual([[place, 'writesLost', false]]);
    expect(compared(interval(5, 1), interval(8, 1))).toEqual([[place, 'writesLost', true]]);
    expect(compared(interval(5, 1), { ...interval(5, 1), runs: 9 })).toEqual([]);
  });

  it('compareResults names cells that one of them lacks, and the fields in which the scenarios differ', async () => {
    const network = { latency: { kind: 'exponential', meanMs: 10 } } as const;
    const one = await runSmall({ network, r: 1 });
    const other = await runSmall({ network, r: [1, 2], strategies: ['cairn'] });
    const { onlyInOne, onlyInOther, scenario, differences } = compareResults(one, other);
    expect(onlyInOne).toEqual(['lww-wall at N 3, R 1, W 1, exponential 10 ms']);
    expect(onlyInOther).toEqual(['cairn at N 3, R 2, W 1, exponential 10 ms']);
    expect([scenario, differences]).toEqual([['strategies', 'r'], []]);
  });
});
