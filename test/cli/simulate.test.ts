import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parsePlanFile } from '../../src/sim/plan-file.ts';
import { runCairn } from './drive-process.ts';

let directory = '';
const place = (name: string): string => join(directory, name);
const RULE = 'clock-is-adopted-last';
/** The first schedule breaks a law without the rule. */
const BROKEN = ['simulate', '--seed', '1', '--minutes', '0.1', '--profile', 'process', '--without', RULE];

beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'cairn-simulate-'));
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

describe('simulate', () => {
  it('simulate runs schedules from a seed and says what struck, on one line how much, and each time the same', async () => {
    const args = ['simulate', '--seed', '5', '--schedules', '2', '--minutes', '0.1', '--pairs'];
    const [one, other] = [await runCairn(args), await runCairn(args)];
    expect([one.status, one.stderr]).toEqual([0, 'Simulating from seed 5, schedules: 2\n']);
    expect(one.stdout).toMatch(/^fault +struck +in runs +beside others\n/);
    expect(one.stdout).toContain('runs in which both str');
    expect(one.stdout).toMatch(/\n2 swarm schedules from seed 5, [\d,]+ operations, .*: every law held\n$/);
    expect(one.stdout.split('\n').filter((line) => line.length > 100)).toEqual([]);
    const untimed = (text: string): string => text.replace(/ in [\d.]+ s: /, '');
    expect(untimed(other.stdout)).toBe(untimed(one.stdout));
  });

  it('simulate --json gives the figures as data', async () => {
    const { status, stdout } = await runCairn([
      'simulate',
      '--schedules',
      '1',
      '--minutes',
      '0.05',
      '--replicas',
      '2',
      '--json',
    ]);
    expect(status).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ schedules: 1, done: 1, profile: 'swarm', kinds: expect.any(Array) });
  });

  it('simulate stops at a law that does not hold: it shrinks, writes plan and test, and the plan shows it again', async () => {
    const out = place('small.json');
    const { status, stdout } = await runCairn([...BROKEN, '--out', out]);
    expect(status).toBe(1);
    expect(stdout).toMatch(/\nL\d+ does not hold: seed 1, key ".*", after [\d,]+ virtual ms\n {2}#/);
    expect(stdout).toMatch(/\nShrunk from \d+ to \d+ steps? on [23] replicas, in \d+ runs/);
    expect(stdout).toContain(`Replay  cairn simulate --replay ${out} --without ${RULE}\n`);
    expect(stdout).toMatch(/1 process schedule from seed 1, .*: a law does not hold\n$/);
    const { plan, found, broken } = parsePlanFile(readFileSync(out, 'utf8'));
    expect([plan.steps.length < 20, broken]).toEqual([true, [RULE]]);
    expect(readFileSync(place('small.test.mjs'), 'utf8')).toContain(`with which ${found?.law} did not hold`);

    const [whole, without] = [
      await runCairn(['simulate', '--replay', out]),
      await runCairn(['simulate', '--replay', out, '--without', RULE, '--json']),
    ];
    expect([whole.status, whole.stdout]).toEqual([
      0,
      expect.stringMatching(/virtual s, trace [0-9a-f]{16}: every law held\n$/),
    ]);
    expect([without.status, JSON.parse(without.stdout).violation]).toEqual([1, expect.objectContaining(found ?? {})]);
  });

  it('simulate --no-shrink keeps the plan as it was drawn', async () => {
    const out = place('drawn.json');
    const { status, stdout } = await runCairn([...BROKEN, '--no-shrink', '--json', '--out', out]);
    expect(status).toBe(1);
    expect(JSON.parse(stdout).found).toMatchObject({ seed: 1, plan: out });
    expect(parsePlanFile(readFileSync(out, 'utf8')).plan.durationMs).toBe(6_000);
    expect(stdout).not.toContain('Shrunk');
  });

  it('simulate --replay --record writes the run down, to a file or alone to stdout', async () => {
    const plan = 'test/regressions/plans/without-pushes-wait.json';
    const lines = await runCairn(['simulate', '--replay', plan, '--record', 'jsonl']);
    expect(lines.status).toBe(0);
    expect(
      lines.stdout
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line).at >= 0),
    ).not.toContain(false);
    expect(lines.stderr).toMatch(/every law held\n$/);
    const starts = { shiviz: '(?<host>', edn: '{:index 0, :process', mermaid: 'sequenceDiagram\n' };
    for (const [format, start] of Object.entries(starts)) {
      const out = place(`run.${format}`);
      const { status, stdout } = await runCairn([
        'simulate',
        '--replay',
        plan,
        '--record',
        format,
        '--out',
        out,
        '--events',
        '200',
      ]);
      expect([status, stdout]).toEqual([0, expect.stringMatching(/every law held\n$/)]);
      expect(readFileSync(out, 'utf8').startsWith(start)).toBe(true);
    }
  });

  it('simulate --record edn writes what cairn check judges', async () => {
    const [plan, out] = ['test/regressions/plans/without-pushes-wait.json', place('whole.edn')];
    await runCairn(['simulate', '--replay', plan, '--record', 'edn', '--out', out]);
    const { status, stdout } = await runCairn(['check', out]);
    expect([status, stdout]).toEqual([
      0,
      expect.stringMatching(/^Holds: siblings, \d+ operations in \d+ sessions\.\n$/),
    ]);
  });

  it('simulate refuses what it cannot do', async () => {
    const wrong: readonly (readonly [args: readonly string[], why: string])[] = [
      [['--profile', 'constructor'], 'give one of swarm, calm, network'],
      [['--schedules', '0'], '--schedules is 0, give a whole number from 1'],
      [['--minutes', 'x'], '--minutes is x, give a number from 0.01'],
      [['--replicas', '8'], '--replicas is 8, give a whole number from 2 to 7'],
      [['--without', 'toString'], 'no rule is called toString'],
      [['--record', 'edn'], 'give --replay FILE too'],
      [['--replay', 'package.json', '--record', 'svg'], '--record is svg, give one of jsonl'],
      [['--replay', 'package.json', '--seed', '1'], 'Cannot replay package.json with --seed: the plan is in the file'],
      [['--replay', 'package.json', '--schedules', '2'], 'with --schedules: the plan is in the file'],
      [['--replay', 'package.json', '--profile', 'calm'], 'with --profile: the plan is in the file'],
      [['--replay', 'package.json', '--events', '2'], 'give --record too'],
      [['--events', '2'], 'give --record too'],
      [['more'], 'Cannot simulate with "more": it takes options only. See: cairn help simulate\n'],
    ];
    for (const [args, why] of wrong)
      expect(await runCairn(['simulate', ...args])).toEqual({
        status: 2,
        stdout: '',
        stderr: expect.stringContaining(why),
      });
    const file = place('no-plan.json');
    writeFileSync(file, '{}');
    const refused = await runCairn(['simulate', '--replay', file]);
    expect([refused.status, refused.stderr]).toEqual([
      1,
      `${file}: Cannot read the plan: its version is undefined, and 1 is read here\n`,
    ]);
    expect((await runCairn(['simulate', '--replay', place('none.json')])).stderr).toContain('ENOENT');
  });
});
