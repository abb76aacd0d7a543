/**
 * The rules of the design that `npm run bite` switches off, one at a time, to show that each of them is needed. Every
 * store holds all of them. The switch is the symbol below, which no public entry point exports: it cannot be thrown by
 * accident, by a setting or by the environment.
 */

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
  | 'collisions-are-detected';

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
};

/** The option of `openStore` under which a test hands over broken rules. */
export const RULES: unique symbol = Symbol('cairn rules');
