/** The bug zoo: every bug, and the hunt for one of them through the plans of one seed after another. */

import { drawPlan } from '../draw-plan.ts';
import type { Violation } from '../observer.ts';
import { runPlan } from '../run.ts';
import type { Bug } from './bug.ts';
import { DISK_BUGS } from './disk-bugs.ts';
import { GROUP_BUGS } from './group-bugs.ts';
import { IDENTITY_BUGS } from './identity-bugs.ts';
import { MERGE_BUGS } from './merge-bugs.ts';
import { NETWORK_BUGS } from './network-bugs.ts';
import { REAP_BUGS } from './reap-bugs.ts';
import { RULE_BUGS } from './rule-bugs.ts';

export const ZOO: readonly Bug[] = [
  ...MERGE_BUGS,
  ...REAP_BUGS,
  ...IDENTITY_BUGS,
  ...DISK_BUGS,
  ...NETWORK_BUGS,
  ...GROUP_BUGS,
  ...RULE_BUGS,
];

/**
 * Where a bug was found; `found` undefined: in none of `ran` plans. `alsoWithout`: seeds whose plans break a law without the
 * bug too, which says nothing of it, but of the code as it is.
 */
export type Hunted = {
  readonly ran: number;
  readonly found: Found | undefined;
  readonly alsoWithout: readonly number[];
};

export type Found = Violation & { readonly seed: number };

/** Runs the plans of seeds from `seed` on with the bug in the code, until a law does not hold that holds without it. */
export async function hunt(bug: Bug, seed: number, plansMax: number): Promise<Hunted> {
  const alsoWithout: number[] = [];
  for (let ran = 1; ran <= plansMax; ran += 1) {
    const at = seed + ran - 1;
    const plan = drawPlan(at, bug.draw);
    const { violation } = await runPlan(plan, bug.plant);
    if (violation === undefined) continue;
    if ((await runPlan(plan)).violation === undefined) return { ran, found: { ...violation, seed: at }, alsoWithout };
    alsoWithout.push(at);
  }
  return { ran: plansMax, found: undefined, alsoWithout };
}
