import { describe, expect, it } from 'vitest';
import { coverageTable, pairMatrix } from '../../src/cli/coverage-table.ts';
import { paintFor } from '../../src/cli/terminal.ts';
import { Coverage, FAULT_KINDS } from '../../src/sim/coverage.ts';

const kinds = FAULT_KINDS.length;
const paint = paintFor({});
const coverage = new Coverage();
for (let run = 0; run < 12; run += 1) coverage.add(new Map(Object.entries({ crash: 1_000, join: 1 })));
coverage.add(new Map(Object.entries({ crash: 5, pause: 1 })));

describe('coverageTable', () => {
  it('coverageTable has a line a kind that struck, then those that never did, in at most 80 columns', () => {
    const lines = coverageTable(coverage, paint).split('\n');
    expect(lines.slice(0, 4)).toEqual([
      'fault                       struck   in runs   beside others',
      `crash                       12,005        13         2 of ${kinds - 1}`,
      `pause                            1         1         1 of ${kinds - 1}`,
      `join                            12        12         1 of ${kinds - 1}`,
    ]);
    expect(lines[4]).toMatch(/^never: crash within, power cut/);
    expect(lines.at(-2)).toBe(`3 of ${kinds} kinds, 2 of ${(kinds * (kinds - 1)) / 2} pairs in one run`);
    expect(lines.filter((line) => line.length > 80)).toEqual([]);
  });
});

describe('pairMatrix', () => {
  it('pairMatrix says in one character how often two kinds struck in one run', () => {
    const lines = pairMatrix(coverage, paint).split('\n');
    expect(lines.length).toBe(kinds + 3);
    const cells = FAULT_KINDS.map((kind) => ({ crash: '\\', pause: '1', join: 'x' })[kind] ?? '.').join('');
    expect(lines[1]).toBe(`  1 crash                 ${cells}`);
    expect(lines.filter((line) => line.length > 80)).toEqual([]);
  });
});
