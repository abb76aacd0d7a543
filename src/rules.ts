/**
 * The rules of the design that `npm run bite` switches off, one at a time, to show that each of them is needed. Every
 * store holds all of them. The switch is the symbol below, which no public entry point exports: it cannot be thrown by
 * accident, by a setting or by the environment.
 */

// The rules of a store as bits, so that a page does not load their names; first in the file, so that they are inlined.
export const TOKENS_ARE_KEY_BOUND = 1;
export const ABSENCE_HAS_CONTEXT = 2;
export const RESIDUALS_ARE_KEPT = 4;
export const RESIDUALS_ARE_STRIPPED = 8;
export const MERGE_UNITES_CONTEXTS = 16;
export const COLLISIONS_ARE_DETECTED = 32;
export const PUSHES_WAIT = 512;
export const PUSHES_BUILD_ON_ONE_ANOTHER = 1024;
export const PUSHES_RESPECT_THE_FENCE = 2048;

/** One rule of docs/semantics.md, by name. */
export type RuleName =
  | 'tokens-are-key-bound'
  | 'absence-has-context'
  | 'clock-is-adopted-last'
  | 'reaped-is-a-fence'
  | 'peers-are-fully-taken-in'
  | 'residuals-are-kept'
  | 'residuals-are-stripped'
  | 'merge-unites-contexts'
  | 'collisions-are-detected'
  | 'pushes-wait'
  | 'pushes-build-on-one-another'
  | 'pushes-respect-the-fence';

export type Rules = { readonly [name in RuleName]: boolean };

/** Every rule holds: how Cairn runs. */
export const ALL_RULES: Rules = {
  'tokens-are-key-bound': true,
  'absence-has-context': true,
  'clock-is-adopted-last': true,
  'reaped-is-a-fence': true,
  'peers-are-fully-taken-in': true,
  'residuals-are-kept': true,
  'residuals-are-stripped': true,
  'merge-unites-contexts': true,
  'collisions-are-detected': true,
  'pushes-wait': true,
  'pushes-build-on-one-another': true,
  'pushes-respect-the-fence': true,
};

/** The option of `openStore` under which a test hands over broken rules, as `brokenBits`. */
export const RULES: unique symbol = Symbol('cairn rules');

const BITS: Readonly<Record<RuleName, number>> = {
  'tokens-are-key-bound': TOKENS_ARE_KEY_BOUND,
  'absence-has-context': ABSENCE_HAS_CONTEXT,
  'residuals-are-kept': RESIDUALS_ARE_KEPT,
  'residuals-are-stripped': RESIDUALS_ARE_STRIPPED,
  'merge-unites-contexts': MERGE_UNITES_CONTEXTS,
  'collisions-are-detected': COLLISIONS_ARE_DETECTED,
  'clock-is-adopted-last': 64,
  'reaped-is-a-fence': 128,
  'peers-are-fully-taken-in': 256,
  'pushes-wait': PUSHES_WAIT,
  'pushes-build-on-one-another': PUSHES_BUILD_ON_ONE_ANOTHER,
  'pushes-respect-the-fence': PUSHES_RESPECT_THE_FENCE,
};

/** The rules that are broken, as one number. */
export function brokenBits(rules: Rules): number {
  let bits = 0;
  for (const name of Object.keys(BITS) as RuleName[]) if (!rules[name]) bits |= BITS[name]; // the keys of the table
  return bits;
}

/** The rules of which `brokenBits` made this number. */
export function rulesOf(broken: number): Rules {
  const holds = (name: RuleName): [RuleName, boolean] => [name, (broken & BITS[name]) === 0];
  return Object.fromEntries((Object.keys(BITS) as RuleName[]).map(holds)) as Rules; // one for each key of the table
}
