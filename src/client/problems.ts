/**
 * What went wrong, as the library says it: a CausalError with code and outcome. A write whose answer never came may have
 * happened; only what surely did not is tried again.
 */

import { CausalError, type ErrorCode, type Outcome, outcomeOf } from '../errors.ts';

/** As the server tells it. */
type Told = {
  readonly code?: unknown;
  readonly detail?: unknown;
  readonly outcome?: unknown;
  readonly details?: unknown;
};

/** Failures of Node's fetch before anything was sent. */
const UNSENT = ['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'UND_ERR_CONNECT_TIMEOUT', 'EHOSTUNREACH', 'ENETUNREACH'];

/** Codes with which another replica, or this one in a moment, may do what this one did not. */
const ELSEWHERE: readonly ErrorCode[] = [
  ...(['BEHIND', 'OVERLOADED', 'QUORUM_NOT_MET', 'STORAGE_LOCKED', 'STORE_CLOSED', 'LINK_FAILED'] as const),
];

/** The error that an answer tells. Cost: reads the body. */
export async function problemIn(answer: Response, isRead: boolean): Promise<Error> {
  let told: Told = {};
  if ((answer.headers.get('content-type') ?? '').includes('json')) {
    try {
      told = (await answer.json()) as Told; // every field is looked at
    } catch {
      // Not from Cairn, then.
    }
  } else await answer.body?.cancel();
  return problemFrom(told, answer.status, retryAfterMs(answer), isRead);
}

/** The error that a problem tells. */
export function problemFrom(told: Told, status: number, retryMs: number, isRead: boolean): Error {
  const message = typeof told.detail === 'string' ? told.detail : `Cannot do it: the server answered ${status}`;
  const given = typeof told.details === 'object' && told.details !== null ? told.details : {};
  const details = { ...given, status, ...(retryMs > 0 ? { retryAfterMs: retryMs } : {}) };
  const outcome: Outcome = isRead || told.outcome === 'not-done' ? 'not-done' : 'unknown';
  switch (told.code) {
    case 'PRECONDITION_FAILED':
      return new CausalError('CONFLICT', message, details, undefined, 'not-done');
    case 'BAD_REQUEST':
      return new RangeError(message);
    case 'NOT_FOUND':
    case 'METHOD_NOT_ALLOWED':
    case 'UNSUPPORTED_MEDIA_TYPE':
      return new CausalError('UNSUPPORTED', message, details, undefined, 'not-done');
    case undefined:
    case 'INTERNAL':
      return new CausalError('LINK_FAILED', message, details, undefined, outcome);
    default: {
      const code = String(told.code) as ErrorCode; // a server of a later version may know more
      return new CausalError(code, message, details, undefined, told.outcome === undefined ? outcomeOf(code) : outcome);
    }
  }
}

/** An answer that no replica gives; the caller makes a LINK_FAILED of it, which says whether a write may have happened. */
export class StrangeAnswer extends Error {
  override readonly name = 'StrangeAnswer';

  constructor() {
    super('no Cairn replica answers there');
  }
}

/** What a strange answer means: something else listens at that address, or stands before it. */
export function strangeAnswer(cause: StrangeAnswer, url: string, status: number, isRead: boolean): CausalError {
  const message = `Cannot use the answer ${status} of ${url}: ${cause.message}, see to the address`;
  return new CausalError('LINK_FAILED', message, { url, status }, cause, isRead ? 'not-done' : 'unknown');
}

/** What a failed fetch means: a read did nothing, a write may have happened unless nothing was sent. */
export function linkFailure(cause: unknown, url: string, isRead: boolean): CausalError {
  const outcome = isRead || isUnsent(cause) ? 'not-done' : 'unknown';
  const why = cause instanceof Error ? cause.message : String(cause);
  return new CausalError('LINK_FAILED', `Cannot reach ${url}: ${why}`, { url }, cause, outcome);
}

/** Whether it did nothing, and may be done elsewhere or later. */
export function isWorthAnotherTry(error: unknown): error is CausalError {
  return error instanceof CausalError && error.outcome === 'not-done' && ELSEWHERE.includes(error.code);
}

function isUnsent(cause: unknown): boolean {
  for (
    let at = cause;
    typeof at === 'object' && at !== null;
    at = (at as { cause?: unknown }).cause /* of an error */
  ) {
    if ('code' in at && UNSENT.includes(String(at.code))) return true;
  }
  return false;
}

function retryAfterMs(answer: Response): number {
  const seconds = Number(answer.headers.get('retry-after') ?? 0);
  return Number.isFinite(seconds) && seconds > 0 ? seconds * 1_000 : 0;
}
