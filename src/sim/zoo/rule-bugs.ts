/** The rules of the design, each switched off, as `npm run bite` does under random schedules too. */

import { ALL_RULES, type RuleName } from '../../rules.ts';
import type { DrawOptions } from '../draw-plan.ts';
import { type Bug, FORCED, SMALL, under } from './bug.ts';

/** Where a rule is missed soonest; SMALL where nothing is said. */
const DRAW_OF: Readonly<Partial<Record<RuleName, DrawOptions>>> = {
  'absence-has-context': FORCED,
  'reaped-is-a-fence': FORCED,
  'residuals-are-kept': FORCED,
  'peers-are-fully-taken-in': under(['hold', 'hold', 'hold', 'cut'], { replicas: 2, keys: 1, set: { reapEveryMs: 50 } }),
  'pushes-build-on-one-another': under(['filter', 'filter', 'hold', 'cut', 'loss']),
  'pushes-respect-the-fence': FORCED,
};

const names = Object.keys(ALL_RULES) as readonly RuleName[]; // the keys of the table

/** Collisions need copies of an identity: see identity-bugs. */
export const RULE_BUGS: readonly Bug[] = names
  .filter((name) => name !== 'collisions-are-detected')
  .map((name): Bug => {
    const what = 'the rule is switched off';
    return { name: `not: ${name}`, what, plant: { broken: [name] }, draw: DRAW_OF[name] ?? SMALL };
  });
