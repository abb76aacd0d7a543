/** L3, first half: a comparison with four answers is a partial order, and the answers of the two directions agree. */

import fc from 'fast-check';
import { checkLaw, demand, type LawParameters } from './check.ts';

/** The four answers of a causal comparison. */
export type Answer = 'equal' | 'before' | 'after' | 'concurrent';

const INVERSE: Readonly<Record<Answer, Answer>> = {
  equal: 'equal',
  before: 'after',
  after: 'before',
  concurrent: 'concurrent',
};

/**
 * L3: `compare` is reflexive, agrees with its inverse, and is transitive. Draw related examples (not only
 * concurrent ones), or transitivity is hardly tried.
 * Throws: LawBroken.
 */
export function partialOrder<T>(
  arbitrary: fc.Arbitrary<T>,
  compare: (a: T, b: T) => Answer,
  parameters?: LawParameters,
): void {
  checkLaw(
    'L3 partial order',
    fc.tuple(arbitrary, arbitrary, arbitrary),
    ([a, b, c]) => {
      demand(compare(a, a) === 'equal', 'compare(a, a) must be equal');
      const ab = compare(a, b);
      const bc = compare(b, c);
      const ac = compare(a, c);
      demand(compare(b, a) === INVERSE[ab], `compare(b, a) must be the inverse of compare(a, b), which is ${ab}`);
      if (ab === 'equal') demand(ac === bc, 'equal examples must compare alike with a third');
      if (ab === bc && (ab === 'before' || ab === 'after'))
        demand(ac === ab, `a ${ab} b and b ${bc} c, so a must be ${ab} c`);
    },
    parameters,
  );
}
