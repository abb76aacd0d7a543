/** One process of `npm run soak`: runs what its parent asks for, one schedule after another, with the built package. */

import { drawPlan, type Plan, type Profile, type RunResult, runPlan } from 'cairndb/sim';

/** A plan, or what to draw one from. */
export type SoakTask = { readonly name: string } & (
  | { readonly plan: Plan }
  | { readonly seed: number; readonly profile: Profile; readonly minutes: number }
);

/** `plan`: the one that broke a law. */
export type SoakAnswer = {
  readonly violation: RunResult['violation'];
  readonly plan?: Plan;
  readonly struck: readonly (readonly [kind: string, times: number])[];
  readonly virtualMs: number;
  readonly operations: number;
};

process.on('message', (task: SoakTask) => void answer(task));

async function answer(task: SoakTask): Promise<void> {
  const { profile, minutes } = 'seed' in task ? task : { profile: 'swarm' as const, minutes: 0 };
  const plan = 'plan' in task ? task.plan : drawPlan(task.seed, { profile, minutes });
  process.send?.(await answerTo(plan));
}

/** A run that does not come to an end is a violation like any other: the rest goes on. */
async function answerTo(plan: Plan): Promise<SoakAnswer> {
  try {
    const { violation, struck, virtualMs, clients } = await runPlan(plan);
    const counts = { struck: [...struck], virtualMs, operations: clients.acknowledged + clients.reads };
    return { violation, ...counts, ...(violation === undefined ? {} : { plan }) };
  } catch (cause) {
    const what = `the run failed: ${cause instanceof Error ? cause.stack : cause}`;
    return { violation: { law: 'L21', what, at: 0 }, plan, struck: [], virtualMs: 0, operations: 0 };
  }
}
