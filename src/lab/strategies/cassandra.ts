/**
 * Cassandra's rule for one cell: the later wall clock time stays, a delete is a tombstone with a time, and a replica drops a
 * tombstone by itself when it is older than the grace period. A replica that was away for longer brings back what was
 * deleted meanwhile. Between equal times a delete stays, then the greater value.
 */

import { keyStrategy } from './key-strategy.ts';
import { type Stamped, stampedRules } from './last-writer.ts';
import type { Strategy } from './strategy.ts';

export type CassandraOptions = {
  /** How long a tombstone is kept. Default: ten days, as `gc_grace_seconds`. */
  readonly graceMs?: number;
};

/** `gc_grace_seconds` as it is by default, in ms. */
export const GRACE_MS = 864_000_000;

/** Makes it, with a grace period. */
export function cassandra({ graceMs = GRACE_MS }: CassandraOptions = {}): Strategy {
  return keyStrategy<Stamped>({
    name: 'cassandra',
    title: 'Cassandra',
    rule: `the version with the later wall clock time stays; tombstones are dropped after ${graceMs} ms`,
    source: 'https://cassandra.apache.org/doc/latest/cassandra/managing/operating/compaction/tombstones.html',
    ...stampedRules((_held, seat) => seat.now(), greaterValue),
    tidied: (state, seat) => (state.isDelete && state.time + graceMs < seat.now() ? undefined : state),
  });
}

/** The number of an operation stands for its value, so nothing else decides between equal times. */
function greaterValue(): number {
  return 0;
}
