/**
 * Failures on their way over a link: an error as a peer is told of it, and what becomes of what a peer tells. Only codes
 * and sentences go, within bounds; a cause stays where it was.
 */

import { CausalError, type ErrorCode } from '../errors.ts';

/** No code or sentence of an error is longer on a link. */
export const WHY_BYTES_MAX = 2_000;

const CODES: readonly ErrorCode[] = [
  ...(['BEHIND', 'CONFLICT', 'CONTEXT_INVALID', 'COUNTER_EXHAUSTED', 'ENCODING_INVALID', 'EXCHANGE_FAILED'] as const),
  ...(['FORBIDDEN', 'IDENTITY_ALARM', 'LIMIT_EXCEEDED', 'LINK_FAILED', 'OVERLOADED', 'PROTOCOL_VIOLATION'] as const),
  ...(['QUORUM_NOT_MET', 'RECORD_CORRUPT', 'SCHEMA_REJECTED', 'STORAGE_FAILED', 'STORAGE_FULL'] as const),
  ...(['STORAGE_LOCKED', 'STORAGE_UNREADABLE', 'STORE_CLOSED', 'UNAUTHENTICATED', 'UNSUPPORTED'] as const),
  'VERSION_UNSUPPORTED',
];

/** What a peer answered instead of what was asked for. A code of another release says that it may have happened. */
export function failureOf({ code, why }: { readonly code: string; readonly why: string }, peer: string): CausalError {
  return new CausalError(CODES.find((known) => known === code) ?? 'LINK_FAILED', `"${peer}" answered: ${why}`, {
    code,
  });
}

/** An error as a peer is told of it; what is no CausalError has no code of its own. */
export function failureFor(error: unknown): { readonly code: ErrorCode; readonly why: string } {
  return { code: error instanceof CausalError ? error.code : 'PROTOCOL_VIOLATION', why: shortWhy(error) };
}

/** A text that fits into a message. */
export function shortWhy(error: unknown): string {
  const why = (error instanceof Error ? error.message : String(error)).slice(0, WHY_BYTES_MAX / 4);
  // What was cut within a character cannot be written.
  return why.replace(/\p{Surrogate}/gu, '\ufffd');
}
