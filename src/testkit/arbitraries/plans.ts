/**
 * Fault plans for the simulator: what its own drawing makes of a seed, with any part of the steps left out. A plan shrinks
 * by losing steps, while its seed and its setting stay: what is left means what it meant.
 */

import fc from 'fast-check';
import { type DrawOptions, drawPlan } from '../../sim/draw-plan.ts';
import type { Plan } from '../../sim/plan.ts';

/** Plans of the simulator; short ones (six seconds of virtual time) unless told. */
export function faultPlans(options: DrawOptions = { minutes: 0.1 }): fc.Arbitrary<Plan> {
  return fc
    .noShrink(fc.nat())
    .map((seed) => drawPlan(seed, options))
    .chain((plan) => fc.subarray([...plan.steps]).map((steps): Plan => ({ ...plan, steps })));
}
