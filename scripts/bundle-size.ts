/**
 * What the library costs a web page: the entry point bundled for the browser with everything it needs (immer), minified,
 * then compressed. `--json` prints the figures as data; a file name instead of dist/index.js measures that file.
 */

import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';

export type BundleSize = { readonly minifiedBytes: number; readonly gzipBytes: number };

/** The size of `entry` and all it imports; rejects when something in it cannot run in a browser. */
export async function measureBundle(entry: string): Promise<BundleSize> {
  const { outputFiles } = await build({
    stdin: {
      contents: `export * from ${JSON.stringify(entry)};`,
      resolveDir: fileURLToPath(new URL('..', import.meta.url)),
    },
    bundle: true,
    minify: true,
    format: 'esm',
    platform: 'browser',
    target: 'es2022',
    write: false,
    logLevel: 'silent',
  });
  const bytes = outputFiles[0]?.contents ?? new Uint8Array();
  return { minifiedBytes: bytes.length, gzipBytes: gzipSync(bytes, { level: 9 }).length };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const entry = process.argv.slice(2).find((argument) => !argument.startsWith('--')) ?? './dist/index.js';
  const size = await measureBundle(entry);
  if (process.argv.includes('--json')) console.log(JSON.stringify(size));
  else console.log(`${entry}: ${size.minifiedBytes} bytes minified, ${size.gzipBytes} bytes gzipped, immer included`);
}
