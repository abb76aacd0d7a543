/**
 * Resolution: what a reader is shown when a key holds several versions. It never changes what is stored; writing the
 * result back is an explicit act (`resolve`, `update`, or a put with the context of the answer).
 *
 * A resolver is pure, gets the siblings in dot order and must not depend on anything else. Law: L18.
 */

import type { Dot } from '../clock/dot.ts';
import { exposeValue, type Value } from '../codec/value.ts';
import { dotOf, type Version } from './record.ts';

/** One of several concurrent versions of a key. `time` is the hybrid time of the write in ms, for policies and people. */
export type Sibling<T = Value> =
  | {
      readonly dot: Dot;
      readonly time: number;
      readonly tombstone: false;
      readonly value: T;
      readonly issues?: readonly unknown[];
    }
  | { readonly dot: Dot; readonly time: number; readonly tombstone: true };

/** What a resolver decides: show a value, show a delete, or keep the conflict for the reader. */
export type Decision<T = Value> =
  | { readonly kind: 'value'; readonly value: T }
  | { readonly kind: 'delete' }
  | { readonly kind: 'keep' };

export type Resolver<T = Value> = (siblings: readonly Sibling<T>[], key: string) => Decision<T>;

/** What happens to a delete beside a concurrent update: both are shown, the delete hides the update, or the reverse. */
export type DeletePolicy = 'keep' | 'delete-wins' | 'update-wins';

/** Shows every sibling: no write is hidden. The default. */
export const keepSiblings: Resolver<never> = () => ({ kind: 'keep' });

/** Shows the sibling with the newest hybrid time, a delete too; equal times are decided by the greater dot. */
export function lastWriter<T>(siblings: readonly Sibling<T>[]): Decision<T> {
  let newest = siblings[0];
  for (const sibling of siblings) if (newest === undefined || sibling.time >= newest.time) newest = sibling;
  if (newest === undefined) return { kind: 'keep' };
  return newest.tombstone ? { kind: 'delete' } : { kind: 'value', value: newest.value };
}

/** Shows a delete if any sibling is one; several live siblings stay in conflict. */
export function deleteWins<T>(siblings: readonly Sibling<T>[]): Decision<T> {
  return siblings.some((sibling) => sibling.tombstone) ? { kind: 'delete' } : { kind: 'keep' };
}

/** Shows the one live sibling beside deletes; several live siblings stay in conflict. */
export function updateWins<T>(siblings: readonly Sibling<T>[]): Decision<T> {
  const live = liveOf(siblings);
  return live.length === 1 ? lastWriter(live) : { kind: 'keep' };
}

/** Applies the delete policy, then the resolver to what is left. */
export function decideConflict<T>(
  siblings: readonly Sibling<T>[],
  key: string,
  policy: { readonly deletePolicy: DeletePolicy; readonly resolver: Resolver<T> | undefined },
  resolver: Resolver<T> | undefined = policy.resolver,
): Decision<T> {
  let left = siblings;
  if (policy.deletePolicy === 'delete-wins' && deleteWins(siblings).kind === 'delete') return { kind: 'delete' };
  if (policy.deletePolicy === 'update-wins') left = liveOf(siblings);
  if (left.length === 1) return lastWriter(left);
  return resolver === undefined ? { kind: 'keep' } : resolver(left, key);
}

/** The version as a reader sees it; values that hold a Date or bytes are copied out. */
export function toSibling<T>(version: Version): Sibling<T> {
  const { time } = version;
  const dot = dotOf(version);
  if (version.value === undefined) return { dot, time, tombstone: true };
  return { dot, time, tombstone: false, value: exposeValue(version.value) as T /* the store's own type */ };
}

function liveOf<T>(siblings: readonly Sibling<T>[]): readonly Sibling<T>[] {
  return siblings.filter((sibling) => !sibling.tombstone);
}
