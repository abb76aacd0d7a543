import { describe, expect, it } from 'vitest';
import type { ExperimentProgress } from '../../../src/lab/experiment/experiment.ts';
import { formatResult } from '../../../src/lab/experiment/result-file.ts';
import { intervalOf } from '../../../src/lab/experiment/summary.ts';
import { CAIRN_VERSION } from '../../../src/version.ts';
import { runSmall } from './small-result.ts';

/** A rule of the user's: what came first stays. */
const firstStays = {
  name: 'first-stays',
  title: 'first stays',
  rule: 'a replica refuses to overwrite',
  source: 'https://example.org',
  showsConflicts: false,
  write: (held: number | undefined, { operation }: { readonly operation: number }) =>
    held === undefined ? operation : undefined,
  merge: Math.min,
  show: (operation: number) => ({ live: [operation], deleted: [], passedOver: [] }),
  isEqual: (one: number, other: number) => one === other,
  versionsIn: () => 1,
  tombstonesIn: () => [],
  metadataBytes: () => 1,
};

describe('runExperiment', () => {
  it('runExperiment gives the same bytes for the same scenario, and others for other seeds', async () => {
    const [one, again, other] = [await runSmall(), await runSmall(), await runSmall({ seeds: [4, 10] })];
    expect(formatResult(again)).toBe(formatResult(one));
    expect(JSON.stringify(other.cells)).not.toBe(JSON.stringify(one.cells));
  });

  it('runExperiment runs every strategy at every point with every seed, and sums up each cell', async () => {
    const result = await runSmall();
    expect(result).toMatchObject({ result: 1, cairn: CAIRN_VERSION, seeds: [4, 9], assertions: [] });
    expect(result.points.map(({ r, network }) => [r, network])).toEqual([
      [1, 'exponential 10 ms'],
      [2, 'exponential 10 ms'],
      [1, 'a, "b"'],
      [2, 'a, "b"'],
    ]);
    expect(result.cells.map(({ strategy, point }) => [strategy, point])).toEqual(
      result.points.flatMap((point) => ['cairn', 'lww-wall'].map((name) => [name, point])),
    );
    for (const { runs, summary } of result.cells) {
      expect(runs.length).toBe(2);
      expect(summary.acknowledged).toEqual(intervalOf(runs.map(({ acknowledged }) => acknowledged ?? -1)));
    }
    expect(result.operations).toBeGreaterThan(8 * 2 * 60);
  });

  it('runExperiment shows what last writer by wall clock loses and Cairn keeps, on the same seeds', async () => {
    const { cells } = await runSmall({ faults: [], network: {}, r: 2, w: 2 });
    const lost = cells.map(({ strategy, summary }) => [strategy, summary.writesLost?.mean]);
    expect(lost).toEqual([
      ['cairn', 0],
      ['lww-wall', expect.any(Number)],
    ]);
    expect(lost[1]?.[1]).toBeGreaterThan(5);
  });

  it('runExperiment gives the same figures of a strategy whichever others run beside it', async () => {
    const [both, alone] = [await runSmall(), await runSmall({ strategies: ['lww-wall'] })];
    expect(both.cells.filter(({ strategy }) => strategy === 'lww-wall')).toEqual(alone.cells);
  });

  it('runExperiment runs strategies of the user', async () => {
    const { keyStrategy } = await import('../../../src/lab/strategies/key-strategy.ts');
    const result = await runSmall({ r: 1, network: {} }, { strategies: [keyStrategy(firstStays)] });
    const [cairn, , mine] = result.cells;
    expect(result.strategies.map(({ name }) => name)).toEqual(['cairn', 'lww-wall', 'first-stays']);
    expect([cairn?.summary.refused?.mean, mine?.runs.every(({ refused }) => (refused ?? 0) > 10)]).toEqual([0, true]);
  });

  it('runExperiment says before each run what comes, and how far it is', async () => {
    const told: ExperimentProgress[] = [];
    await runSmall({ r: 1, network: {} }, { onProgress: (progress) => told.push(progress) });
    expect(told.map(({ runsDone, runs, next }) => [runsDone, runs, next?.strategy, next?.seed])).toEqual([
      [0, 4, 'cairn', 4],
      [1, 4, 'cairn', 9],
      [2, 4, 'lww-wall', 4],
      [3, 4, 'lww-wall', 9],
      [4, 4, undefined, undefined],
    ]);
  });

  it('runExperiment ends between two runs when its signal says so', async () => {
    const ending = new AbortController();
    const run = runSmall(
      {},
      { signal: ending.signal, onProgress: ({ runsDone }) => runsDone === 2 && ending.abort('enough') },
    );
    await expect(run).rejects.toBe('enough');
  });

  it('runExperiment refuses a strategy that is not there, and an assertion about none of its own', async () => {
    await expect(runSmall({ strategies: ['paxos'] })).rejects.toThrow('strategies[0] is "paxos", give one of cairn, ');
    const assertions = [{ strategy: 'lww-lamport', measure: 'writesLost', is: '=', to: 0 }] as const;
    await expect(runSmall({ assertions })).rejects.toThrow(
      'assertions[0].strategy is "lww-lamport", give * or one of cairn, lww-wall',
    );
  });
});
