import { expect, test } from 'vitest';
import { benchStorage } from '../../bench/storage.ts';
import {
  formatStorageMarkdown,
  formatStorageSummary,
  formatStorageTable,
  isMissed,
  type StorageFigure,
} from '../../bench/storage-report.ts';

test('benchStorage in its small size measures every row, and those with a floor first', async () => {
  const figures = await benchStorage({ small: true });
  for (const { name, value } of figures) expect(value, name).toBeGreaterThan(0);
  const floors = figures.flatMap(({ name, floor }) => (floor === undefined ? [] : [[name.split(',')[0], floor]]));
  expect(floors).toEqual([
    ['durable put', { atLeast: 0.6 }],
    ['durable put', { atLeast: 0.85 }],
    ['buffered put', { atLeast: 0.6 }],
    ['longest stall of the event loop', { atMost: 50 }],
    ['cold open of 2', { atMost: 3 }],
    ['directory of 5', { atMost: 1.4 }],
    ['directory after deleting everything', { atMost: 5 }],
  ]);
  expect(figures).toHaveLength(18);
}, 60_000);

const FIGURES: readonly StorageFigure[] = [
  { name: 'fast', value: 0.7, unit: 'times', floor: { atLeast: 0.6 }, note: 'so' },
  { name: 'slow', value: 0.5, unit: 'times', floor: { atLeast: 0.6 } },
  { name: 'small', value: 4.96, unit: 'percent', floor: { atMost: 5 } },
  { name: 'unmeasured', value: Number.NaN, unit: 'ms', floor: { atMost: 5 } },
  { name: 'free', value: 1_234.5, unit: 'rows/s' },
];

test('isMissed is true below a floor that is a least, above one that is a most, and for what was not measured', () => {
  expect(FIGURES.map(isMissed)).toEqual([false, true, false, true, false]);
});

test('formatStorageTable, formatStorageMarkdown and formatStorageSummary show value, floor and mark', () => {
  expect(formatStorageTable(FIGURES.slice(0, 2)).split('\n')).toEqual([
    'durable stores  measured    floor             note',
    'fast              0.70 ×  ≥ 0.6 ×  floor met  so',
    'slow              0.50 ×  ≥ 0.6 ×  MISSED',
  ]);
  expect(formatStorageMarkdown(FIGURES).split('\n').slice(2)).toEqual([
    '| fast | 0.70 × | ≥ 0.6 × | floor met | so |',
    '| slow | 0.50 × | ≥ 0.6 × | MISSED |  |',
    '| small | 5.0 % | ≤ 5 % | floor met |  |',
    '| unmeasured | NaN ms | ≤ 5 ms | MISSED |  |',
    '| free | 1,235 rows/s |  |  |  |',
  ]);
  expect(formatStorageSummary(FIGURES)).toBe('4 figures with a floor: 2 meet it, 2 miss it');
});
