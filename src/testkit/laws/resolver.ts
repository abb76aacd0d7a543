/** L18: a resolver is pure, does not care for the order of the siblings, and comes to rest. */

import fc from 'fast-check';
import { checkLaw, demand, type LawParameters, show } from './check.ts';

/** What the laws need to know about a resolver of siblings `S` to a result `R`. */
export type ResolverUnderTest<S, R> = {
  readonly resolve: (siblings: readonly S[]) => R;
  readonly equals: (a: R, b: R) => boolean;
  /** The sibling that would hold `result` once it is written back with the context of all `siblings`. */
  readonly write: (result: R, siblings: readonly S[]) => S;
};

/**
 * Checks that a resolver answers the same twice, changes nothing it was given, gives one answer for every order of the
 * siblings, and that resolving what was resolved changes nothing, also when two replicas resolve at the same time.
 * Law: L18. Throws: LawBroken.
 */
export function resolver<S, R>(
  siblings: fc.Arbitrary<readonly S[]>,
  { resolve, equals, write }: ResolverUnderTest<S, R>,
  parameters?: LawParameters,
): void {
  const example = siblings.chain((list) =>
    fc.tuple(fc.constant(list), fc.shuffledSubarray([...list], { minLength: list.length })),
  );
  checkLaw(
    'L18 resolver',
    example,
    ([list, shuffled]) => {
      const before = show(list);
      const result = resolve(list);
      demand(equals(resolve(list), result), 'a resolver must answer the same for the same siblings');
      demand(show(list) === before, 'a resolver must not change the siblings it is given');
      demand(equals(resolve(shuffled), result), 'a resolver must not depend on the order of the siblings');
      if (list.length === 0) return;
      const first = write(result, list);
      demand(equals(resolve([first]), result), 'resolving a resolved value must give it back');
      const second = write(resolve(shuffled), shuffled);
      demand(equals(resolve([first, second]), result), 'resolving two equal resolutions must give the same again');
    },
    parameters,
  );
}
