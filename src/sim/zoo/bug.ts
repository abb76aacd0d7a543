/**
 * What a bug of the zoo is: a way to make the production code of one run wrong, and the plans that suit it. A bug alters
 * instances that were opened for this run, or what stands between them and their disk and network. No prototype, no global
 * state, no branch in production code: nothing but the zoo can reach it, so it cannot be on by accident.
 */

import type { RuleName } from '../../rules.ts';
import type { ReplicaState } from '../../store/replica-state.ts';
import { stateOf, type VersionedKVStore } from '../../store/versioned-kv-store.ts';
import type { DrawOptions, Fault } from '../draw-plan.ts';
import type { RunOptions } from '../run.ts';

/** How a bug is planted in a run. */
export type Planted = Pick<RunOptions, 'onStore' | 'onReplica' | 'between'> & {
  /** Rules of the design that are switched off. */
  readonly broken?: readonly RuleName[];
};

/** One bug. */
export type Bug = {
  readonly name: string;
  /** What is wrong, in a sentence. */
  readonly what: string;
  readonly plant: Planted;
  /** The plans in which it is looked for. */
  readonly draw: DrawOptions;
};

/** Few replicas and keys for a short time: most bugs show in such plans soonest. */
export const SMALL: DrawOptions = { replicas: 3, minutes: 0.4, operationsPerSecond: 10, keys: 2 };

/** Small plans with these faults. */
export function under(faults: readonly Fault[], more: DrawOptions = {}): DrawOptions {
  return { ...SMALL, faults, ...more };
}

/** A fault that strikes so many times as often. */
export function times(count: number, fault: Fault): readonly Fault[] {
  return Array.from({ length: count }, () => fault);
}

/** Tombstones go by force, again and again, while links are cut and clients carry what they read from replica to replica. */
export const FORCED: DrawOptions = under([...times(24, 'forced reap'), ...times(8, 'cut'), ...times(2, 'partition')], {
  ...{ isMoving: true, keys: 8, operationsPerSecond: 20 },
  set: { hasSessions: false, r: 1, w: 1, exchangeEveryMs: 500, reapEveryMs: 4_000 },
});

/** Puts a version of a method in the place of an instance's own. */
export function alter<O extends object, K extends keyof O>(object: O, name: K, make: (original: O[K]) => O[K]): void {
  const own = object[name];
  const original = typeof own === 'function' ? (own.bind(object) as O[K]) : own; // bound, it is what it was
  Object.defineProperty(object, name, { value: make(original), configurable: true, writable: true });
}

/** Alters the state of each store that is opened. */
export function inState(change: (state: ReplicaState) => void): Planted {
  return { onStore: (store: VersionedKVStore<string>) => change(stateOf(store)) };
}
