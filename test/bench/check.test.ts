import { checkRegisters, checkSiblings } from 'cairndb/testkit';
import { expect, test } from 'vitest';
import { benchCheck } from '../../bench/check.ts';
import { registerWorkload, siblingWorkload } from '../../bench/check-workload.ts';

test('benchCheck in its small size measures every level, each beside the pass', async () => {
  const figures = await benchCheck({ small: true });
  for (const { name, value } of figures) expect(value, name).toBeGreaterThan(0);
  expect(figures.map(({ name, unit, floor }) => [name.split(',')[0], unit, floor])).toEqual([
    ...['cc', 'ccv', 'cm', 'cc', 'ccv', 'siblings'].flatMap((level, at) => {
      const floor = level === 'cm' || level === 'siblings' ? undefined : { atMost: at < 3 ? 5_000 : 60_000 };
      return [
        [level, 'ms', floor],
        [level, 'times', undefined],
      ];
    }),
  ]);
});

test('registerWorkload and siblingWorkload make histories that hold, with everything in them', () => {
  const size = { operations: 3_000, sessions: 8, keys: 20 };
  const registers = registerWorkload(size, 7);
  expect([checkRegisters(registers, 'cc').holds, checkRegisters(registers, 'ccv').holds]).toEqual([true, true]);
  const siblings = siblingWorkload(size, 7);
  expect(checkSiblings(siblings)).toEqual({ holds: true, violations: [] });
  const operations = siblings.sessions.flatMap((session) => session.operations);
  expect(operations.some((operation) => operation.kind === 'get' && operation.shown.length > 2)).toBe(true);
  expect(new Set(operations.map(({ kind }) => kind))).toEqual(new Set(['get', 'put', 'delete']));
});
