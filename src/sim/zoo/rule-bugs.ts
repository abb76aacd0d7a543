/** The rules of the design, each switched off, as `npm run bite` does under random schedules too. */

import { ALL_RULES, type RuleName } from '../../rules.ts';
import type { DrawOptions, Profile } from '../draw-plan.ts';
import { type Bug, SMALL } from './bug.ts';

/** Where a rule is missed soonest; SMALL where nothing is said. */
const PROFILE_OF: Readonly<Partial<Record<RuleName, Profile>>> = {
  'reaped-is-a-fence': 'membership',
  'residuals-are-kept': 'membership',
};

const names = Object.keys(ALL_RULES) as readonly RuleName[]; // the keys of the table

/** Collisions need copies of an identity: see identity-bugs. */
export const RULE_BUGS: readonly Bug[] = names
  .filter((name) => name !== 'collisions-are-detected')
  .map((name): Bug => {
    const profile = PROFILE_OF[name];
    const draw: DrawOptions = profile === undefined ? SMALL : { ...SMALL, profile };
    return { name: `not: ${name}`, what: 'the rule is switched off', plant: { broken: [name] }, draw };
  });
