import { describe, expect, test } from 'vitest';
import { type Figure, formatFigure, formatSummary, formatTable, limitOf, markOf } from '../../bench/report.ts';

const put: Figure = { part: 'store', name: 'put', value: 4.5, unit: 'slower', floor: 6, aim: 4 };

describe('markOf', () => {
  const cases: readonly [Partial<Figure>, string][] = [
    [{ value: 4 }, 'aim met'],
    [{ value: 4.5 }, 'floor met'],
    [{ value: 6.1 }, 'MISSED'],
    [{ unit: 'records', value: 10, floor: 10, isExact: true }, 'aim met'],
    [{ unit: 'records', value: 9, floor: 10, isExact: true }, 'MISSED'],
  ];
  test.each(cases)('markOf %j is %s', (change, mark) => {
    const { aim, ...rest } = { ...put, ...change };
    expect(markOf(change.isExact === true ? rest : { ...rest, aim: aim as number })).toBe(mark);
  });

  test('markOf says nothing of a figure without limits', () => {
    expect(markOf({ part: 'store', name: 'update', value: 9, unit: 'slower' })).toBe('');
  });
});

test('formatFigure shows each unit as people read it', () => {
  expect(formatFigure(4.512, 'slower')).toBe('1/4.51');
  expect(formatFigure(1.306, 'times')).toBe('1.31 ×');
  expect(formatFigure(642_916, 'kB')).toBe('642.9 kB');
  expect(formatFigure(450, 'bytes')).toBe('450 bytes');
  expect(formatFigure(0.156, 'ms')).toBe('0.16 ms');
  expect(formatFigure(3, 'flights')).toBe('3 flights');
});

test('limitOf says whether a limit is a bound or exact', () => {
  expect(limitOf(put, 'floor')).toBe('1/6');
  expect(limitOf({ ...put, unit: 'times', floor: 1.3 }, 'floor')).toBe('≤ 1.3 ×');
  expect(limitOf({ ...put, unit: 'records', floor: 10, isExact: true }, 'floor')).toBe('= 10 records');
});

test('formatTable puts floor, aim and mark beside each figure', () => {
  const [head, line] = formatTable([put]).split('\n');
  expect(head).toMatch(/^store +measured +floor +aim$/);
  expect(line).toMatch(/^put +1\/4\.50 +1\/6 +1\/4 +floor met$/);
  expect(formatSummary([put])).toBe('1 figures with a limit: 0 meet the aim, 1 the floor only, 0 miss the floor');
});
