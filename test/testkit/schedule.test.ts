import { describe, expect, test } from 'vitest';
import { ALL_RULES, type RuleName } from '../../src/rules.ts';
import { generateSchedule } from '../../src/testkit/schedule/generate.ts';
import { type Finding, runSchedule, runSchedules, shrinkSeed } from '../../src/testkit/schedule/run.ts';
import type { Step } from '../../src/testkit/schedule/steps.ts';

const SEED = 20_261_122;
const SCHEDULES = 6_000;

function story({ seed, shrunk, shrunkBreakage }: Finding): string {
  return `${shrunkBreakage.message}\nseed ${seed}; replay: npm run fuzz -- --replay '${JSON.stringify(shrunk)}'`;
}

describe('schedules', () => {
  test(`schedules: ${SCHEDULES} of them break no law, and meet every kind of step and mode`, {
    timeout: 120_000,
  }, async () => {
    const { ran, failed, coverage } = await runSchedules(SEED, (done) => done >= SCHEDULES);
    if (failed !== undefined) expect.fail(story(await shrinkSeed(failed.seed, failed.breakage)));
    expect(ran).toBe(SCHEDULES);
    expect(coverage.missing).toEqual([]);
  });

  test('schedules: a seed always draws the same one, and every kind of step is drawn', () => {
    expect(generateSchedule(SEED)).toEqual(generateSchedule(SEED));
    expect(generateSchedule(SEED)).not.toEqual(generateSchedule(SEED + 1));
    const kinds = new Set<Step['do']>();
    for (let seed = 0; seed < 100; seed++) for (const step of generateSchedule(seed).steps) kinds.add(step.do);
    expect([...kinds].sort()).toEqual([
      'batch',
      'capture',
      'deliver',
      'exchange',
      'interleave',
      'interrupt',
      'join',
      'misuse',
      'reap',
      'resolve',
      'retire',
      'session',
      'take',
      'update',
      'wipe',
      'write',
    ]);
  });

  test('schedules: a rule switched off is found, and shrunk to a few steps that break a law each time', async () => {
    const rules = { ...ALL_RULES, ['residuals-are-kept' satisfies RuleName]: false };
    const { failed } = await runSchedules(SEED, (done) => done >= 1_000, rules);
    if (failed === undefined) return expect.fail('residuals-are-kept survives');
    const { shrunk, shrunkBreakage } = await shrinkSeed(failed.seed, failed.breakage, rules);
    expect(shrunk.steps.length).toBeLessThanOrEqual(5);
    expect(await runSchedule(shrunk, rules)).toEqual(shrunkBreakage);
    expect(await runSchedule(shrunk)).toBeUndefined();
  });
});
