import { describe, expect, test } from 'vitest';
import { COUNTER_MAX, TIME_MAX } from '../../src/limits.ts';
import { Columns } from '../../src/store/columns.ts';

function filled(taken: number, released = 0): Columns {
  const columns = new Columns();
  for (let at = 0; at < taken; at += 1) columns.put(columns.take(`k${at}`), at + 1, at, 2 * at, at);
  for (let at = 0; at < released; at += 1) columns.release(at);
  return columns;
}

describe('Columns', () => {
  test('Columns hold what was put, whatever its size, while they grow', () => {
    const columns = new Columns();
    const rows = [
      [1, 1, 0],
      [7, 2 ** 32 - 1, 2 ** 32],
      [2 ** 32 - 1, 2 ** 32, 2 ** 32 + 1],
      [9, COUNTER_MAX, TIME_MAX],
      [0, 0, 0],
    ] as const;
    for (let at = 0; at < 100; at += 1) {
      const [lane = 0, counter = 0, time = 0] = rows[at % rows.length] ?? [];
      const slot = columns.take(`k${at}`);
      expect(slot).toBe(at);
      columns.put(slot, lane, counter, time, `v${at}`);
    }
    for (let at = 0; at < 100; at += 1) {
      const found = [columns.laneAt(at), columns.counterAt(at), columns.timeAt(at)];
      expect(found).toEqual(rows[at % rows.length]);
      expect([columns.keys[at], columns.values[at]]).toEqual([`k${at}`, `v${at}`]);
    }
  });

  test('Columns give a slot that was released to the next key, and hold nothing in it before', () => {
    const columns = filled(5);
    columns.release(1);
    columns.release(3);
    expect([columns.keys, columns.values]).toEqual([
      ['k0', undefined, 'k2', undefined, 'k4'],
      [0, undefined, 2, undefined, 4],
    ]);
    expect([columns.take('x'), columns.take('y'), columns.take('z')].sort()).toEqual([1, 3, 5]);
    expect([...columns.keys].sort()).toEqual(['k0', 'k2', 'k4', 'x', 'y', 'z']);
  });

  test.each<[taken: number, released: number, isSparse: boolean]>([
    [0, 0, false],
    [16, 16, false],
    [17, 17, true],
    [17, 16, false],
    [1_024, 1_024, true],
    [1_025, 1_024, false],
    [1_500, 1_024, false],
    [1_500, 1_025, true],
    [2_049, 1_025, true],
    [2_050, 1_025, false],
    [2_051, 1_025, false],
    [3_000, 1_500, false],
    [3_000, 1_501, true],
  ])('Columns of %i slots of which %i are free are sparse: %s', (taken, released, isSparse) => {
    expect(filled(taken, released).isSparse).toBe(isSparse);
  });

  test('Columns that were arranged hold the slots named, in that order, and no free one', () => {
    const columns = filled(40, 20);
    columns.arrange([39, 20, 30]);
    expect([columns.keys, columns.values, columns.isSparse]).toEqual([['k39', 'k20', 'k30'], [39, 20, 30], false]);
    for (const [slot, was] of [39, 20, 30].entries())
      expect([columns.laneAt(slot), columns.counterAt(slot), columns.timeAt(slot)]).toEqual([was + 1, was, 2 * was]);
    for (let at = 3; at < 50; at += 1) expect(columns.take(`n${at}`)).toBe(at);
    expect(columns.counterAt(1)).toBe(20);
  });
});
