/**
 * Errors as HTTP answers: `application/problem+json` (RFC 9457) with the stable code, the outcome and the details of
 * the error. Which status a code has is data. Causes and stacks stay here: they are handed to whoever logs.
 */

import { toTagged } from '../codec/tagged-json.ts';
import { CausalError, type ErrorCode, type Outcome } from '../errors.ts';
import type { HttpResponse } from './http-types.ts';

/** What can go wrong in HTTP alone, before anything of the store is asked. */
export type HttpCode =
  | 'BAD_REQUEST'
  | 'INTERNAL'
  | 'METHOD_NOT_ALLOWED'
  | 'NOT_FOUND'
  | 'PRECONDITION_FAILED'
  | 'UNSUPPORTED_MEDIA_TYPE';

export type ProblemCode = ErrorCode | HttpCode;

/** The status of every code there is. */
export const STATUS_OF: Readonly<Record<ProblemCode, number>> = {
  BAD_REQUEST: 400,
  BEHIND: 503,
  CONFLICT: 409,
  CONTEXT_INVALID: 400,
  COUNTER_EXHAUSTED: 507,
  ENCODING_INVALID: 400,
  EXCHANGE_FAILED: 502,
  FORBIDDEN: 403,
  IDENTITY_ALARM: 500,
  INTERNAL: 500,
  LIMIT_EXCEEDED: 413,
  LINK_FAILED: 502,
  METHOD_NOT_ALLOWED: 405,
  NOT_FOUND: 404,
  OVERLOADED: 429,
  PRECONDITION_FAILED: 412,
  PROTOCOL_VIOLATION: 502,
  QUORUM_NOT_MET: 503,
  RECORD_CORRUPT: 500,
  SCHEMA_REJECTED: 422,
  STORAGE_FAILED: 500,
  STORAGE_FULL: 507,
  STORAGE_LOCKED: 503,
  STORAGE_UNREADABLE: 500,
  STORE_CLOSED: 503,
  UNAUTHENTICATED: 401,
  UNSUPPORTED: 501,
  UNSUPPORTED_MEDIA_TYPE: 415,
  VERSION_UNSUPPORTED: 501,
};

/** Every code, in order. */
export const ERROR_CODES: readonly string[] = Object.keys(STATUS_OF);

/** How the refusals of values begin: TypeError for what is none, RangeError for one that is too large or too deep. */
const STORING = 'Cannot store ';

/** A request that HTTP itself refuses; nothing was done. */
export class HttpError extends Error {
  override readonly name = 'HttpError';
  readonly code: HttpCode;
  readonly details: Readonly<Record<string, unknown>>;

  constructor(code: HttpCode, message: string, details: Readonly<Record<string, unknown>> = {}) {
    super(message);
    this.code = code;
    this.details = details;
  }
}

/** What is told of an error: no cause, no stack, and nothing of errors that nobody foresaw. */
export type Problem = {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  readonly code: ProblemCode;
  readonly outcome: Outcome;
  readonly details: unknown;
};

/** The problem that an error is; what nobody foresaw is INTERNAL, and its outcome unknown. */
export function problemOf(error: unknown): Problem {
  if (error instanceof CausalError) return problem(error.code, error.message, error.outcome, error.details);
  if (error instanceof HttpError) return problem(error.code, error.message, 'not-done', error.details);
  if (isMisuse(error)) {
    const isTooLarge = error instanceof RangeError && error.message.startsWith(STORING);
    return problem(isTooLarge ? 'LIMIT_EXCEEDED' : 'BAD_REQUEST', error.message, 'not-done', {});
  }
  return problem('INTERNAL', 'Cannot answer: something went wrong here that nobody foresaw', 'unknown', {});
}

/** The answer for an error. */
export function problemResponse(error: unknown): HttpResponse {
  const told = problemOf(error);
  const headers = ['content-type', 'application/problem+json', 'cache-control', 'no-store'];
  if (told.code === 'UNAUTHENTICATED') headers.push('www-authenticate', 'Bearer realm="cairn"');
  if (told.code === 'METHOD_NOT_ALLOWED') headers.push('allow', String(detailOf(error, 'allow')));
  if (told.status === 429 || told.status === 503) {
    const waitMs = detailOf(error, 'retryAfterMs');
    headers.push('retry-after', String(typeof waitMs === 'number' ? Math.max(1, Math.ceil(waitMs / 1_000)) : 1));
  }
  return { status: told.status, headers, body: JSON.stringify(told) };
}

/** LIMIT_EXCEEDED for what is said in a header has a status of its own. */
function statusOf(code: ProblemCode, details: Readonly<Record<string, unknown>>): number {
  return code === 'LIMIT_EXCEEDED' && details['in'] === 'headers' ? 431 : STATUS_OF[code];
}

function problem(
  code: ProblemCode,
  detail: string,
  outcome: Outcome,
  details: Readonly<Record<string, unknown>>,
): Problem {
  const status = statusOf(code, details);
  const title = code.toLowerCase().replaceAll('_', ' ');
  return { type: `urn:cairn:error:${code}`, title, status, detail, code, outcome, details: toldOf(details) };
}

/** Siblings are for a read, whose reader may be another; what JSON cannot hold is left out. */
function toldOf(details: Readonly<Record<string, unknown>>): unknown {
  const told = Object.entries(details).filter(([name, value]) => name !== 'siblings' && !(value instanceof Error));
  try {
    return JSON.parse(JSON.stringify(toTagged(Object.fromEntries(told))));
  } catch {
    return {};
  }
}

/** What is thrown at the public door of the library; the TypeErrors of a defect are worded otherwise. */
function isMisuse(error: unknown): error is Error {
  if (!(error instanceof TypeError || error instanceof RangeError)) return false;
  return error.message.startsWith('Cannot use "') || error.message.startsWith(STORING);
}

function detailOf(error: unknown, name: string): unknown {
  return error instanceof CausalError || error instanceof HttpError ? error.details[name] : undefined;
}
