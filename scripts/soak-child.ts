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
  const { violation, struck, virtualMs, clients } = await runPlan(plan);
  const told: SoakAnswer = {
    ...{ violation, struck: [...struck], virtualMs, operations: clients.acknowledged + clients.reads },
    ...(violation === undefined ? {} : { plan }),
  };
  process.send?.(told);
}
