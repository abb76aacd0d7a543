/** The bug zoo: what the observer of the simulator checks can fail. `npm run bite` hunts every bug; here are some. */

import { expect, test } from 'vitest';
import { drawPlan } from '../../src/sim/draw-plan.ts';
import { runPlan } from '../../src/sim/run.ts';
import type { Bug } from '../../src/sim/zoo/bug.ts';
import { hunt, ZOO } from '../../src/sim/zoo/zoo.ts';
import { isThere, readText } from '../house/source.ts';

const PLANS_MAX = 40;

test('ZOO holds thirty bugs or more beside the rules of the design, each with a name of its own', () => {
  const names = ZOO.map(({ name }) => name);
  expect(new Set(names).size).toBe(names.length);
  expect(names.filter((name) => !name.startsWith('not: ')).length).toBeGreaterThanOrEqual(30);
});

test('ZOO is the table of docs/testing.md', () => {
  const rows = [...readText('docs/testing.md').matchAll(/^\| (\S.*?) \| (.+?) \| L\d+ \| \d+ \|$/gm)];
  expect(rows.map(([, name, what]) => ({ name, what }))).toEqual(ZOO.map(({ name, what }) => ({ name, what })));
});

test.each(['last-writer-wins', 'reaps-a-conflict', 'commit-is-not-synced', 'copy-is-not-noticed'])(
  'hunt finds %s, and the same plan breaks no law without it',
  async (name) => {
    const { found, alsoWithout } = await hunt(bugNamed(name), 1, PLANS_MAX);
    expect(found).toMatchObject({ law: expect.stringMatching(/^L\d+$/) });
    expect(alsoWithout).toEqual([]);
  },
);

test('hunt alters instances of its own run: a run beside it, and one after it, go on as ever', async () => {
  const plan = drawPlan(3, bugNamed('last-writer-wins').draw);
  const before = await runPlan(plan);
  const [beside] = await Promise.all([runPlan(plan), hunt(bugNamed('last-writer-wins'), 1, 3)]);
  const after = await runPlan(plan);
  for (const { violation, hash } of [before, beside, after])
    expect({ violation, hash }).toEqual({ violation: undefined, hash: before.hash });
});

test('no entry point of the package leads to the zoo', () => {
  const entries = Object.values(JSON.parse(readText('package.json')).exports).flatMap((entry) =>
    typeof entry === 'string' ? [] : [(entry as { readonly default: string }).default],
  );
  const sources = entries.map((path) => path.replace('./dist/', 'src/').replace(/\.js$/, '.ts'));
  const reached = new Set<string>();
  const visit = (path: string): void => {
    if (reached.has(path) || !isThere(path)) return;
    reached.add(path);
    for (const [, specifier = ''] of readText(path).matchAll(/(?:from|import\()\s*'(\.[^']+)'/g))
      visit(new URL(specifier, `file:///${path}`).pathname.slice(1));
  };
  for (const source of sources) visit(source);
  expect(reached.size).toBeGreaterThan(100);
  expect([...reached].filter((path) => path.startsWith('src/sim/zoo/'))).toEqual([]);
});

function bugNamed(name: string): Bug {
  const bug = ZOO.find((one) => one.name === name);
  if (bug === undefined) throw new Error(`there is no bug "${name}"`);
  return bug;
}
