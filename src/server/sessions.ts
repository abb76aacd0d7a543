/**
 * Session tokens as callers give them: none, one, or several separated by commas. Clients cannot join tokens that
 * answers brought at the same time, so they are joined here.
 */

import { decodeToken, encodeToken } from '../store/context-token.ts';
import type { HttpRequest } from './http-types.ts';
import { HttpError } from './problem.ts';

/** A client that has more outstanding has them joined first. */
const TOKENS_MAX = 64;

/** One token for what was given; undefined for a session that has seen nothing. Throws: CONTEXT_INVALID, BAD_REQUEST. */
export function sessionFrom(text: string | undefined): string | undefined {
  if (text === undefined || text === '') return undefined;
  if (!text.includes(',')) return text;
  const tokens = text.split(',');
  if (tokens.length > TOKENS_MAX) throw new HttpError('BAD_REQUEST', `Cannot use over ${TOKENS_MAX} session tokens`);
  return tokens.map((token) => token.trim()).reduce(joinSessions);
}

/** Whether a call wants to be told its session: it brings one, or an empty header to begin one. */
export function wantsSession(request: HttpRequest): boolean {
  return request.header('cairn-session') !== undefined;
}

/** A session that has seen what both have seen. Throws: CONTEXT_INVALID. */
export function joinSessions(a: string | undefined, b: string): string {
  if (a === undefined || a === b) return b;
  return encodeToken('session', '', decodeToken('session', '', a).union(decodeToken('session', '', b)));
}
