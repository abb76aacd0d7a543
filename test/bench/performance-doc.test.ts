import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { fillTables } from '../../bench/performance-doc.ts';
import { type BenchResult, PARTS } from '../../bench/report.ts';

const text = readFileSync(new URL('../../docs/performance.md', import.meta.url), 'utf8');
const result: BenchResult = {
  node: 'v20',
  platform: 'linux x64',
  small: false,
  figures: PARTS.map((part) => ({ part, name: `a figure of ${part}`, value: 7, unit: 'bytes', floor: 8, aim: 7 })),
};

test('fillTables puts each part between its marks, with the command that prints it, and changes nothing else', () => {
  const filled = fillTables(text, result);
  for (const part of PARTS) {
    expect(filled).toContain(
      `| a figure of ${part} | ≤ 8 bytes | ≤ 7 bytes | 7 bytes | aim met |  | \`npm run bench -- --only ${part}\` |`,
    );
  }
  expect(fillTables(filled, result)).toBe(filled);
});

test('fillTables says which marks a text lacks', () => {
  expect(() => fillTables('', result)).toThrow('no marks for summary');
});
