/** What is done with a plan that broke a law: shrink it, keep it and a test of it as files, and say how to see it again. */

import { writeFile } from 'node:fs/promises';
import type { Plan } from '../sim/plan.ts';
import { formatPlanFile, type PlanFile, testFileOf } from '../sim/plan-file.ts';
import type { RunOptions, RunResult } from '../sim/run.ts';
import { shrinkPlan } from '../sim/shrink-plan.ts';
import { flag, option } from './arguments.ts';
import type { Invocation } from './command.ts';
import { count, Progress } from './terminal.ts';

export type Found = { readonly plan: Plan; readonly violation: NonNullable<RunResult['violation']> };

/** What was made of it, for people and as data. */
export type Kept = {
  readonly headline: string;
  readonly lines: readonly string[];
  readonly data: { readonly [field: string]: unknown };
};

const SHRINK_MS_MAX = 60_000;

/** Shrinks, writes the files, and tells where they are. */
export async function keepFound(invocation: Invocation, found: Found, run: RunOptions): Promise<Kept> {
  const { seed } = found.plan;
  const isShrunk = !flag(invocation, 'no-shrink');
  const { plan, violation, told } = isShrunk ? await shrink(found, run) : { ...found, told: [] };
  const { law, what, key, at } = violation;
  const planPath = option(invocation, 'out') ?? `cairn-plan-${seed}.json`;
  const testPath = `${planPath.replace(/\.json$/, '')}.test.mjs`;
  const broken = run.broken ?? [];
  const file: PlanFile = {
    plan,
    found: { law, what, ...(key === undefined ? {} : { key }) },
    ...(broken.length === 0 ? {} : { broken }),
  };
  await writeFile(planPath, formatPlanFile(file));
  await writeFile(testPath, testFileOf(file));
  const without = broken.length === 0 ? '' : ` --without ${broken.join()}`;
  const where = key === undefined ? '' : `, key ${JSON.stringify(key)}`;
  return {
    headline: `${law} does not hold: seed ${seed}${where}, after ${count(Math.round(at))} virtual ms`,
    lines: [
      `  ${what}`,
      ...told,
      `Plan    ${planPath}`,
      `Test    ${testPath}`,
      `Replay  cairn simulate --replay ${planPath}${without}`,
    ],
    data: { ...violation, seed, plan: planPath, test: testPath, steps: plan.steps.length },
  };
}

async function shrink(found: Found, run: RunOptions): Promise<Found & { readonly told: readonly string[] }> {
  const progress = new Progress();
  const begun = performance.now();
  try {
    const shrunk = await shrinkPlan(found.plan, {
      run,
      isOver: () => performance.now() - begun > SHRINK_MS_MAX,
      onProgress: ({ runs, steps }) => progress.update(`Shrinking, ${steps} steps left, runs`, runs, 0),
    });
    if (shrunk === undefined) return { ...found, told: [`It held when it was run again: this must not be`] };
    const { plan, violation, runs } = shrunk;
    const size = `${plan.steps.length} ${plan.steps.length === 1 ? 'step' : 'steps'} on ${plan.replicas} replicas`;
    const seconds = ((performance.now() - begun) / 1_000).toFixed(1);
    return {
      plan,
      violation,
      told: [`Shrunk from ${found.plan.steps.length} to ${size}, in ${runs} runs and ${seconds} s`],
    };
  } finally {
    progress.end();
  }
}
