/** Counts of one replica, gathered by a walk over its records: what a person or a metrics page asks for. */

import { isInternalKey } from './key.ts';
import { isTombstone } from './record.ts';
import type { ReplicaState } from './replica-state.ts';
import { toRecord } from './table.ts';

export type Stats = {
  /** Keys that hold at least one version. */
  readonly keys: number;
  /** Keys that hold exactly one value. */
  readonly live: number;
  /** Keys that hold concurrent versions, at least one of them a value. */
  readonly conflicts: number;
  /** Keys that hold nothing but tombstones: what waits to be reaped. */
  readonly tombstones: number;
  /** Versions of keys that hold several. */
  readonly siblings: number;
  /** Keys with a residual context. */
  readonly residuals: number;
  /** Replica ids in `seen`. */
  readonly replicas: number;
  /** Tombstone records reaped so far because every member had seen them, and by force. */
  readonly reaped: number;
  readonly reapedByForce: number;
  /** Dots found in use for two different writes. */
  readonly collisions: number;
};

/** Counts the records of a replica, its own bookkeeping left out. Cost: O(keys). */
export function statsOf(state: ReplicaState): Stats {
  let keys = 0;
  let live = 0;
  let conflicts = 0;
  let tombstones = 0;
  let siblings = 0;
  let residuals = 0;
  for (const [key, cell] of state.table.cells()) {
    if (isInternalKey(key)) continue;
    const { versions, residual } = toRecord(cell);
    if (!residual.isEmpty) residuals += 1;
    if (versions.length === 0) continue;
    keys += 1;
    if (versions.length > 1) siblings += versions.length;
    if (versions.every(isTombstone)) tombstones += 1;
    else if (versions.length === 1) live += 1;
    else conflicts += 1;
  }
  const { reapedStable: reaped, reapedByForce, collisions } = state;
  const replicas = state.knowledge.seen.vector.size;
  return { keys, live, conflicts, tombstones, siblings, residuals, replicas, reaped, reapedByForce, collisions };
}
