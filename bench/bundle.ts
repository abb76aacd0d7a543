/**
 * What the entry point costs a web page at first, with everything it imports: the figures of scripts/bundle-size.ts. A page that
 * exchanges by itself needs `cairndb/repair` too, so the two together are measured beside it.
 */

import { rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { measureBundle } from '../scripts/bundle-size.ts';
import type { Figure } from './report.ts';

/** Measures the built package, or other entry points. */
export async function benchBundle(
  entry: string = fileURLToPath(import.meta.resolve('cairndb')),
  repair: string = fileURLToPath(import.meta.resolve('cairndb/repair')),
): Promise<Figure[]> {
  const alone = await measureBundle(entry);
  const both = join(tmpdir(), `cairn-bundle-${process.pid}.mjs`);
  writeFileSync(both, `export * from ${JSON.stringify(entry)};\nexport * from ${JSON.stringify(repair)};\n`);
  const withRepair = await measureBundle(both).finally(() => rmSync(both));
  const row = (name: string, value: number): Figure => ({ part: 'bundle', name, value, unit: 'kB' });
  return [
    {
      ...row('entry point for a browser, immer included, gzip', alone.gzipBytes),
      floor: 20_000,
      aim: 14_000,
      note: `${alone.minifiedBytes} bytes before gzip`,
    },
    {
      ...row('the same with cairndb/repair, gzip', withRepair.gzipBytes),
      note: `${withRepair.minifiedBytes} bytes before gzip`,
    },
    row('what a durable store loads more, gzip', alone.durableGzipBytes),
  ];
}
