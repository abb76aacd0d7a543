import { describe, expect, it } from 'vitest';
import { runExperiment } from '../../../src/lab/experiment/experiment.ts';
import type { ExperimentResult } from '../../../src/lab/experiment/result.ts';
import { pbs } from '../../../src/lab/presets/pbs.ts';
import type { Scenario } from '../../../src/lab/scenario/scenario.ts';
import { shareVisible, visibleAfter } from './wars.ts';

/** The preset with other times, and so many reads at each of them. */
function probing(afterMs: readonly number[], reads: number, more: Partial<Scenario>): Promise<ExperimentResult> {
  const probesEach = (reads * afterMs.length) / 50;
  const workload = { kind: 'probe', clients: 50, probesEach, afterMs, gapMs: 100 } as const;
  return runExperiment({ ...pbs.scenario, strategies: ['lww-wall'], seeds: 1, workload, ...more });
}

/** Bailis et al., VLDB 2012, W = 1 of 3: fresh at once behind R = 1, in %; ms until 99.9 % are, behind R = 1 and R = 2. */
const PUBLISHED = [
  { latency: 'LNKD-SSD', atOnce: 97.4, ms: [1.85, 0], probed: [0, 0.5, 1.5] },
  { latency: 'LNKD-DISK', atOnce: 43.9, ms: [45.5, 13.6], probed: [0, 10, 30] },
  { latency: 'YMMR', atOnce: 89.3, ms: [1_364, 202], probed: [0, 100, 800] },
] as const;

const SAMPLES = 200_000;
const READS = 4_000;

const models = new Map<string, Float64Array>();

/** Drawn once for all tests. */
function modelOf(latency: (typeof PUBLISHED)[number]['latency'], r: number): Float64Array {
  const name = `${latency} ${r}`;
  const model = models.get(name) ?? visibleAfter(latency, r, SAMPLES);
  models.set(name, model);
  return model;
}

describe('pbs', () => {
  it('pbs has delays whose model gives the published figures, within 1.5 points and 20 %', () => {
    for (const { latency, atOnce, ms } of PUBLISHED) {
      expect(Math.abs(100 * shareVisible(modelOf(latency, 1), 0) - atOnce)).toBeLessThan(1.5);
      for (const [at, published] of ms.entries()) {
        const until = Math.max(0, modelOf(latency, at + 1)[0.999 * SAMPLES] ?? Number.NaN);
        expect(Math.abs(until - published)).toBeLessThanOrEqual(0.2 * published);
      }
    }
  });

  it('pbs shows as many fresh reads as the model, at once and later, behind R = 1 and R = 2', async () => {
    for (const { latency, atOnce, probed } of PUBLISHED) {
      const { cells } = await probing(probed, READS, { r: [1, 2], w: 1, network: { latency } });
      expect(cells.map(({ point }) => point.r)).toEqual([1, 2]);
      for (const { point, series } of cells) {
        const model = modelOf(latency, point.r);
        expect(series.visibility.map(({ sinceMs, reads }) => [sinceMs, reads])).toEqual(
          probed.map((ms) => [ms, READS]),
        );
        for (const { sinceMs, reads, fresh } of series.visibility) {
          const share = shareVisible(model, sinceMs);
          const deviation = Math.sqrt((share * (1 - share)) / reads) + 1 / reads;
          const seen = { latency, r: point.r, sinceMs, share: fresh / reads };
          expect(seen).toEqual({ ...seen, share: expect.closeTo(share, 1) });
          expect(Math.abs(seen.share - share) / deviation).toBeLessThan(4);
        }
        if (point.r === 1)
          expect(Math.abs((100 * (series.visibility[0]?.fresh ?? 0)) / READS - atOnce)).toBeLessThan(1.5);
      }
    }
  });

  it('pbs has no stale read behind strict quorums, and some behind the loosest', async () => {
    const { cells } = await probing([0, 1], 200, {});
    for (const { point, summary } of cells) {
      if (point.r + point.w > 3) expect([point, summary.staleReads?.mean]).toEqual([point, 0]);
      else if (point.r + point.w === 2) expect(summary.staleReads?.mean).toBeGreaterThan(0);
      expect(summary.availability?.mean).toBe(1);
    }
    expect(cells.length).toBe(27);
  });
});
