/** L3, second half, and the merge half of L12: merging is the least upper bound, so order and repetition do not matter. */

import fc from 'fast-check';
import { checkLaw, demand, type LawParameters } from './check.ts';
import type { Answer } from './order.ts';

/** L3: `merge` is commutative, associative, idempotent and inflationary (merging again changes nothing). Throws: LawBroken. */
export function joinSemilattice<T>(
  arbitrary: fc.Arbitrary<T>,
  merge: (a: T, b: T) => T,
  equals: (a: T, b: T) => boolean,
  parameters?: LawParameters,
): void {
  checkLaw(
    'L3 join semilattice',
    fc.tuple(arbitrary, arbitrary, arbitrary),
    ([a, b, c]) => {
      demand(equals(merge(a, a), a), 'merge must be idempotent');
      const ab = merge(a, b);
      demand(equals(ab, merge(b, a)), 'merge must be commutative');
      demand(equals(merge(ab, c), merge(a, merge(b, c))), 'merge must be associative');
      demand(equals(merge(a, ab), ab) && equals(merge(ab, b), ab), 'merge must keep what either side brought');
    },
    parameters,
  );
}

/** L3: `merge(a, b)` is at or above both sides, and at or below everything that is. Throws: LawBroken. */
export function leastUpperBound<T>(
  arbitrary: fc.Arbitrary<T>,
  merge: (a: T, b: T) => T,
  compare: (a: T, b: T) => Answer,
  parameters?: LawParameters,
): void {
  const covers = (a: T, b: T): boolean => compare(a, b) === 'after' || compare(a, b) === 'equal';
  checkLaw(
    'L3 least upper bound',
    fc.tuple(arbitrary, arbitrary, arbitrary),
    ([a, b, c]) => {
      const ab = merge(a, b);
      demand(covers(ab, a) && covers(ab, b), 'merge(a, b) must descend both sides');
      const above = merge(ab, c);
      demand(covers(above, ab), 'merge(merge(a, b), c) must descend merge(a, b)');
      if (covers(c, a) && covers(c, b)) demand(covers(c, ab), 'what descends both sides must descend merge(a, b)');
      if (covers(a, b)) demand(compare(ab, a) === 'equal', 'merging what is covered already must change nothing');
    },
    parameters,
  );
}
