/** What the headers and the query of a request mean as options of the replica's calls; bounded, and checked here. */

import { faultOfText } from '../codec/text.ts';
import { CausalError } from '../errors.ts';
import type { GetOptions, PutOptions } from '../replica/replica-types.ts';
import { isInternalKey } from '../store/key.ts';
import { checkKeyAccess } from './access.ts';
import type { HttpLimits } from './http-limits.ts';
import type { Asked } from './operation.ts';
import { HttpError } from './problem.ts';
import { flagOf, integerOf, type Query } from './query.ts';
import { sessionFrom } from './sessions.ts';

/** What reads take in their query; and what writes take. */
export const READ_QUERY: readonly string[] = ['r', 'timeoutMs', 'waitMs'];
export const WRITE_QUERY: readonly string[] = ['w', 'timeoutMs', 'waitMs', 'sloppy'];

const REPLICAS_MAX = 1_000;

/** The key that a path names. Throws: BAD_REQUEST, LIMIT_EXCEEDED, FORBIDDEN. */
export function keyOf({ rest, shop, grant }: Asked): string {
  const key = decodePart(rest);
  checkKeyShape(key, shop.limits);
  if (grant.prefix !== '') checkKeyAccess(grant, key);
  return key;
}

/** Throws: BAD_REQUEST for what is no key, LIMIT_EXCEEDED for one that is too long. */
export function checkKeyShape(key: unknown, limits: HttpLimits): asserts key is string {
  const fault = faultOfText(key, limits.keyBytesMax);
  if (fault !== undefined) {
    if (fault.startsWith('has over')) {
      throw new CausalError('LIMIT_EXCEEDED', `Cannot use the key: it ${fault}`, { keyBytesMax: limits.keyBytesMax });
    }
    throw new HttpError('BAD_REQUEST', `Cannot use the key: it ${fault}`);
  }
  if (isInternalKey(String(key))) throw new HttpError('BAD_REQUEST', 'Cannot use the key: it is reserved');
}

/** One part of a path, decoded. Throws: BAD_REQUEST for a slash, for what is not ASCII, for a broken escape. */
export function decodePart(part: string): string {
  let isEscaped = false;
  for (let at = 0; at < part.length; at++) {
    const unit = part.charCodeAt(at);
    if (unit === 37) isEscaped = true;
    else if (unit === 47 || unit > 126) {
      throw new HttpError('BAD_REQUEST', 'Cannot read the path: percent-encode slashes (%2F) and what is not ASCII');
    }
  }
  if (!isEscaped) return part;
  try {
    return decodeURIComponent(part);
  } catch {
    throw new HttpError('BAD_REQUEST', 'Cannot read the path: it has an escape that is no UTF-8');
  }
}

/** Undefined when nothing is asked for, which is the rule. */
export function getOptionsOf({ request, query, shop }: Asked): GetOptions | undefined {
  const session = sessionFrom(request.header('cairn-session'));
  if (query.size === 0 && session === undefined) return undefined;
  const r = integerOf(query, 'r', 1, REPLICAS_MAX);
  return { ...(r === undefined ? {} : { r }), ...waits(query, shop.limits), ...withSession(session) };
}

/** The context is the caller's affair: conditions may decide it. */
export function putOptionsOf({ request, query, shop }: Asked): Omit<PutOptions, 'context'> | undefined {
  const session = sessionFrom(request.header('cairn-session'));
  if (query.size === 0 && session === undefined) return undefined;
  const w = integerOf(query, 'w', 1, REPLICAS_MAX);
  const isSloppy = flagOf(query, 'sloppy');
  return {
    ...(w === undefined ? {} : { w }),
    ...(isSloppy === undefined ? {} : { isSloppy }),
    ...waits(query, shop.limits),
    ...withSession(session),
  };
}

function withSession(session: string | undefined): { readonly session?: string } {
  return session === undefined ? {} : { session };
}

function waits(query: Query, { waitMsMax }: HttpLimits): { readonly timeoutMs?: number; readonly waitMs?: number } {
  const timeoutMs = integerOf(query, 'timeoutMs', 1, waitMsMax);
  const waitMs = integerOf(query, 'waitMs', 0, waitMsMax);
  return { ...(timeoutMs === undefined ? {} : { timeoutMs }), ...(waitMs === undefined ? {} : { waitMs }) };
}
