/** Assertions that stay on in production: a broken invariant stops the replica instead of spreading. */

import { InvariantError } from './errors.ts';

/** Throws an InvariantError when `condition` does not hold. */
export function assert(condition: boolean, message: string): asserts condition {
  if (!condition) throw new InvariantError(`Broken invariant: ${message}`);
}

/** Makes a `switch` exhaustive: a member of the union that no case handles is a type error here. */
export function unreachable(value: never): never {
  throw new InvariantError(`Broken invariant: unhandled case ${String(value)}`);
}
