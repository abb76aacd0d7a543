import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { ALL_RULES, type RuleName } from '../../src/rules.ts';
import { level } from '../../src/storage/level.ts';
import { memoryStorage } from '../../src/storage/memory.ts';
import type { StorageEngine } from '../../src/storage/storage.ts';
import { KIND } from '../../src/store/durable/layout.ts';
import { CLOCKS_KEY } from '../../src/store/durable/stored-meta.ts';
import { Coverage } from '../../src/testkit/schedule/coverage.ts';
import { generateDurableSchedule, generateSchedule } from '../../src/testkit/schedule/generate.ts';
import { type Finding, runSchedule, runSchedules, shrinkSeed } from '../../src/testkit/schedule/run.ts';
import type { Step } from '../../src/testkit/schedule/steps.ts';

const SEED = 20_261_122;
const SCHEDULES = 6_000;
const DURABLE_SEED = 3_500;
const DURABLE_SCHEDULES = 500;
const LEVEL_SCHEDULES = 8;

function story({ seed, shrunk, shrunkBreakage }: Finding): string {
  return `${shrunkBreakage.message}\nseed ${seed}; replay: npm run fuzz -- --replay '${JSON.stringify(shrunk)}'`;
}

describe('schedules', () => {
  test(`schedules: ${SCHEDULES} of them break no law, and meet every kind of step and mode`, {
    timeout: 240_000,
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
      'push',
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

describe('durable schedules', () => {
  test(`schedules: ${DURABLE_SCHEDULES} of replicas on disks break no law, and meet what happens to disks`, async () => {
    const { ran, failed, coverage } = await runSchedules(
      DURABLE_SEED,
      (done) => done >= DURABLE_SCHEDULES,
      ALL_RULES,
      generateDurableSchedule,
    );
    if (failed !== undefined)
      expect.fail(story(await shrinkSeed(failed.seed, failed.breakage, ALL_RULES, generateDurableSchedule)));
    expect(ran).toBe(DURABLE_SCHEDULES);
    expect(coverage.missing).toEqual([]);
  });

  test(`schedules: ${LEVEL_SCHEDULES} of replicas in directories of LevelDB break no law`, async () => {
    const root = mkdtempSync(join(tmpdir(), 'cairn-schedule-'));
    const coverage = new Coverage(true);
    let made = 0;
    try {
      for (let seed = SEED; seed < SEED + LEVEL_SCHEDULES; seed++) {
        const breakage = await runSchedule(generateDurableSchedule(seed), ALL_RULES, coverage, () =>
          level(join(root, String(made++))),
        );
        expect(breakage, `seed ${seed}`).toBeUndefined();
      }
    } finally {
      rmSync(root, { recursive: true, force: true });
    }
    expect(coverage.timesOf('crash')).toBeGreaterThan(0);
    expect(coverage.timesOf('loss')).toBeGreaterThan(0);
  });

  test('schedules: a seed always draws the same one, and runs to the same end', async () => {
    expect(generateDurableSchedule(SEED)).toEqual(generateDurableSchedule(SEED));
    const runs = [new Coverage(true), new Coverage(true)];
    for (const coverage of runs) await runSchedule(generateDurableSchedule(SEED + 1), ALL_RULES, coverage);
    expect(String(runs[0])).toBe(String(runs[1]));
  });

  test.each([
    ['drops records now and then', (key: Uint8Array) => key[0] === KIND.record, ['L20']],
    ['keeps the first clocks it was given', (key: Uint8Array) => String(key) === String(CLOCKS_KEY), ['L19', 'error']],
  ])('schedules: an engine that %s is found', async (_, isDropped, laws) => {
    let broken: string | undefined;
    for (let seed = SEED; seed < SEED + 200 && broken === undefined; seed++) {
      const breakage = await runSchedule(generateDurableSchedule(seed), ALL_RULES, new Coverage(true), () =>
        forgetful(isDropped),
      );
      broken = breakage?.law;
    }
    expect(laws).toContain(broken);
  });
});

/** An engine in memory that does not write every third time what it should write of these keys. */
function forgetful(isDropped: (key: Uint8Array) => boolean): StorageEngine {
  const inner = memoryStorage();
  let commits = 0;
  return {
    name: 'forgetful',
    open: async () => {
      const storage = await inner.open();
      return {
        manifest: storage.manifest,
        place: undefined,
        getMany: (keys) => storage.getMany(keys),
        scan: (range) => storage.scan(range),
        close: () => storage.close(),
        commit: ({ puts, deletes }, durability) => {
          commits += 1;
          const kept = commits % 3 === 0 ? puts.filter(([key]) => !isDropped(key)) : puts;
          return storage.commit({ puts: kept, deletes }, durability);
        },
      };
    },
  };
}
