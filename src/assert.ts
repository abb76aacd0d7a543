/**
 * Assertions that stay on in production: a broken invariant stops the replica instead of spreading. And what is asked of
 * every number that comes in by hand.
 */

import { InvariantError } from './errors.ts';

/** Throws an InvariantError when `condition` does not hold. */
export function assert(condition: boolean, message: string): asserts condition {
  if (!condition) throw new InvariantError(`Broken invariant: ${message}`);
}

/** Throws: RangeError unless `n` is an integer from `min` to `max`. */
export function checkInteger(n: number, what: string, min: number, max: number): void {
  if (Number.isSafeInteger(n) && n >= min && n <= max) return;
  throw new RangeError(misuse(n, what, `is no integer from ${min} to ${max}`));
}

/** The message for something given by hand that cannot be `what`. */
export function misuse(given: unknown, what: string, fault: string): string {
  return `Cannot use ${JSON.stringify(String(given).slice(0, 60))} as ${what}: it ${fault}`;
}

/** Makes a `switch` exhaustive: a member of the union that no case handles is a type error here. */
export function unreachable(value: never): never {
  throw new InvariantError(`Broken invariant: unhandled case ${String(value)}`);
}
