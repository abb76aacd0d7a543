import { expect, test } from 'vitest';
import { benchClusterHttp } from '../../bench/cluster-http.ts';

test('benchClusterHttp in its small size measures puts and gets, with and without tokens', async () => {
  const figures = await benchClusterHttp({ small: true });
  expect(figures.map(({ name, floor }) => [name.split(',').slice(0, 2).join(), floor])).toEqual([
    ['HTTP put, replica', { atLeast: 0.5 }],
    ['HTTP put, replica with tokens', undefined],
    ['HTTP get, replica', { atLeast: 0.5 }],
    ['HTTP get, replica with tokens', undefined],
  ]);
  for (const { name, value } of figures) expect(value, name).toBeGreaterThan(0);
}, 60_000);
