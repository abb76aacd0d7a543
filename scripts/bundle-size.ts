/**
 * What the library costs a web page: the entry point bundled for the browser with everything it needs (immer), minified
 * and cut into the files that a bundler makes of dynamic imports, each compressed by itself as a server does. What a page
 * loads at first is the entry's file and all it imports statically; a durable store, an explanation load theirs when they
 * are asked for. `--json` prints the figures as data; a file name instead of dist/index.js measures that file.
 */

import { relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { build, type Metafile } from 'esbuild';

/** What stands for the entry point among the modules. */
const ENTRY = /^<stdin>$/;

/** In bytes: what a page loads at first, and what opening a durable store loads more, where the entry can open one. */
export type BundleSize = {
  readonly minifiedBytes: number;
  readonly gzipBytes: number;
  readonly durableGzipBytes: number;
};

/** The size of `entry` and all it imports; rejects when something in it cannot run in a browser. */
export async function measureBundle(entry: string): Promise<BundleSize> {
  const { outputs, contents } = await bundle(entry);
  const first = loadedWith(outputs, ENTRY);
  const durable = loadedWith(outputs, /open-durable\.[jt]s$/).filter((name) => !first.includes(name));
  const sum = (names: readonly string[], sizeOf: (bytes: Uint8Array) => number): number =>
    names.reduce((size, name) => size + sizeOf(contents.get(name) ?? new Uint8Array()), 0);
  const gzipSize = (bytes: Uint8Array): number => gzipSync(bytes, { level: 9 }).length;
  return {
    minifiedBytes: sum(first, (bytes) => bytes.length),
    gzipBytes: sum(first, gzipSize),
    durableGzipBytes: sum(durable, gzipSize),
  };
}

/** The modules of which a page loads anything at first. */
export async function eagerModules(entry: string): Promise<readonly string[]> {
  const { outputs } = await bundle(entry);
  return loadedWith(outputs, ENTRY).flatMap((name) =>
    Object.entries(outputs[name]?.inputs ?? {})
      .filter(([, { bytesInOutput }]) => bytesInOutput > 0)
      .map(([path]) => path),
  );
}

type Outputs = Metafile['outputs'];

async function bundle(entry: string): Promise<{ outputs: Outputs; contents: ReadonlyMap<string, Uint8Array> }> {
  const resolveDir = fileURLToPath(new URL('..', import.meta.url));
  const { outputFiles, metafile } = await build({
    stdin: { contents: `export * from ${JSON.stringify(entry)};`, resolveDir },
    absWorkingDir: resolveDir,
    bundle: true,
    splitting: true,
    minify: true,
    format: 'esm',
    platform: 'browser',
    target: 'es2022',
    outdir: '.',
    metafile: true,
    write: false,
    logLevel: 'silent',
  });
  const contents = new Map(outputFiles.map((file) => [relative(resolveDir, file.path), file.contents]));
  return { outputs: metafile.outputs, contents };
}

/** The file made of the entry point that `entry` names, and all that it imports statically. */
function loadedWith(outputs: Outputs, entry: RegExp): readonly string[] {
  const loaded = new Set(Object.keys(outputs).filter((name) => entry.test(outputs[name]?.entryPoint ?? '')));
  // A set is walked to its end, also to what is added on the way.
  for (const name of loaded)
    for (const { kind, path } of outputs[name]?.imports ?? []) if (kind === 'import-statement') loaded.add(path);
  return [...loaded];
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const entry = process.argv.slice(2).find((argument) => !argument.startsWith('--')) ?? './dist/index.js';
  const size = await measureBundle(entry);
  if (process.argv.includes('--json')) console.log(JSON.stringify(size));
  else {
    console.log(`${entry}: ${size.minifiedBytes} bytes minified, ${size.gzipBytes} bytes gzipped, immer included`);
    console.log(`a durable store: ${size.durableGzipBytes} bytes gzipped more`);
  }
}
