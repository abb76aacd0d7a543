import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { formatResult, parseResult } from '../../src/lab/experiment/result-file.ts';
import { PRESETS } from '../../src/lab/presets/presets.ts';
import { ALL_STRATEGIES } from '../../src/lab/strategies/registry.ts';
import { runCairn } from './drive-process.ts';

const YAML = `
scenario: 1
name: small
seeds: 2
strategies: [cairn, lww-wall, ./first-stays.mjs, { use: ./made.mjs, options: { word: 'x' } }]
workload: { operations: 60, keys: 2, mix: { update: 1 } }
clockSkewMs: 100
settleMs: 2000
assertions:
  - { strategy: cairn, measure: writesLost, is: '=', to: 0, of: every }
  - { strategy: lww-wall, measure: writesLost, is: '=', to: 0 }
`;

const RULES = `export default {
  title: 'first stays', rule: 'what came first stays', source: 'https://example.org', showsConflicts: false,
  write: (held, { operation }) => held ?? operation,
  merge: Math.min,
  show: (operation) => ({ live: [operation], deleted: [], passedOver: [] }),
  isEqual: (one, other) => one === other,
  versionsIn: () => 1,
  tombstonesIn: () => [],
  metadataBytes: () => 1,
};
`;

/** A strategy of options; it does what the other one does. */
const MADE = `import { keyStrategy } from ${JSON.stringify(new URL('../../src/lab/strategies/key-strategy.ts', import.meta.url).href)};
import rules from './first-stays.mjs';
export const make = ({ word }) => keyStrategy({ ...rules, name: word, title: word });
`;

/** The strategy of options imports sources. */
const READS_SOURCES = { NODE_OPTIONS: '--import tsx' };

let folder = '';
const place = (name: string): string => join(folder, name);

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'cairn-experiment-'));
  writeFileSync(place('small.yaml'), YAML);
  writeFileSync(place('first-stays.mjs'), RULES);
  writeFileSync(place('made.mjs'), MADE);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('experiment', () => {
  it('experiment takes a commit history as what clients do, beside the scenario that names it', async () => {
    const file = fileURLToPath(new URL('../../examples/git-history.yaml', import.meta.url));
    const { status, stdout } = await runCairn(['experiment', file, '--seeds', '1', '--out', place('git')]);
    expect([status, stdout.match(/^holds .*$/gm)?.length]).toEqual([0, 4]);
    const { scenario, operations } = parseResult(readFileSync(place('git/result.json'), 'utf8'));
    expect([scenario.workload.kind, operations]).toEqual(['script', 5 * 3_545]);
    expect(readFileSync(place('git/report.html'), 'utf8')).toContain('The commits of immer');
  });

  it('experiment runs a file in YAML with a strategy of the user, says which assertion does not hold, keeps files', async () => {
    const { status, stdout, stderr } = await runCairn(
      ['experiment', place('small.yaml'), '--out', place('one')],
      '',
      READS_SOURCES,
    );
    expect(status).toBe(1);
    expect(stdout).toMatch(
      /^N 3, R 1, W 1, exponential 5 ms\n +cairn +lww-wall +\.\/first-stays\.mjs +\.\/made\.mjs\(word=x\)\nwrites lost +0 /,
    );
    expect(stdout).toContain('\nholds          cairn: writesLost = 0, in every run\n');
    expect(stdout).toMatch(/\ndoes not hold {2}lww-wall: writesLost = 0, on average; found [\d.]+: lww-wall at N 3, /);
    expect(stderr).toMatch(/^Running small, runs: 8\n8 runs, \d+ operations, in [\d.]+ s: /);
    const text = readFileSync(place('one/result.json'), 'utf8');
    const { strategies, cells } = parseResult(text);
    expect(strategies.map(({ name, title }) => [name, title]).slice(2)).toEqual([
      ['./first-stays.mjs', 'first stays'],
      ['./made.mjs(word=x)', 'x'],
    ]);
    expect(cells[3]?.runs).toEqual(cells[2]?.runs);
    expect(formatResult(parseResult(text))).toBe(text);
    expect(readFileSync(place('one/result.csv'), 'utf8')).toContain(
      '\n./first-stays.mjs,3,1,1,exponential 5 ms,2,refused,0\n',
    );
  });

  it('experiment gives the same bytes of result.json again, and compare says that every figure is the same', async () => {
    await runCairn(['experiment', place('small.yaml'), '--out', place('again')], '', READS_SOURCES);
    expect(readFileSync(place('again/result.json'), 'utf8')).toBe(readFileSync(place('one/result.json'), 'utf8'));
    const { status, stdout } = await runCairn(['compare', place('one'), place('again/result.json')]);
    expect([status, stdout]).toEqual([0, 'Every figure is the same.\n']);
  });

  it('experiment takes other strategies and seeds, then without assertions on those left out', async () => {
    const args = ['experiment', place('small.yaml'), '--strategies', 'cairn', '--seeds', '5,7', '--json'];
    const { status, stdout } = await runCairn(args);
    const { seeds, strategies, assertions } = parseResult(stdout);
    expect([status, seeds, strategies.map(({ name }) => name), assertions.length]).toEqual([0, [5, 7], ['cairn'], 1]);
    writeFileSync(place('other.json'), stdout);
    const compared = await runCairn(['compare', place('one'), place('other.json')]);
    expect(compared.status).toBe(1);
    expect(compared.stdout).toMatch(
      /^The scenarios differ in seeds, strategies, assertions\.\nonly in .*: lww-wall at N 3, /,
    );
  });

  it('experiment --list names presets and strategies', async () => {
    const { status, stdout } = await runCairn(['experiment', '--list']);
    expect(status).toBe(0);
    for (const { name } of [...PRESETS, ...ALL_STRATEGIES])
      expect(stdout).toMatch(new RegExp(`\\n  ${name} +[A-Za-z]`));
    expect(stdout).toMatch(/\n {2}git-history +A real history/);
  });

  it('experiment --list --json gives them as data', async () => {
    const { status, stdout } = await runCairn(['experiment', '--list', '--json']);
    const { presets, strategies } = JSON.parse(stdout) as Record<string, readonly { readonly name: string }[]>;
    expect(status).toBe(0);
    expect(presets?.map(({ name }) => name)).toEqual([...PRESETS.map(({ name }) => name), 'git-history']);
    expect(strategies?.map(({ name }) => name)).toEqual(ALL_STRATEGIES.map(({ name }) => name));
    expect(strategies?.[0]).toMatchObject({ rule: expect.any(String), options: expect.any(Object) });
  });

  it('experiment refuses an --out that is no folder before it runs anything', async () => {
    writeFileSync(place('file'), 'mine');
    const { status, stdout, stderr } = await runCairn(['experiment', '--preset', 'pbs', '--out', place('file')]);
    expect([status, stdout]).toEqual([1, '']);
    expect(stderr).toMatch(/^Cannot keep a result in .*, give --out a folder\n$/);
    expect(readFileSync(place('file'), 'utf8')).toBe('mine');
  });

  it('experiment runs a preset', async () => {
    const args = ['experiment', '--preset', 'lww-lost-updates', '--seeds', '1', '--strategies', 'cairn', '--json'];
    const { status, stdout } = await runCairn(args);
    expect([status, parseResult(stdout).scenario.name]).toEqual([0, 'lww-lost-updates']);
  });

  it('experiment refuses what it cannot run, in a sentence', async () => {
    const says = async (...args: readonly string[]): Promise<readonly [number, string]> => {
      const { status, stderr } = await runCairn(['experiment', ...args]);
      return [status, stderr.trim().split('\n').at(-1) ?? ''];
    };
    writeFileSync(place('wrong.json'), '{"scenario":1,"name":"x","hint":true}');
    writeFileSync(place('broken.json'), '{');
    writeFileSync(place('broken.yaml'), 'a: [');
    writeFileSync(place('empty.mjs'), 'export default { title: "x", rule: "y", source: "z", showsConflicts: true };');
    expect(await says()).toEqual([
      2,
      expect.stringMatching(/^Cannot experiment: give either a SCENARIO or --preset NAME\./),
    ]);
    expect(await says('--preset', 'nothing')).toEqual([2, expect.stringMatching(/there is none, give one of .*pbs/)]);
    expect(await says('--preset', 'pbs', '--seeds', 'x')).toEqual([
      2,
      expect.stringContaining('--seeds is x, give how many'),
    ]);
    expect(await says(place('wrong.json'))).toEqual([1, expect.stringContaining('it has a field "hint", give only ')]);
    expect(await says(place('broken.json'))).toEqual([1, expect.stringContaining('it is no JSON (')]);
    expect(await says(place('broken.yaml'))).toEqual([1, expect.stringContaining('it is no YAML (')]);
    expect(await says('--preset', 'pbs', '--strategies', 'nobody')).toEqual([
      1,
      expect.stringMatching(/^Cannot take the scenario: strategies\[0\] is "nobody", give one of cairn, /),
    ]);
    expect(await says('--preset', 'pbs', '--strategies', place('empty.mjs'))).toEqual([
      1,
      expect.stringMatching(/its default export has no `begin`, and no `write`$/),
    ]);
    expect(await says('--preset', 'pbs', '--strategies', './none.mjs')).toEqual([
      1,
      expect.stringMatching(/^Cannot load the strategy \.\/none\.mjs: Cannot find module/),
    ]);
  });
});
