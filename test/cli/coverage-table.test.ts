import { describe, expect, it } from 'vitest';
import { coverageTable, pairMatrix } from '../../src/cli/coverage-table.ts';
import { paintFor } from '../../src/cli/terminal.ts';
import { Coverage } from '../../src/sim/coverage.ts';

const paint = paintFor({});
const coverage = new Coverage();
for (let run = 0; run < 12; run += 1) coverage.add(new Map([['crash', 1_000], ['join', 1]])); // biome-ignore format: one a run
coverage.add(new Map([['crash', 5], ['pause', 1]])); // biome-ignore format: one a run

describe('coverageTable', () => {
  it('coverageTable has a line a kind that struck, then those that never did, in at most 80 columns', () => {
    const lines = coverageTable(coverage, paint).split('\n');
    expect(lines.slice(0, 4)).toEqual([
      'fault                       struck   in runs   beside others',
      'crash                       12,005        13         2 of 35',
      'pause                            1         1         1 of 35',
      'join                            12        12         1 of 35',
    ]);
    expect(lines[4]).toMatch(/^never: crash within, power cut/);
    expect(lines.at(-2)).toBe('3 of 36 kinds, 2 of 630 pairs in one run');
    expect(lines.filter((line) => line.length > 80)).toEqual([]);
  });
});

describe('pairMatrix', () => {
  it('pairMatrix says in one character how often two kinds struck in one run', () => {
    const lines = pairMatrix(coverage, paint).split('\n');
    expect(lines.length).toBe(39);
    expect(lines[1]).toBe(`  1 crash                 \\..1${'.'.repeat(27)}x....`);
    expect(lines.filter((line) => line.length > 80)).toEqual([]);
  });
});
