/** What the entry point costs a web page, with everything it imports: the figures of scripts/bundle-size.ts. */

import { fileURLToPath } from 'node:url';
import { measureBundle } from '../scripts/bundle-size.ts';
import type { Figure } from './report.ts';

/** Measures the built package, or another entry point. */
export async function benchBundle(entry: string = fileURLToPath(import.meta.resolve('cairndb'))): Promise<Figure[]> {
  const { minifiedBytes, gzipBytes } = await measureBundle(entry);
  return [
    {
      part: 'bundle',
      name: 'entry point for a browser, immer included, gzip',
      value: gzipBytes,
      unit: 'kB',
      floor: 20_000,
      aim: 14_000,
    },
    { part: 'bundle', name: 'the same, minified only', value: minifiedBytes, unit: 'kB' },
  ];
}
