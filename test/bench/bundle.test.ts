import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { benchBundle } from '../../bench/bundle.ts';

const source = (path: string): string => fileURLToPath(new URL(`../../src/${path}`, import.meta.url));

test('benchBundle measures the compressed entry point, alone and with repair', async () => {
  const [alone, both] = await benchBundle(source('index.ts'), source('repair/index.ts'));
  expect(alone?.value).toBeGreaterThan(0);
  expect(both?.value).toBeGreaterThan(alone?.value ?? Number.POSITIVE_INFINITY);
  expect([alone?.floor, alone?.aim]).toEqual([20_000, 14_000]);
});
