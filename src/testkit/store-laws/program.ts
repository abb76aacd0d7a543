/**
 * A program: what clients, links and crashes do to a few replicas, as plain steps. It is drawn and shrunk step by step, and
 * printed so that a person can read it. A step means the same when others before it are dropped.
 */

import fc from 'fast-check';
import type { Basis, ProgramShape } from './store-under-test.ts';

/** One thing done to a replica, named by its place, or to two. `kept`: on what the last `keep` of the key saw. */
export type StoreStep =
  | { readonly do: 'put'; readonly at: number; readonly key: string; readonly basis: Basis }
  | { readonly do: 'delete'; readonly at: number; readonly key: string; readonly basis: 'read' | 'kept' }
  | { readonly do: 'keep'; readonly at: number; readonly key: string }
  | { readonly do: 'sync'; readonly a: number; readonly b: number }
  | { readonly do: 'restart' | 'reap' | 'fail next'; readonly at: number };

/** Steps on so many replicas. */
export type Program = {
  readonly replicas: number;
  readonly keys: readonly string[];
  readonly steps: readonly StoreStep[];
};

/** How often each kind of step is drawn; 0 and absent ones are not. */
export type StepWeights = Partial<Readonly<Record<StoreStep['do'], number>>>;

const WEIGHTS: StepWeights = { put: 5, delete: 2, keep: 1, sync: 4 };
const NAMES: readonly string[] = ['a', 'b', 'c', 'd', 'e', 'f', 'g'];

/** The name of a replica. */
export function replicaName(at: number): string {
  return NAMES[at] ?? `r${at}`;
}

/** Programs of this shape. They shrink to fewer steps, on fewer replicas and keys. */
export function programs(
  { replicas = 3, keys = ['cart', '__proto__'], stepsMax = 16 }: ProgramShape = {},
  weights: StepWeights = WEIGHTS,
  bases: readonly Basis[] = ['read', 'kept', 'none'],
): fc.Arbitrary<Program> {
  const steps = fc.array(storeSteps(replicas, keys, weights, bases), { maxLength: stepsMax });
  return fc
    .tuple(fc.nat({ max: replicas - 1 }), fc.nat({ max: keys.length - 1 }), steps)
    .map(([first, start, list]) => {
      const rotated = [...keys.slice(start), ...keys.slice(0, start)];
      return { replicas, keys, steps: inOrderOfUse(list, (used) => (used + first) % replicas, rotated) };
    });
}

/** The same steps, with replicas and keys named in the order they are first used: what is left by shrinking is `a` and `b`. */
function inOrderOfUse(
  steps: readonly StoreStep[],
  nth: (used: number) => number,
  keys: readonly string[],
): readonly StoreStep[] {
  const places = new Map<number, number>();
  const names = new Map<string, string>();
  const place = (at: number): number => {
    if (!places.has(at)) places.set(at, nth(places.size));
    return places.get(at) ?? at;
  };
  const name = (key: string): string => {
    if (!names.has(key)) names.set(key, keys[names.size] ?? key);
    return names.get(key) ?? key;
  };
  return steps.map((step) => {
    if (step.do === 'sync') return { ...step, a: place(step.a), b: place(step.b) };
    if (!('key' in step)) return { ...step, at: place(step.at) };
    return { ...step, at: place(step.at), key: name(step.key) };
  });
}

/** Single steps on so many replicas. */
export function storeSteps(
  replicas: number,
  keys: readonly string[],
  weights: StepWeights = WEIGHTS,
  bases: readonly Basis[] = ['read', 'kept', 'none'],
): fc.Arbitrary<StoreStep> {
  if (replicas < 2 || keys.length === 0)
    throw new RangeError(`Cannot draw steps: ${replicas} replicas and ${keys.length} keys, give two and one at least`);
  const at = fc.nat({ max: replicas - 1 });
  const key = fc.constantFrom(...keys);
  const seen = bases.filter((basis) => basis !== 'none');
  const pair = fc.tuple(at, fc.nat({ max: replicas - 2 })).map(([a, skip]) => ({ a, b: skip < a ? skip : skip + 1 }));
  const kinds: readonly fc.WeightedArbitrary<StoreStep>[] = [
    weighted(fc.record({ do: fc.constant('put'), at, key, basis: fc.constantFrom(...bases) }), weights.put),
    weighted(
      fc.record({ do: fc.constant('delete'), at, key, basis: fc.constantFrom(...(seen.length === 0 ? READ : seen)) }),
      weights.delete,
    ),
    weighted(fc.record({ do: fc.constant('keep'), at, key }), seen.includes('kept') ? weights.keep : 0),
    weighted(
      pair.map(({ a, b }) => ({ do: 'sync', a, b })),
      weights.sync,
    ),
    ...(['restart', 'reap', 'fail next'] as const).map((kind) =>
      weighted(fc.record({ do: fc.constant(kind), at }), weights[kind]),
    ),
  ];
  return fc.oneof(...kinds.filter(({ weight }) => weight > 0));
}

const READ: readonly ('read' | 'kept')[] = ['read'];

function weighted(arbitrary: fc.Arbitrary<StoreStep>, weight: number = 0): fc.WeightedArbitrary<StoreStep> {
  return { arbitrary, weight };
}

/** A step in words. `value`: what a put writes. */
export function printStep(step: StoreStep, value: string = 'a value'): string {
  switch (step.do) {
    case 'put':
      return `${replicaName(step.at)}: put ${step.key} ${value}, ${BASED[step.basis]}`;
    case 'delete':
      return `${replicaName(step.at)}: delete ${step.key}, ${BASED[step.basis]}`;
    case 'keep':
      return `${replicaName(step.at)}: read ${step.key} and keep its context`;
    case 'sync':
      return `sync ${replicaName(step.a)} and ${replicaName(step.b)}`;
    case 'reap':
    case 'restart':
      return `${replicaName(step.at)}: ${step.do}`;
    case 'fail next':
      return `${replicaName(step.at)}: the next write fails`;
  }
}

const BASED: Readonly<Record<Basis, string>> = {
  read: 'based on what it shows',
  kept: 'based on the context that was kept last',
  none: 'based on nothing',
};

/** A program in words, a line a step; the n-th step that puts writes `v⟨n⟩`. */
export function printProgram({ replicas, steps }: Program): string {
  let puts = 0;
  const lines = steps.map((step) => printStep(step, step.do === 'put' ? `v${++puts}` : undefined));
  return [`${replicas} replicas`, ...lines].join('\n  ');
}
