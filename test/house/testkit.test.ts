/**
 * The test kit as its users meet it: in any test runner, without one, without fast-check; every law has a function and a
 * line in docs/testing.md.
 */

import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { transformSync } from 'esbuild';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { filesUnder, isThere, readText, root } from './source.ts';

/** A project of somebody who has installed the package, and one of somebody who has not installed fast-check beside it. */
const project = mkdtempSync(join(tmpdir(), 'cairn-testkit-'));
const bare = mkdtempSync(join(tmpdir(), 'cairn-testkit-bare-'));

beforeAll(() => {
  const installed = join(bare, 'node_modules', 'cairndb');
  mkdirSync(installed, { recursive: true });
  cpSync(join(root, 'package.json'), join(installed, 'package.json'));
  const tsc = join(root, 'node_modules', 'typescript', 'bin', 'tsc');
  const config = join(root, 'tsconfig.build.json');
  const built = node(root, [tsc, '-p', config, '--outDir', join(installed, 'dist')]);
  expect(built).toMatchObject({ status: 0 });
  for (const name of ['immer', 'ws'])
    symlinkSync(join(root, 'node_modules', name), join(bare, 'node_modules', name), 'dir');
  cpSync(bare, project, { recursive: true });
  symlinkSync(join(root, 'node_modules', 'fast-check'), join(project, 'node_modules', 'fast-check'), 'dir');
});

afterAll(() => {
  for (const folder of [project, bare]) rmSync(folder, { recursive: true, force: true });
});

/** Runs Node on a file to its end; the variables of the runner around this one are left out. */
function node(cwd: string, command: readonly string[], env: Readonly<Record<string, string>> = {}) {
  const outside = Object.entries(process.env).filter(([name]) => !/^(NODE_|VITEST|CAIRN_|TEST)/.test(name));
  const { status, stdout, stderr } = spawnSync(process.execPath, command, {
    cwd,
    encoding: 'utf8',
    env: { ...Object.fromEntries(outside), ...env },
  });
  return { status, output: `${stdout}${stderr}` };
}

function write(folder: string, name: string, lines: readonly string[]): string {
  writeFileSync(join(folder, name), lines.join('\n'));
  return name;
}

const MAX = '{ resolve: (list) => Math.max(0, ...list), equals: Object.is, write: (result) => result }';
const SUM = '{ resolve: (list) => list.reduce((a, b) => a + b, 0), equals: Object.is, write: (result) => result }';
const IMPORTS = ["import fc from 'fast-check';", "import { resolver, storageLaws } from 'cairndb/testkit';"];
const LISTS = 'const lists = fc.array(fc.nat({ max: 9 }), { maxLength: 3 });';

describe('the test kit, installed', () => {
  test('runs in node:test: laws are functions that throw, suites are lists of name and run', () => {
    const file = write(project, 'kit.test.mjs', [
      "import { test } from 'node:test';",
      "import { memoryStorage } from 'cairndb/memory';",
      ...IMPORTS,
      LISTS,
      `test('greatest', () => resolver(lists, ${MAX}));`,
      `test('sum', () => resolver(lists, ${SUM}));`,
      'for (const { name, run } of storageLaws.slice(0, 3)) test(name, () => run(memoryStorage));',
    ]);
    const { status, output } = node(project, ['--test', '--test-reporter=tap', file], { CAIRN_SEED: '7' });
    expect(status, output).toBe(1);
    expect(output).toMatch(/^ *ok 1 - greatest$/m);
    expect(output).toMatch(/^ *not ok 2 - sum$/m);
    expect(output).toContain('L18 resolver: resolving two equal resolutions must give the same again');
    expect(output).toContain('Replay: seed 7, path "');
    expect(output).toMatch(/^# pass 4$/m);
  });

  test('runs in a plain script, without any runner', () => {
    const file = write(project, 'kit.mjs', [
      ...IMPORTS,
      LISTS,
      `resolver(lists, ${MAX});`,
      `try { resolver(lists, ${SUM}, { seed: 1 }); } catch (error) { console.log(error.name, error.law, JSON.stringify(error.witness)); }`,
    ]);
    expect(node(project, [file]).output).toMatch(/^LawBroken L18 resolver \[\[.*\],\[.*\]\]\n$/);
  });

  test('tests the shopping cart of examples/, against the built package', () => {
    for (const name of ['cart', 'cart.test', 'cluster.test']) {
      const { code } = transformSync(readText(`examples/shopping-cart/${name}.ts`), { loader: 'ts', target: 'es2022' });
      write(project, `${name}.mjs`, [
        code.replace(`'./cart.ts'`, `'./cart.mjs'`).replace(`"./cart.ts"`, `"./cart.mjs"`),
      ]);
    }
    const files = ['cart.test.mjs', 'cluster.test.mjs'];
    const { status, output } = node(project, ['--test', '--test-reporter=tap', ...files], { CAIRN_RUNS: '30' });
    expect(status, output).toBe(0);
    expect(output).toMatch(/^# pass 18$/m);
    expect(readText('examples/shopping-cart/README.md')).toContain('npm run example:cart');
  });

  test('names fast-check when it is not there, and the rest of the package does without', () => {
    const without = write(bare, 'kit.mjs', [
      "const { openStore } = await import('cairndb');",
      "console.log(typeof openStore, typeof (await import('cairndb/memory')).memoryStorage);",
      "await import('cairndb/testkit').catch((error) => console.log(error.code, error.message));",
    ]);
    const { output } = node(bare, [without]);
    expect(output).toMatch(/^function function\nERR_MODULE_NOT_FOUND Cannot find package 'fast-check' imported from /);
  });
});

describe('docs/testing.md', () => {
  const documented = new Map<string, string>();
  for (const path of filesUnder('src/testkit', '.ts')) {
    for (const [, doc = '', name = ''] of readText(path).matchAll(
      /\/\*\*((?:(?!\*\/)[\s\S])*)\*\/\nexport (?:async )?function (\w+)/g,
    ))
      documented.set(name, doc.replace(/^[\s*]+/, ''));
  }
  const exported = new Set(readText('test/house/surface.txt').split('./testkit\n')[1]?.split('\n\n')[0]?.match(/\w+/g));
  const rows = new Map<string, string>();
  const [, table = ''] = readText('docs/testing.md').split('## Laws as one-line checks\n');
  for (const [, law = '', functions = ''] of table.split('\n## ')[0]?.matchAll(/^\| (L\d+) \| (.*?) \|/gm) ?? [])
    rows.set(law, functions);

  test.each(Array.from({ length: 25 }, (_, at) => `L${at + 1}`))(
    'has a line for %s, and every function it names is exported and begins with the number',
    (law) => {
      const named = [...(rows.get(law) ?? '').matchAll(/`(\w+)`/g)].map(([, name = '']) => name);
      expect(named.length).toBeGreaterThan(0);
      for (const name of named) {
        expect(exported.has(name), name).toBe(true);
        expect(documented.get(name), name).toMatch(new RegExp(`^${law}\\b`));
      }
    },
  );

  test('is there', () => expect(isThere('docs/testing.md')).toBe(true));
});
