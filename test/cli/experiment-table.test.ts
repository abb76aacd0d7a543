import { describe, expect, it } from 'vitest';
import { experimentTable, figureWords, shownMeasures } from '../../src/cli/experiment-table.ts';
import { paintFor } from '../../src/cli/terminal.ts';
import { runSmall } from '../lab/experiment/small-result.ts';

const plain = paintFor({});

describe('experimentTable', () => {
  it('experimentTable has a block for each point, a row for each measure, no line wider than it may be', async () => {
    const result = await runSmall({ strategies: ['cairn', 'cairn-last-writer', 'lww-wall', 'lww-hybrid'] });
    const table = experimentTable(result, 70, plain);
    const lines = table.split('\n');
    expect(lines.filter((line) => line.startsWith('N 3, R ')).length).toBe(4);
    // Four strategies do not fit into 70 columns: each block has two parts.
    expect(lines.filter((line) => line.startsWith('writes lost')).length).toBe(8);
    expect(lines.filter((line) => line.length > 70).filter((line) => !line.startsWith('Means'))).toEqual([]);
    expect(table).toMatch(
      /\nMeans of 2 seeds, ± half of the 95 % interval; measures in which the strategies differ\.\n$/,
    );
  });

  it('experimentTable shows the measures that the scenario names, and no others', async () => {
    const result = await runSmall({ measures: ['refused', 'staleReads'] });
    expect(shownMeasures(result)).toEqual(['refused', 'staleReads']);
    const labels = experimentTable(result, 100, plain)
      .split('\n')
      .filter((line) => /^[a-z]/.test(line));
    expect(new Set(labels.map((line) => line.slice(0, 14).trim()))).toEqual(
      new Set(['writes refused', 'stale reads, %']),
    );
  });
});

describe('shownMeasures', () => {
  it('shownMeasures are those in which strategies differ; of one strategy, those in which points do', async () => {
    const both = shownMeasures(await runSmall());
    expect([both.includes('writesLost'), both.includes('refused')]).toEqual([true, false]);
    const one = shownMeasures(await runSmall({ strategies: ['cairn'] }));
    expect([one.includes('read99Ms'), one.includes('refused')]).toEqual([true, false]);
    expect(shownMeasures(await runSmall({ strategies: ['cairn'], r: 1, network: {} }))).toContain('refused');
  });
});

describe('figureWords', () => {
  it('figureWords is a mean with half of its interval, in places that fit its size', () => {
    const words = (mean: number, half: number, unit: 'count' | 'share' = 'count') =>
      figureWords({ mean, low: mean - half, high: mean + half, runs: 3 }, unit);
    expect([words(0, 0), words(1.256, 0.5), words(12.34, 1), words(12_345.6, 100)]).toEqual([
      ...['0', '1.26 ± 0.5', '12.3 ± 1', '12,346 ± 100'],
    ]);
    expect([words(0.123, 0.01, 'share'), figureWords(null, 'count')]).toEqual(['12.3 ± 1', '-']);
  });
});
