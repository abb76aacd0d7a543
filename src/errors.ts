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
  | 'FORBIDDEN'
  | 'IDENTITY_ALARM'
  | 'LIMIT_EXCEEDED'
  | 'LINK_FAILED'
  | 'OVERLOADED'
  | 'PROTOCOL_VIOLATION'
  | 'QUORUM_NOT_MET'
  | 'RECORD_CORRUPT'
  | 'SCHEMA_REJECTED'
  | 'STORAGE_FAILED'
  | 'STORAGE_FULL'
  | 'STORAGE_LOCKED'
  | 'STORAGE_UNREADABLE'
  | 'STORE_CLOSED'
  | 'UNAUTHENTICATED'
  | 'UNSUPPORTED'
  | 'VERSION_UNSUPPORTED';

/** Codes that end so tell of an operation that may have happened all the same; every other one is `not-done`. */
const UNKNOWN = /_(FAILED|NOT_MET)$/;

/** The outcome of a failure with this code. */
export function outcomeOf(code: ErrorCode): Outcome {
  return UNKNOWN.test(code) ? 'unknown' : 'not-done';
}

/**
 * An operational failure with a stable `code`; `details` holds what a program may want to read. `outcome` is that of the
 * code, unless the thrower knows better.
 */
export class CausalError extends Error {
  override readonly name = 'CausalError';
  readonly code: ErrorCode;
  readonly outcome: Outcome;
  readonly details: Readonly<Record<string, unknown>>;

  constructor(
    code: ErrorCode,
    message: string,
    details: Readonly<Record<string, unknown>> = {},
    cause?: unknown,
    outcome: Outcome = outcomeOf(code),
  ) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
    this.outcome = outcome;
    this.details = details;
  }
}

/** A law of the design does not hold: a defect of Cairn itself. Whoever sees it must stop using the replica. */
export class InvariantError extends Error {
  override readonly name = 'InvariantError';
}
