import { describe, expect, test } from 'vitest';
import { Coverage, FAULT_KINDS } from '../../src/sim/coverage.ts';

describe('Coverage', () => {
  test('Coverage counts kinds, and pairs whatever their order', () => {
    const coverage = new Coverage();
    coverage.add(new Map(Object.entries({ pause: 3, crash: 1 })));
    coverage.add(new Map([['crash', 2]]));
    expect([coverage.times('crash'), coverage.times('pause'), coverage.times('cut')]).toEqual([3, 3, 0]);
    expect([coverage.together('pause', 'crash'), coverage.together('crash', 'pause')]).toEqual([1, 1]);
    expect(coverage.together('crash', 'cut')).toBe(0);
    const { kinds, pairs } = coverage.toData();
    expect(kinds.map(([kind]) => kind)).toEqual(FAULT_KINDS);
    expect(kinds[0]).toEqual(['crash', 3, 2]);
    expect(pairs.length).toBe((FAULT_KINDS.length * (FAULT_KINDS.length - 1)) / 2);
  });

  test('Coverage tells a kind that nobody knows after the others', () => {
    const coverage = new Coverage();
    coverage.add(new Map([['moth', 1]]));
    expect(coverage.toData().kinds.at(-1)).toEqual(['moth', 1, 1]);
  });

  test('Coverage takes over what was counted elsewhere', () => {
    const [one, other] = [new Coverage(), new Coverage()];
    const struck = new Map(Object.entries({ cut: 5, hold: 1 }));
    one.add(struck);
    other.add(struck);
    one.merge(other.toData());
    expect([one.times('cut'), one.together('cut', 'hold')]).toEqual([10, 2]);
  });
});
