/** Runs a schedule to its end, or to the first law it breaks. The same schedule always gives the same answer. */

import { ALL_RULES, type Rules } from '../../rules.ts';
import { applyStep } from './apply.ts';
import { checkShown } from './checks.ts';
import { Coverage } from './coverage.ts';
import { generateSchedule } from './generate.ts';
import { settle } from './settle.ts';
import { shrinkSchedule } from './shrink.ts';
import type { Schedule } from './steps.ts';
import { type MakeEngine, ScheduleFailure, World } from './world.ts';

/** What a schedule broke: the law, at which step (`steps.length` is the end, when all replicas meet), and the story. */
export type Breakage = { readonly law: string; readonly step: number; readonly message: string };

/** A seed whose schedule broke a law, and the smallest schedule found that still breaks one. */
export type Finding = {
  readonly seed: number;
  readonly breakage: Breakage;
  readonly shrunk: Schedule;
  readonly shrunkBreakage: Breakage;
};

/**
 * The law that `schedule` breaks, or undefined. An unexpected error counts as breaking law `error`. `makeEngine` gives each
 * replica of a durable schedule what it keeps its bytes in; by default engines in memory.
 */
export async function runSchedule(
  schedule: Schedule,
  rules: Rules = ALL_RULES,
  coverage: Coverage = new Coverage(),
  makeEngine?: MakeEngine,
): Promise<Breakage | undefined> {
  let step = 0;
  let world: World | undefined;
  try {
    world = await World.open(schedule, rules, coverage, makeEngine);
    for (const next of schedule.steps) {
      for (const at of await applyStep(world, next)) await checkShown(world, at);
      step++;
    }
    await settle(world);
    return undefined;
  } catch (error) {
    if (error instanceof ScheduleFailure) return { law: error.law, step, message: error.message };
    return { law: 'error', step, message: error instanceof Error ? (error.stack ?? error.message) : String(error) };
  } finally {
    await world?.leave();
  }
}

/** Shrinks the schedule of `seed`, which is known to break a law. */
export async function shrinkSeed(
  seed: number,
  breakage: Breakage,
  rules: Rules = ALL_RULES,
  generate: (seed: number) => Schedule = generateSchedule,
): Promise<Finding> {
  const shrunk = await shrinkSchedule(
    generate(seed),
    async (candidate) => (await runSchedule(candidate, rules)) !== undefined,
  );
  return { seed, breakage, shrunk, shrunkBreakage: (await runSchedule(shrunk, rules)) ?? breakage };
}

/** Runs the schedules of `seed`, `seed + 1`, …; returns how many ran, what they met and, unless all hold, the first that broke a law. */
export async function runSchedules(
  seed: number,
  isDone: (ran: number) => boolean,
  rules: Rules = ALL_RULES,
  generate: (seed: number) => Schedule = generateSchedule,
): Promise<{
  readonly ran: number;
  readonly coverage: Coverage;
  readonly failed?: { readonly seed: number; readonly breakage: Breakage };
}> {
  const coverage = new Coverage(generate(seed).durability !== undefined);
  let ran = 0;
  while (!isDone(ran)) {
    const breakage = await runSchedule(generate(seed + ran), rules, coverage);
    ran++;
    if (breakage !== undefined) return { ran, coverage, failed: { seed: seed + ran - 1, breakage } };
  }
  return { ran, coverage };
}
