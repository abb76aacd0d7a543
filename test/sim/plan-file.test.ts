import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';
import { drawPlan } from '../../src/sim/draw-plan.ts';
import { formatPlanFile, type PlanFile, parsePlanFile, testFileOf } from '../../src/sim/plan-file.ts';

const plan = drawPlan(7, { minutes: 0.02 });
const found = { law: 'L7', what: 'it is\nnot shown', key: '__proto__' };

describe('parsePlanFile', () => {
  test('parsePlanFile reads what formatPlanFile wrote, and a plan alone', () => {
    const file: PlanFile = { plan, found, broken: ['pushes-wait'] };
    expect(parsePlanFile(formatPlanFile(file))).toEqual(file);
    expect(parsePlanFile(formatPlanFile({ plan: { ...plan, steps: [] } }))).toEqual({ plan: { ...plan, steps: [] } });
    expect(parsePlanFile(JSON.stringify(plan))).toEqual({ plan });
  });

  test('parsePlanFile says what is wrong with a file', () => {
    const wrong = (changes: object): string => JSON.stringify({ plan: { ...plan, ...changes } });
    const refusals: readonly (readonly [text: string, why: RegExp])[] = [
      ['{', /it is no JSON/],
      ['[]', /it is no object/],
      ['{"plan":7}', /its plan is no object/],
      [wrong({ version: 2 }), /its version is 2, and 1 is read here/],
      [wrong({ clients: '3' }), /"clients" is no number/],
      [wrong({ keys: [] }), /"keys" is no list of texts/],
      [wrong({ weather: null }), /"weather" or "disk" is missing/],
      [wrong({ steps: {} }), /"steps" is no list/],
      [wrong({ steps: [...plan.steps.slice(0, 1), { at: 1 }] }), /step 1 has no "at" and "do"/],
    ];
    for (const [text, why] of refusals) {
      expect(() => parsePlanFile(text)).toThrow(TypeError);
      expect(() => parsePlanFile(text)).toThrow(why);
    }
  });
});

describe('testFileOf', () => {
  test('testFileOf is a test that node runs: it passes while every law holds, and fails when one does not', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'cairn-plan-'));
    const source = new URL('../../src/sim/', import.meta.url);
    const shown = drawPlan(1, { minutes: 0.1, profile: 'process' });
    const text = testFileOf({ plan: shown, found });
    expect(text).toContain("import { runPlan } from 'cairndb/sim';");
    const here = (code: string): string =>
      code.replace("'cairndb/sim'", JSON.stringify(new URL('index.ts', source).href));
    try {
      const passing = join(folder, 'passing.test.mjs');
      writeFileSync(passing, here(text));
      expect(await outcomeOf(passing)).toMatchObject({ isPassed: true, said: expect.stringContaining('seed 1') });
      const failing = join(folder, 'failing.test.mjs');
      writeFileSync(
        failing,
        here(text).replace('runPlan(plan)', "runPlan(plan, { broken: ['clock-is-adopted-last'] })"),
      );
      expect(await outcomeOf(failing)).toMatchObject({ isPassed: false, said: expect.stringContaining('L') });
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});

async function outcomeOf(file: string): Promise<{ readonly isPassed: boolean; readonly said: string }> {
  const cwd = fileURLToPath(new URL('../..', import.meta.url));
  // Inside of a test run node would think that this is a part of it.
  const { NODE_TEST_CONTEXT: _, ...env } = process.env;
  const args = ['--import', 'tsx', '--test', file];
  try {
    return { isPassed: true, said: (await promisify(execFile)(process.execPath, args, { cwd, env })).stdout };
  } catch (failure) {
    return { isPassed: false, said: String((failure as { readonly stdout: unknown }).stdout) }; // what execFile rejects with
  }
}
