/** What the parts that coordinate a group count, in the words of ReplicaCounters; the replica hands the object in. */

import type { Repair } from '../repair/read-repair.ts';
import type { ReplicaCounters } from './replica-types.ts';

type Name =
  | 'puts'
  | 'deletes'
  | 'gets'
  | 'quorumFailures'
  | 'repairedWithValue'
  | 'repairedWithTombstone'
  | 'repairedByDropping'
  | 'hintsKept'
  | 'hintsDelivered'
  | 'hintsExpired'
  | 'hintsDropped'
  | 'sessionsBehind';

/** `hintsKept` = `hintsDelivered` + `hintsExpired` + `hintsDropped` + those held, less those held since before it was opened. */
export type GroupCounts = { -readonly [name in Name & keyof ReplicaCounters]: number };

/** Counts that nothing has been added to. */
export function noGroupCounts(): GroupCounts {
  return {
    puts: 0,
    deletes: 0,
    gets: 0,
    quorumFailures: 0,
    repairedWithValue: 0,
    repairedWithTombstone: 0,
    repairedByDropping: 0,
    hintsKept: 0,
    hintsDelivered: 0,
    hintsExpired: 0,
    hintsDropped: 0,
    sessionsBehind: 0,
  };
}

/** Counts a repair by its kind. */
export function countRepair(counts: GroupCounts, repair: Repair): void {
  if (repair === 'value') counts.repairedWithValue += 1;
  else if (repair === 'tombstone') counts.repairedWithTombstone += 1;
  else if (repair === 'stale value dropped') counts.repairedByDropping += 1;
}
