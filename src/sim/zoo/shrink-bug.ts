/**
 * How small a plan gets that shows a bug of the zoo: the first plan of the hunt that does, shrunk, and run again as it was
 * shrunk, with the bug and without. What it takes in time is up to whoever asks.
 */

import { drawPlan } from '../draw-plan.ts';
import type { Violation } from '../observer.ts';
import type { Plan } from '../plan.ts';
import { runPlan } from '../run.ts';
import { type ShrinkOptions, shrinkPlan } from '../shrink-plan.ts';
import type { Bug } from './bug.ts';

/** A plan that was shrunk: `before` steps, and what is left. */
export type ShrunkBug = {
  /** Which plan of the hunt it was, from 1. */
  readonly plans: number;
  readonly before: number;
  readonly plan: Plan;
  readonly violation: Violation;
  readonly runs: number;
  readonly isComplete: boolean;
};

export type ShrinkBugOptions = Omit<ShrinkOptions, 'run'> & {
  readonly plansMax: number;
  /** A plan was found, and is going to be shrunk. */
  readonly onFound?: () => void;
};

/** The bug's smallest plan; undefined when none of `plansMax` shows it. Throws: Error when what is left does not replay. */
export async function shrinkBug(bug: Bug, options: ShrinkBugOptions): Promise<ShrunkBug | undefined> {
  const { plansMax, onFound, ...shrinking } = options;
  for (let plans = 1; plans <= plansMax; plans += 1) {
    const drawn = drawPlan(plans, bug.draw);
    if ((await runPlan(drawn, bug.plant)).violation === undefined) continue;
    onFound?.();
    const shrunk = await shrinkPlan(drawn, { ...shrinking, run: bug.plant });
    if (shrunk === undefined) throw new Error(`Cannot shrink ${bug.name}: its plan breaks a law once and not twice`);
    const { plan, violation, runs, isComplete } = shrunk;
    const again = (await runPlan(plan, bug.plant)).violation;
    if (JSON.stringify(again) !== JSON.stringify(violation))
      throw new Error(`Cannot replay ${bug.name}: what is left shows "${again?.what}" instead of "${violation.what}"`);
    const without = (await runPlan(plan)).violation;
    if (without !== undefined)
      throw new Error(`Cannot blame ${bug.name}: what is left breaks ${without.law} without it, ${without.what}`);
    return { plans, before: drawn.steps.length, plan, violation, runs, isComplete };
  }
  return undefined;
}
