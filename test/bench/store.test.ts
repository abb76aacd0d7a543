import { expect, test } from 'vitest';
import { benchStore } from '../../bench/store.ts';

test('benchStore in its small size measures every operation against the Map', async () => {
  const figures = await benchStore({ small: true });
  expect(figures.map(({ name }) => name.replace(', against Map', ''))).toEqual([
    'put',
    'get',
    'peek',
    'scan, first (sorts)',
    'scan',
    'scan, Map in key order too',
    'scan, for await',
    'overwrite',
    'update',
    'delete',
  ]);
  for (const { value, unit, note } of figures) {
    expect(unit).toBe('slower');
    expect(value).toBeGreaterThan(0);
    expect(note).toMatch(/^\d+ ns, Map \d+ ns/);
  }
  const judged = figures.filter(({ floor, aim }) => floor !== undefined && aim !== undefined);
  expect(judged.map(({ name }) => name.split(',')[0])).toEqual(['put', 'get', 'peek', 'scan', 'overwrite', 'delete']);
});
