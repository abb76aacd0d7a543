/**
 * What can go wrong while Cairn runs, as data: one stable code for each operational failure, and whether the
 * operation may have happened all the same. Misuse is not here (it is a TypeError or RangeError at the public door),
 * and neither are answers (absent, deleted, conflict), which are values.
 *
 * Sentence form: Cannot ⟨verb⟩ ⟨thing⟩: ⟨what was seen⟩, ⟨what to do⟩.
 */

/** `not-done`: it did not and will not happen. `unknown`: it may have happened. */
export type Outcome = 'not-done' | 'unknown';

export type ErrorCode =
  | 'BEHIND'
  | 'CONFLICT'
  | 'CONTEXT_INVALID'
  | 'COUNTER_EXHAUSTED'
  | 'ENCODING_INVALID'
  | 'EXCHANGE_FAILED'
  | 'IDENTITY_ALARM'
  | 'PROTOCOL_VIOLATION'
  | 'SCHEMA_REJECTED'
  | 'STORE_CLOSED'
  | 'UNSUPPORTED'
  | 'VERSION_UNSUPPORTED';

/** Every code a CausalError can carry; docs/errors.md is generated from this table. */
export const ERRORS: Readonly<Record<ErrorCode, { readonly outcome: Outcome; readonly meaning: string }>> = {
  BEHIND: { outcome: 'not-done', meaning: 'The replica has not yet seen what the session has seen.' },
  CONFLICT: {
    outcome: 'not-done',
    meaning: 'A write without a context met a key in conflict and would have dropped siblings nobody read.',
  },
  CONTEXT_INVALID: {
    outcome: 'not-done',
    meaning: 'A context token is damaged, of another key, or not a token at all.',
  },
  COUNTER_EXHAUSTED: {
    outcome: 'not-done',
    meaning: 'The replica has issued 2^53 - 1 dots and cannot name another write.',
  },
  ENCODING_INVALID: { outcome: 'not-done', meaning: 'Bytes from outside are damaged, not canonical, or over a limit.' },
  EXCHANGE_FAILED: {
    outcome: 'unknown',
    meaning: 'An exchange ended before both sides had committed; the next one resumes it.',
  },
  IDENTITY_ALARM: {
    outcome: 'not-done',
    meaning: "Another replica names writes of this replica's own id that it never made: the id is in use twice.",
  },
  PROTOCOL_VIOLATION: {
    outcome: 'not-done',
    meaning: 'A peer sent a message that the protocol does not allow at this point.',
  },
  SCHEMA_REJECTED: { outcome: 'not-done', meaning: 'A local write does not fit the schema of the store.' },
  STORE_CLOSED: { outcome: 'not-done', meaning: 'The store has been closed.' },
  UNSUPPORTED: { outcome: 'not-done', meaning: 'The operation is not available here yet.' },
  VERSION_UNSUPPORTED: {
    outcome: 'not-done',
    meaning: 'The other side, or the stored data, speaks no format version this release can read.',
  },
};

/** An operational failure with a stable `code`; `details` holds what a program may want to read. */
export class CausalError extends Error {
  override readonly name = 'CausalError';
  readonly code: ErrorCode;
  readonly outcome: Outcome;
  readonly details: Readonly<Record<string, unknown>>;

  constructor(code: ErrorCode, message: string, details: Readonly<Record<string, unknown>> = {}, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
    this.outcome = ERRORS[code].outcome;
    this.details = details;
  }
}

/** A law of the design does not hold: a defect of Cairn itself. Whoever sees it must stop using the replica. */
export class InvariantError extends Error {
  override readonly name = 'InvariantError';
}
