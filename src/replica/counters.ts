/** What a replica counts of itself since it was opened. One object, which its parts add to. */

import type { ReplicaCounters } from './replica-types.ts';

/** As ReplicaCounters, for those that count. */
export type Counting = { -readonly [Name in keyof ReplicaCounters]: number };

/** All at nothing. */
export function newCounters(): Counting {
  return {
    ...{ puts: 0, deletes: 0, gets: 0, quorumFailures: 0 },
    ...{ exchanges: 0, exchangesFailed: 0, exchangeRecordsSent: 0, exchangeRecordsReceived: 0 },
    ...{ pushesSent: 0, pushesReceived: 0, pushesRefused: 0, bytesSent: 0, bytesReceived: 0 },
    ...{ repairedWithValue: 0, repairedWithTombstone: 0, repairedByDropping: 0 },
    ...{ hintsKept: 0, hintsDelivered: 0, hintsExpired: 0, hintsDropped: 0, sessionsBehind: 0, hints: 0 },
  };
}
