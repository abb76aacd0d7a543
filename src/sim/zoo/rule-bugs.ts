/** The rules of the design, each switched off, as `npm run bite` does under random schedules too. */

import { ALL_RULES, type RuleName } from '../../rules.ts';
import type { DrawOptions } from '../draw-plan.ts';
import { CALM } from '../plan.ts';
import { type Bug, FORCED, SMALL, times, under } from './bug.ts';

/** One side hears the other late, and looks often what it may reap. */
const UNHEARD: DrawOptions = under([...times(6, 'filter'), ...times(4, 'hold')], {
  ...{ replicas: 2, keys: 1 },
  set: { reapEveryMs: 50, weather: { ...CALM, latency: { kind: 'uniform', fromMs: 20, toMs: 150 } } },
});

/** Where a rule is missed soonest; SMALL where nothing is said. */
const DRAW_OF: Readonly<Partial<Record<RuleName, DrawOptions>>> = {
  'absence-has-context': FORCED,
  'reaped-is-a-fence': FORCED,
  'residuals-are-kept': FORCED,
  'peers-are-fully-taken-in': UNHEARD,
  'pushes-build-on-one-another': under(['filter', 'filter', 'hold', 'cut', 'loss']),
  'pushes-respect-the-fence': FORCED,
};

const names = Object.keys(ALL_RULES) as readonly RuleName[]; // the keys of the table

/** Without that of collisions: copies of an identity are noticed before one dot with two contents meets itself. */
export const RULE_BUGS: readonly Bug[] = names
  .filter((name) => name !== 'collisions-are-detected')
  .map((name): Bug => {
    const what = 'the rule is switched off';
    return { name: `not: ${name}`, what, plant: { broken: [name] }, draw: DRAW_OF[name] ?? SMALL };
  });
