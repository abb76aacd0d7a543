import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { benchBundle } from '../../bench/bundle.ts';

test('benchBundle measures the entry point, minified and compressed', async () => {
  const [gzip, minified] = await benchBundle(fileURLToPath(new URL('../../src/index.ts', import.meta.url)));
  expect(gzip?.value).toBeGreaterThan(0);
  expect(minified?.value).toBeGreaterThan(gzip?.value ?? Number.POSITIVE_INFINITY);
  expect([gzip?.floor, gzip?.aim]).toEqual([20_000, 14_000]);
});
