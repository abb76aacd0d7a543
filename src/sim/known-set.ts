/**
 * What somebody knew of a key at one moment, without a list of it: runs are long, and each write has such a set. What is in
 * it is decided when it is asked for, by what does not change any more: the dots that were known, which operations there
 * were, and which of them counted as gone.
 */

import type { Dot } from '../clock/dot.ts';
import type { DotSet } from '../clock/dot-set.ts';

/** Operations of one key, as of one moment. */
export type KnownSet<O> = Iterable<O> & { readonly has: (operation: O) => boolean };

/** What an operation is known by; `number`: its place among those of all keys; `aliases`: as of an operation. */
type Known = {
  readonly number: number;
  readonly key: string;
  readonly dot: Dot;
  readonly aliases: readonly Dot[];
};

/** The moment: how many operations there were of all keys, those of the key (more may be added), and which were gone. */
export type Moment<O> = {
  readonly key: string;
  readonly made: number;
  readonly operations: readonly O[];
  readonly gone: ReadonlySet<O>;
};

/** The operations of that moment whose dots are in one of the sets. */
export function knownSet<O extends Known>(
  { key, made, operations, gone }: Moment<O>,
  dots: DotSet,
  more: DotSet,
): KnownSet<O> {
  const isIn = ({ id, counter }: Dot): boolean => dots.has(id, counter) || (!more.isEmpty && more.has(id, counter));
  const has = (operation: O): boolean => {
    if (operation.number > made || operation.key !== key || gone.has(operation)) return false;
    return isIn(operation.dot) || operation.aliases.some(isIn);
  };
  return { has, [Symbol.iterator]: () => operations.filter(has)[Symbol.iterator]() };
}
