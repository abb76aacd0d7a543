/**
 * The examples of the documents run. A block of ts whose first line is `// example` is compiled as a reader would compile
 * it and run in a process of its own with `cairndb` meaning the sources; what it prints must be what its `// → …`
 * comments promise, line by line.
 */

import { execFileSync } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';
import { describe, expect, test } from 'vitest';
import { filesUnder, isThere, lineAt, readText, root } from './source.ts';

type Example = { readonly where: string; readonly code: string };

const folder = join(root, 'node_modules', '.cache', 'cairn-examples');

/** The marked blocks of a document, or of the docstrings of a source file. */
function examplesOf(path: string): Example[] {
  const text = readText(path);
  const found: Example[] = [];
  for (const match of text.matchAll(/^( *\*)? *```ts\n([\s\S]*?)^( *\*)? *```/gm)) {
    const code = (match[2] ?? '').replace(/^ *\* ?/gm, (star) => (match[1] === undefined ? star : ''));
    if (code.startsWith('// example')) found.push({ where: `${path}:${lineAt(text, match.index) + 1}`, code });
  }
  return found;
}

/** Entry points that are not folders of src. */
const ENTRY_POINTS: Readonly<Record<string, string>> = {
  'cairndb/durable': join(root, 'src/store/durable/index.ts'),
  'cairndb/server/node': join(root, 'src/server/node-server.ts'),
  'cairndb/memory-transport': join(root, 'src/transport/memory.ts'),
  ...Object.fromEntries(
    ['websocket', 'websocket-node'].map((name) => [`cairndb/${name}`, join(root, `src/transport/${name}.ts`)]),
  ),
  ...Object.fromEntries(
    ['level', 'lmdb', 'sqlite', 'indexeddb', 'memory'].map((name) => [
      `cairndb/${name}`,
      join(root, `src/storage/${name}.ts`),
    ]),
  ),
};

const documents = ['README.md', ...filesUnder('docs/guide', '.md')].filter(isThere);
const examples = [...documents, ...filesUnder('src', '.ts')].flatMap(examplesOf);

describe('examples', () => {
  test.runIf(isThere('README.md'))('README.md has at least one', () => {
    expect(examplesOf('README.md').length).toBeGreaterThan(0);
  });

  test.runIf(examples.length > 0)('examples compile as a reader would compile them', () => {
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(folder, { recursive: true });
    const files = examples.map(({ code }, index) => {
      const file = `${index}.mts`;
      writeFileSync(join(folder, file), `${code}\nexport {};\n`);
      return file;
    });
    const paths = {
      cairndb: [join(root, 'src/index.ts')],
      'cairndb/durable': [join(root, 'src/store/durable/index.ts')],
      'cairndb/server/node': [join(root, 'src/server/node-server.ts')],
      'cairndb/*': [join(root, 'src/*/index.ts'), join(root, 'src/storage/*.ts')],
    };
    const options = {
      noEmit: true,
      noUnusedLocals: false,
      types: ['node'],
      typeRoots: [join(root, 'node_modules/@types')],
      paths,
    };
    const config = { extends: join(root, 'tsconfig.json'), compilerOptions: options, include: [], files };
    writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(config));
    const tsc = join(root, 'node_modules', 'typescript', 'bin', 'tsc');
    expect(outputOf([tsc, '-p', join(folder, 'tsconfig.json')])).toBe('');
  });

  for (const { where, code } of examples) {
    test(`${where} runs and prints what it promises`, async () => {
      const printed = await runExample(code, where.replace(/\W+/g, '-'));
      const promised = [...code.matchAll(/\/\/ → (.*)$/gm)].map((match) => match[1]?.trim() ?? '');
      if (promised.length > 0)
        expect(
          printed
            .trim()
            .split('\n')
            .map((line) => line.trim()),
        ).toEqual(promised);
    });
  }
});

/** What the example prints to standard output; rejects with what it printed when it fails. */
async function runExample(code: string, name: string): Promise<string> {
  const outfile = join(folder, `${name}.mjs`);
  await build({
    stdin: { contents: code, loader: 'ts', resolveDir: root },
    alias: { ...ENTRY_POINTS, cairndb: join(root, 'src') },
    external: ['classic-level', 'lmdb', 'ws'],
    outfile,
    bundle: true,
    format: 'esm',
    platform: 'node',
    logLevel: 'silent',
    banner: { js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);" },
  });
  return outputOf([outfile]);
}

function outputOf(command: readonly string[]): string {
  try {
    return execFileSync(process.execPath, command, { cwd: root, encoding: 'utf8', stdio: 'pipe' });
  } catch (failure) {
    const { stdout, stderr } = failure as { readonly stdout: string; readonly stderr: string }; // what execFileSync throws
    throw new Error(`${stdout}${stderr}`);
  }
}
