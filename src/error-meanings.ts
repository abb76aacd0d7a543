/**
 * What each error code means, for people: docs/errors.md is generated from this table. Apart from errors.ts, so that
 * nobody loads sentences that only the documentation shows.
 */

import type { ErrorCode } from './errors.ts';

/** One sentence for every code a CausalError can carry. */
export const ERROR_MEANINGS: Readonly<Record<ErrorCode, string>> = {
  BEHIND: 'The replica has not yet seen what the session has seen.',
  CONFLICT: 'A write without a context met a key in conflict and would have dropped siblings nobody read.',
  CONTEXT_INVALID: 'A context token is damaged, of another key, or not a token at all.',
  COUNTER_EXHAUSTED: 'The replica has issued 2^53 - 1 dots and cannot name another write.',
  ENCODING_INVALID: 'Bytes from outside are damaged, not canonical, or over a limit.',
  EXCHANGE_FAILED: 'An exchange ended before both sides had committed; the next one resumes it.',
  FORBIDDEN: 'Who asks is known, and may not do this: a scope, a key prefix, an origin, or a write under a foreign id.',
  IDENTITY_ALARM: "Another replica names writes of this replica's own id that it never made: the id is in use twice.",
  LIMIT_EXCEEDED: 'Something is larger, longer or more numerous than the limits of this replica allow.',
  LINK_FAILED: 'A peer could not be reached, or the link to it broke; it is tried again.',
  OVERLOADED: 'Too much is asked at once, by this caller or by all; try again later.',
  PROTOCOL_VIOLATION: 'A peer sent a message that the protocol does not allow at this point.',
  QUORUM_NOT_MET: 'Fewer replicas answered in time than the call asked for; `outcome` and `written` say what was done.',
  RECORD_CORRUPT: 'Stored bytes are not what was written, or are gone; a healthy peer can refill them.',
  SCHEMA_REJECTED: 'A local write does not fit the schema of the store.',
  STORAGE_FAILED: 'A commit failed and may have happened all the same; the store finds out before it goes on.',
  STORAGE_FULL: 'The medium is full; nothing of the commit happened, and the store goes on as soon as there is room.',
  STORAGE_LOCKED: 'Another store, in this or another process, has the storage open.',
  STORAGE_UNREADABLE: 'The storage could not be opened or read.',
  STORE_CLOSED: 'The store has been closed.',
  UNAUTHENTICATED: 'Who asks could not show who it is.',
  UNSUPPORTED: 'The operation is not available here yet.',
  VERSION_UNSUPPORTED: 'The other side, or the stored data, speaks no format version this release can read.',
};
