/** L18: a resolver is pure, does not care for the order of the siblings, and comes to rest. */

import fc from 'fast-check';
import { DotSet } from '../../clock/dot-set.ts';
import { freezeValue, valuesEqual } from '../../codec/value.ts';
import type { Decision, Resolver, Sibling } from '../../store/resolve.ts';
import { dots } from '../arbitraries/causality.ts';
import { checkLaw, demand, type LawParameters, show } from './check.ts';

/** What the laws need to know about a resolver of siblings `S` to a result `R`. */
export type ResolverUnderTest<S, R> = {
  readonly resolve: (siblings: readonly S[]) => R;
  readonly equals: (a: R, b: R) => boolean;
  /** The sibling that would hold `result` once it is written back with the context of all `siblings`. */
  readonly write: (result: R, siblings: readonly S[]) => S;
};

/**
 * L18: a resolver answers the same twice, changes nothing it was given, gives one answer for every order of the
 * siblings, and resolving what was resolved changes nothing, also when two replicas resolve at the same time.
 * Throws: LawBroken.
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
      const again = resolve([first, second]);
      const became = `and ${show(result)} became ${show(again)}`;
      demand(equals(again, result), `resolving two equal resolutions must give the same again, ${became}`);
    },
    parameters,
    ([list, shuffled]) => {
      const [one, other] = [show(list), show(shuffled)];
      return one === other ? one : `${one}, or in another order ${other}`;
    },
  );
}

/**
 * L18: a resolver of `openStore` is pure, and comes to rest when replicas write down what it decides, at the same time
 * too. It is given what a store would give it: siblings in dot order, tombstones among them. Where it keeps the siblings
 * for a person nothing is asked of it. Throws: LawBroken.
 */
export function siblingResolver<T>(values: fc.Arbitrary<T>, resolve: Resolver<T>, parameters?: LawParameters): void {
  const sibling = fc.record({ dot: dots(), time: fc.nat({ max: 3 }), value: fc.option(values, { nil: undefined }) });
  const siblings = fc
    .uniqueArray(sibling, { minLength: 2, maxLength: 4, selector: ({ dot }) => `${dot.counter} ${dot.id}` })
    .map((list) => list.map(toSibling<T>));
  const decide = (list: readonly Sibling<T>[]): Decision<T> => {
    const [only] = list;
    if (list.every(({ tombstone }) => tombstone)) return { kind: 'delete' };
    if (only === undefined || only.tombstone || list.length > 1) return resolve(inDotOrder(list), 'k');
    return { kind: 'value', value: only.value };
  };
  let writers = 0;
  const write = (result: Decision<T>, list: readonly Sibling<T>[]): Sibling<T> => {
    const time = 1 + Math.max(...list.map((one) => one.time));
    const dot = { id: `writer ${++writers}`, counter: 1 };
    return toSibling({ dot, time, value: result.kind === 'value' ? result.value : undefined });
  };
  const conflicts = siblings.filter((list) => list.length > 1 && list.some(({ tombstone }) => !tombstone));
  const decided = conflicts.filter((list) => decide(list).kind !== 'keep');
  resolver(decided, { resolve: decide, equals: sameDecision, write }, parameters);
}

function toSibling<T>(made: Pick<Sibling, 'dot' | 'time'> & { readonly value: T | undefined }): Sibling<T> {
  const { dot, time, value } = made;
  return value === undefined ? { dot, time, tombstone: true } : { dot, time, tombstone: false, value };
}

function inDotOrder<T>(list: readonly Sibling<T>[]): readonly Sibling<T>[] {
  return [...DotSet.of(list.map(({ dot }) => dot))].flatMap((dot) =>
    list.filter((one) => one.dot.id === dot.id && one.dot.counter === dot.counter),
  );
}

/** Whether both decide alike, or one leaves the decision to a person. */
function sameDecision<T>(a: Decision<T>, b: Decision<T>): boolean {
  if (a.kind === 'keep' || b.kind === 'keep') return true;
  if (a.kind === 'delete' || b.kind === 'delete') return a.kind === b.kind;
  return valuesEqual(freezeValue(a.value), freezeValue(b.value));
}
