import { expect, test } from 'vitest';
import { benchExchange } from '../../bench/exchange.ts';
import { type Figure, markOf } from '../../bench/report.ts';

test('benchExchange in its small size counts bytes, records and flights within the floors', async () => {
  const figures = await benchExchange({ small: true });
  const counted = figures.filter(({ unit, floor }) => floor !== undefined && unit !== 'times' && unit !== 'ms');
  const missed = counted.filter((figure) => markOf(figure) === 'MISSED');
  expect(missed.map(({ name, value, floor }) => `${name} ${value}, floor ${floor}`)).toEqual([]);
  const named = (text: string): Figure[] => figures.filter(({ name }) => name.startsWith(text));
  expect(named('(a)').map(({ unit }) => unit)).toEqual(['kB', 'flights', 'times', 'messages', 'records']);
  // Five kinds of difference, met and never met, with a past and without; three figures each, two for none.
  expect(named('(b)')).toHaveLength(2 * 2 * (4 * 3 + 2));
  expect(named('reconcile')).toHaveLength(2 * 3);
  expect(named('settled metadata')).toHaveLength(4);
  expect(named('(a)').find(({ unit }) => unit === 'times')?.value).toBeGreaterThan(0);
});
