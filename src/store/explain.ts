/**
 * Why a key shows what it shows, as data: what it holds, what it is known to have superseded, what it refuses before it
 * has come, what its tombstones wait for, what was lost of it. Pure, over a state and the answer that a reader gets. No
 * record keeps how a version came about, so this tells what the state knows, and not the story: of several versions
 * nothing says which of them superseded an older one. Loaded when it is asked for, and imports types only, so that a page
 * loads nothing for it before.
 */

import type { Dot } from '../clock/dot.ts';
import type { DotSet } from '../clock/dot-set.ts';
import type { Answer } from './answer.ts';
import type { Version } from './record.ts';
import type { ReplicaState } from './replica-state.ts';
import type { Sibling } from './resolve.ts';

/** First and last counter of dots without a gap. */
export type CounterRange = readonly [from: number, to: number];

/**
 * One version that the key holds. `isShown`: a reader is shown its value; of a delete, that it was deleted.
 * `supersedes`: `all` else that the context covers, when it stands alone; a `share` of it, when several stand.
 */
export type ExplainedVersion<T> = {
  readonly sibling: Sibling<T>;
  readonly isShown: boolean;
  readonly concurrentWith: readonly Dot[];
  readonly supersedes: 'all' | 'share';
};

/**
 * What the key's effective context says of one replica id. Any version of this key by that id is `held`, or if its
 * counter is in `covered` superseded, or not known here. `refused`: the part of `covered` that this replica has not
 * seen; a version under such a dot is refused when it comes.
 */
export type ExplainedContext = {
  readonly id: string;
  readonly covered: readonly CounterRange[];
  readonly held: readonly number[];
  readonly refused: readonly CounterRange[];
};

/** A member that reaping waits for: the tombstones it is not known to have seen. */
export type Awaited = { readonly member: string; readonly isMet: boolean; readonly lacks: readonly Dot[] };

/** Of a key that holds nothing but tombstones. `hasResidual`: it must stay, to refuse what may come late. */
export type ExplainedReaping = {
  readonly canBeReaped: boolean;
  readonly hasResidual: boolean;
  readonly waitsFor: readonly Awaited[];
};

/**
 * Why a key shows what it shows. `isDecided`: the store's delete policy or resolver chose between several versions.
 * `reapedUpTo`: per id the highest tombstone, of any key, that is known to be reaped. A damaged key has `lost`: the
 * dots that went with its record, which peers are asked for again.
 */
export type Explanation<T> = {
  readonly key: string;
  readonly status: Answer<T>['status'] | 'damaged';
  readonly isDecided: boolean;
  readonly versions: readonly ExplainedVersion<T>[];
  readonly context: readonly ExplainedContext[];
  readonly reaping: ExplainedReaping | undefined;
  readonly reapedUpTo: { readonly [id: string]: number };
  readonly lost: readonly Dot[] | undefined;
};

/** Explains what `answer` shows of the key. Cost: its versions, and the replica ids in `seen`. */
export function explain<T>(state: ReplicaState, key: string, answer: Answer<T>): Explanation<T> {
  const { versions, residual } = state.table.record(key);
  const lost = state.damaged.get(key);
  const seen = state.shownAt(key).toDotSet();
  const covered = versions.reduce((set, { id, counter }) => set.add(id, counter), seen.union(residual));
  const refused = residual.minus(seen);
  const isGrave = versions.length > 0 && versions.every(({ value }) => value === undefined);
  return {
    key,
    status: lost === undefined ? answer.status : 'damaged',
    isDecided: isDecided(answer),
    versions: answer.siblings.map((sibling) => explained(sibling, answer)),
    context: covered.ids().map((id) => ({
      id,
      covered: rangesOf(covered, id),
      held: versions.filter((version) => version.id === id).map(({ counter }) => counter),
      refused: rangesOf(refused, id),
    })),
    reaping: isGrave ? reapingOf(state, versions, residual.isEmpty) : undefined,
    reapedUpTo: state.knowledge.reaped.toJSON(),
    lost: lost === undefined ? undefined : [...lost],
  };
}

function explained<T>(sibling: Sibling<T>, answer: Answer<T>): ExplainedVersion<T> {
  const others = answer.siblings.filter((other) => other !== sibling).map(({ dot }) => dot);
  return {
    sibling,
    isShown: isShown(sibling, answer),
    concurrentWith: others,
    supersedes: others.length > 0 ? 'share' : 'all',
  };
}

function isDecided<T>({ siblings, status }: Answer<T>): boolean {
  if (siblings.length < 2) return false;
  return status === 'live' || (status === 'deleted' && siblings.some(({ tombstone }) => !tombstone));
}

function isShown<T>(sibling: Sibling<T>, answer: Answer<T>): boolean {
  if (answer.status === 'conflict') return true;
  if (answer.status === 'deleted') return sibling.tombstone;
  return (
    answer.status === 'live' && !sibling.tombstone && (answer.siblings.length === 1 || answer.value === sibling.value)
  );
}

function reapingOf(state: ReplicaState, versions: readonly Version[], isSettled: boolean): ExplainedReaping {
  const { membership } = state;
  const waitsFor: Awaited[] = [];
  for (const member of state.members) {
    if (membership.isSelf(member)) continue;
    const seen = membership.knowledgeOf(member);
    const lacks = versions.filter(({ id, counter }) => !seen.has(id, counter));
    if (lacks.length === 0) continue;
    waitsFor.push({ member, isMet: !seen.isEmpty, lacks: lacks.map(({ id, counter }) => ({ id, counter })) });
  }
  return { canBeReaped: isSettled && waitsFor.length === 0, hasResidual: !isSettled, waitsFor };
}

function rangesOf(set: DotSet, id: string): CounterRange[] {
  const ranges: CounterRange[] = [];
  for (const [of, from, to] of set.ranges()) if (of === id) ranges.push([from, to]);
  return ranges;
}
