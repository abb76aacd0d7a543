/**
 * Read repair as algebra: what the answers of several replicas for one key say together, and what each of them lacks of
 * that. An absent answer is an answer with a context, so it can outweigh a value. Nothing here makes a dot.
 * Knows no peers, no timers and no quorums. docs/semantics.md, section "Groups", says why it is enough.
 */

import { sameDot } from '../clock/dot.ts';
import { DotSet } from '../clock/dot-set.ts';
import { valuesEqual } from '../codec/value.ts';
import { type Cover, find, insert, isTombstone, type Version } from '../store/record.ts';
import type { ReplicaRecord } from '../store/replica-record.ts';

/** What a replica must be brought: a value it lacks, a delete it lacks, or that what it holds was superseded. */
export type Repair = 'value' | 'tombstone' | 'stale value dropped' | 'none';

/** What a replica holds for a key, and how much of the past it answers for. */
export type Held = { readonly versions: readonly Version[]; readonly context: Cover };

/**
 * What the answers of several replicas for one key say together: the versions that each of them holds or has never heard
 * of, and all that any of them knows. Of one dot with two contents the first one stays; see `collide`.
 * Law: L4; order-free, idempotent (but for such dots), L14.
 */
export function mergeRecords(key: string, records: readonly ReplicaRecord[]): ReplicaRecord {
  let versions: readonly Version[] = [];
  let context = DotSet.empty;
  for (const record of records) {
    context = context.union(record.context);
    for (const version of record.versions) {
      if (find(versions, version) !== undefined) continue;
      if (records.every((other) => isKept(other, version))) versions = insert(versions, version);
    }
  }
  return { key, versions, context };
}

/**
 * What a replica that answered `held` lacks of `merged`, which its own answer is a part of. A replica that shows the
 * same lacks nothing, however little it knows beside; nor does one that still holds tombstones of a key of which
 * nothing else is left. Law: L14.
 */
export function repairOf(held: Held, merged: Held): Repair {
  const added = merged.versions.filter((version) => find(held.versions, version) === undefined);
  if (added.length > 0) return added.every(isTombstone) ? 'tombstone' : 'value';
  const dropped = held.versions.filter((version) => find(merged.versions, version) === undefined);
  if (dropped.length === 0) return 'none';
  // A tombstone that stays alone shows nothing that is wrong, and goes when it is reaped.
  return dropped.every(isTombstone) && merged.versions.every(isTombstone) ? 'none' : 'stale value dropped';
}

/** Whether one dot has two contents among the records: an id was used twice, and only a store can keep both. */
export function collide(records: readonly ReplicaRecord[]): boolean {
  const all = records.flatMap(({ versions }) => versions);
  return all.some((one, at) => all.slice(at + 1).some((other) => sameDot(one, other) && !isSame(one, other)));
}

function isKept({ versions, context }: ReplicaRecord, version: Version): boolean {
  return !context.has(version.id, version.counter) || find(versions, version) !== undefined;
}

function isSame(one: Version, other: Version): boolean {
  if (one.time !== other.time) return false;
  if (one.value === undefined || other.value === undefined) return one.value === other.value;
  return valuesEqual(one.value, other.value);
}
