import { describe, expect, test } from 'vitest';
import { counted, formatCount, formatFigure, formatRange, formatTime, listed } from '../../../src/web/report/format.ts';

const plain = (text: string): string => text.replaceAll('\u202f', ' ');

describe('formatFigure', () => {
  test.each([
    [0, 'count', '0'],
    [1_234_567, 'count', '1,234,567'],
    [28.625, 'count', '28.6'],
    [281.9, 'count', '282'],
    [0.0312, 'share', '3.12 %'],
    [0.7451, 'share', '74.5 %'],
    [0.00012, 'share', '0.012 %'],
    [1, 'share', '100 %'],
    [8.131, 'ms', '8.13 ms'],
    [81.31, 'ms', '81.3 ms'],
    [10_300, 'ms', '10.3 s'],
    [19_100, 'bytes', '19.1 kB'],
    [78.9, 'bytes', '78.9 B'],
    [1.0951, 'number', '1.1'],
    [-0.001, 'number', '0'],
  ] as const)('formatFigure writes %s as a %s: %s', (value, unit, text) => {
    expect(plain(formatFigure(value, unit))).toBe(text);
  });
});

describe('formatRange', () => {
  const range = (low: number, mean: number, high: number) => ({ low, mean, high, runs: 3 });

  test('formatRange gives both ends the unit of the mean', () => {
    expect(plain(formatRange(range(9_874, 10_300, 10_800), 'ms'))).toBe('9.9–10.8 s');
  });

  test('formatRange gives both ends as many places', () => {
    expect(formatRange(range(0.3, 0.34, 0.382), 'number')).toBe('0.30–0.38');
    expect(plain(formatRange(range(0.02, 0.025, 0.0312), 'share'))).toBe('2.00–3.12 %');
    expect(formatRange(range(0, 3, 7), 'count')).toBe('0–7');
    expect(formatRange(range(0, 5.3, 17.66), 'count')).toBe('0–17.7');
  });
});

describe('words', () => {
  test('formatTime, formatCount, listed and counted speak as people do', () => {
    expect([formatTime(812.34), formatTime(1_204.4)].map(plain)).toEqual(['812.3 ms', '1.204 s']);
    expect([formatCount(1_000), formatCount(2.5)]).toEqual(['1,000', '2.5']);
    expect([listed([]), listed(['a']), listed(['a', 'b', 'c'])]).toEqual(['', 'a', 'a, b and c']);
    expect([counted(1, 'key'), counted(2, 'key'), counted(2, 'anomaly', 'anomalies')]).toEqual([
      ...['1 key', '2 keys', '2 anomalies'],
    ]);
  });
});
