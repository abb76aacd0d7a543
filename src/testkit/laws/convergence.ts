/** L12 for any replicated type: whoever took in the same updates, in whatever order and how often, is in the same state. */

import fc from 'fast-check';
import { checkLaw, demand, type LawParameters, show } from './check.ts';

/** A replicated type as the law sees it: a state that takes in updates, and a canonical form to compare states by. */
export type ConvergentType<S, U> = {
  readonly create: () => S;
  /** The state after `update` was taken in; may change `state` and return it. */
  readonly receive: (state: S, update: U) => S;
  /** The canonical form: equal texts or bytes mean equal states. */
  readonly digest: (state: S) => string | Uint8Array;
};

/**
 * L12: the state depends only on the set of updates, not on their order, nor on how often each arrives.
 * Throws: LawBroken.
 */
export function convergence<S, U>(
  updates: fc.Arbitrary<readonly U[]>,
  { create, receive, digest }: ConvergentType<S, U>,
  parameters?: LawParameters,
): void {
  const example = updates.chain((list) => {
    const all = fc.shuffledSubarray([...list], { minLength: list.length });
    return fc.tuple(fc.constant(list), all, fc.shuffledSubarray([...list]));
  });
  checkLaw(
    'L12 convergence',
    example,
    ([list, shuffled, repeated]) => {
      const straight = show(digest(list.reduce(receive, create())));
      demand(
        show(digest(shuffled.reduce(receive, create()))) === straight,
        'another order of the same updates must give the same state',
      );
      demand(
        show(digest([...repeated, ...shuffled, ...repeated].reduce(receive, create()))) === straight,
        'repeated updates must change nothing',
      );
    },
    parameters,
  );
}
