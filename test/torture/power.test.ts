import { expect, test } from 'vitest';
import { runLevelPower } from './level-images.ts';
import { type ImageKind, type PowerReport, runPower, total } from './power-images.ts';

const KINDS: readonly ImageKind[] = [
  'boundary',
  'applied unheard',
  'buffered tail lost',
  'during opening',
  'closed well',
];

test('every image that a power cut may leave holds what callers had been told', async () => {
  const report = await runPower(1, 900);
  expect(report.problems).toEqual([]);
  expect(total(report)).toBeGreaterThanOrEqual(900);
  expect(KINDS.filter((kind) => (report.images.get(kind) ?? 0) === 0)).toEqual([]);
});

test('every length of a LevelDB log holds what had been acknowledged by then', async () => {
  const report: PowerReport = { images: new Map(), problems: [] };
  await runLevelPower(1, 150, report, 4);
  expect(report.problems).toEqual([]);
  expect(total(report)).toBeGreaterThan(100);
  expect([...report.images.keys()].sort()).toEqual([
    'LevelDB buffered log cut',
    'LevelDB log cut',
    'LevelDB log, garbage after',
    'LevelDB log, zeroes after',
  ]);
});
