/**
 * Several keys at once: pages in key order, reads and atomic batches. Here contexts and sessions are in bodies, so
 * these also serve what headers cannot carry, and keys that no path can name (`.` and `..`).
 */

import { parseTagged } from '../codec/tagged-json.ts';
import type { Value } from '../codec/value.ts';
import { CausalError } from '../errors.ts';
import type { Answer } from '../store/answer.ts';
import type { KeyRange } from '../store/key-order.ts';
import type { BatchOperation } from '../store/operations.ts';
import type { Scan } from '../store/scan.ts';
import { checkKeyAccess, prefixFor } from './access.ts';
import { entryJson, writtenJson } from './answer-json.ts';
import type { HttpResponse } from './http-types.ts';
import { type Asked, jsonResponse, type Route } from './operation.ts';
import { HttpError } from './problem.ts';
import { integerOf } from './query.ts';
import { checkKeyShape, getOptionsOf, putOptionsOf, READ_QUERY, WRITE_QUERY } from './request-options.ts';
import { joinSessions, sessionFrom } from './sessions.ts';
import { textOf } from './value-body.ts';

const PAGE_QUERY: readonly string[] = ['prefix', 'limit', 'after', 'waitMs'];
const PAGE = 100;
/** An operation nests so deep around its value. */
const AROUND_VALUE = 4;

type Fields = { readonly [field: string]: unknown };
type Page = (range: KeyRange) => Scan<readonly [key: string, answer: Answer<Value>]>;

export const LIST_ROUTE: Route = {
  path: '/v1/kv',
  operations: new Map([
    [
      'GET',
      {
        scope: 'read',
        isAboutKeys: true,
        query: PAGE_QUERY,
        run: (asked: Asked) => page(asked, (range) => asked.shop.replica.store.entries(range)),
      },
    ],
  ]),
};

export const CONFLICTS_ROUTE: Route = {
  path: '/v1/conflicts',
  operations: new Map([
    [
      'GET',
      {
        scope: 'read',
        isAboutKeys: true,
        query: PAGE_QUERY,
        run: (asked: Asked) => page(asked, (range) => asked.shop.replica.store.conflicts(range)),
      },
    ],
  ]),
};

export const READ_ROUTE: Route = {
  path: '/v1/read',
  operations: new Map([['POST', { scope: 'read', isAboutKeys: true, query: READ_QUERY, run: read }]]),
};

export const BATCH_ROUTE: Route = {
  path: '/v1/batch',
  operations: new Map([['POST', { scope: 'write', isAboutKeys: true, query: WRITE_QUERY, run: batch }]]),
};

/** What this replica shows, in key order; ends early rather than grow beyond the limits. */
async function page({ shop, query, grant, request }: Asked, scan: Page): Promise<HttpResponse> {
  const { limits, replica } = shop;
  const prefix = prefixFor(grant, query.get('prefix'));
  const limit = integerOf(query, 'limit', 1, limits.pageMax) ?? Math.min(PAGE, limits.pageMax);
  const after = query.get('after');
  const session = sessionFrom(request.header('cairn-session'));
  if (session !== undefined) await replica.catchUp(session, integerOf(query, 'waitMs', 0, limits.waitMsMax));
  // The first text after another is that with a zero at its end.
  const from = after === undefined ? {} : { from: `${after}\u0000` };
  const entries: string[] = [];
  let bytes = 0;
  let next: string | undefined;
  let last = '';
  for await (const [key, answer] of scan({ prefix, ...from, limit: limit + 1 })) {
    if (entries.length === limit || bytes >= limits.pageBytesMax) {
      next = last;
      break;
    }
    const entry = JSON.stringify(entryJson(key, answer, limits.siblingsShownMax));
    entries.push(entry);
    bytes += entry.length;
    last = key;
  }
  const token = replica.sessionToken(session);
  const tail = `${next === undefined ? '' : `,"next":${JSON.stringify(next)}`},"session":${JSON.stringify(token)}`;
  const headers = ['content-type', 'application/json', 'cache-control', 'no-store'];
  return { status: 200, headers, body: `{"entries":[${entries.join(',')}]${tail}}` };
}

async function read(asked: Asked): Promise<HttpResponse> {
  const { shop, grant } = asked;
  const { replica, limits } = shop;
  const given = fieldsOf(await bodyOf(asked), ['keys', 'session'], 'the body');
  const keys = listOf(given, 'keys', limits.batchMax);
  for (const key of keys) {
    checkKeyShape(key, limits);
    checkKeyAccess(grant, key);
  }
  const base = getOptionsOf(asked);
  const session = sessionOf(given) ?? base?.session;
  const options = session === undefined ? base : { ...base, session };
  const answered = await Promise.all((keys as string[]).map((key) => replica.get(key, options))); // checked above
  const answers = answered.map(({ answer, from }, at) => ({
    ...entryJson(keys[at] as string /* one each */, answer, limits.siblingsShownMax),
    from,
  }));
  const after = answered.reduce<string | undefined>((before, one) => joinSessions(before, one.session), session);
  return jsonResponse({ answers, session: after ?? replica.sessionToken() });
}

async function batch(asked: Asked): Promise<HttpResponse> {
  const { shop, grant } = asked;
  const { limits, replica } = shop;
  const given = fieldsOf(await bodyOf(asked), ['operations', 'session'], 'the body');
  const operations = listOf(given, 'operations', limits.batchMax).map((operation): BatchOperation<Value> => {
    const {
      put,
      delete: remove,
      value,
      context,
    } = fieldsOf(operation, ['put', 'delete', 'value', 'context'], 'an operation');
    const key = put ?? remove;
    if ((put === undefined) === (remove === undefined) || (put === undefined) !== (value === undefined))
      throw new HttpError('BAD_REQUEST', 'Cannot use an operation: give either put and value, or delete');
    checkKeyShape(key, limits);
    checkKeyAccess(grant, key);
    if (context !== undefined && typeof context !== 'string')
      throw new HttpError('BAD_REQUEST', 'Cannot use an operation: its context is no token');
    const based = context === undefined ? {} : { context };
    // `as`: what is no value the store refuses.
    return put === undefined ? { delete: key, ...based } : { put: key, value: value as Value, ...based };
  });
  const keys = operations.map((operation) => ('put' in operation ? operation.put : operation.delete));
  if (new Set(keys).size < keys.length)
    throw new HttpError('BAD_REQUEST', 'Cannot use the batch: it names a key twice');
  const base = putOptionsOf(asked);
  const session = sessionOf(given) ?? base?.session;
  const written = await shop.gate.beside(keys, () =>
    replica.batch(operations, session === undefined ? base : { ...base, session }),
  );
  const results = written.map((one, at) => writtenJson(keys[at] as string /* one each */, one));
  return jsonResponse({ results, session: written.at(-1)?.session ?? replica.sessionToken(session) });
}

/** The body as tagged JSON. Throws: UNSUPPORTED_MEDIA_TYPE, ENCODING_INVALID. */
async function bodyOf({ request, shop }: Asked): Promise<unknown> {
  checkJson(request.header('content-type'));
  return parseTagged(textOf(await request.body(shop.limits.bodyBytesMax)), 100 + AROUND_VALUE);
}

/** Throws: UNSUPPORTED_MEDIA_TYPE. A page of another origin cannot say this without asking first. */
export function checkJson(contentType: string | undefined): void {
  if (contentType !== undefined && /^application\/json *(;|$)/i.test(contentType)) return;
  throw new HttpError(
    'UNSUPPORTED_MEDIA_TYPE',
    'Cannot read the body: send JSON, and say content-type: application/json',
  );
}

/** The fields of an object that has no others. Throws: BAD_REQUEST. */
export function fieldsOf(given: unknown, known: readonly string[], what: string): Fields {
  if (typeof given !== 'object' || given === null || Array.isArray(given))
    throw new HttpError('BAD_REQUEST', `Cannot use ${what}: it is no object`);
  const stranger = Object.keys(given).find((name) => !known.includes(name));
  if (stranger !== undefined)
    throw new HttpError('BAD_REQUEST', `Cannot use ${what}: it has a field ${JSON.stringify(stranger.slice(0, 40))}`);
  return given as Fields; // an object
}

function listOf(fields: Fields, name: string, max: number): readonly unknown[] {
  const list = fields[name];
  if (!Array.isArray(list)) throw new HttpError('BAD_REQUEST', `Cannot use the body: its ${name} are no list`);
  if (list.length > max)
    throw new CausalError('LIMIT_EXCEEDED', `Cannot use the body: it has ${list.length} ${name}, send at most ${max}`, {
      max,
    });
  return list;
}

function sessionOf({ session }: Fields): string | undefined {
  if (session === undefined || typeof session === 'string') return sessionFrom(session);
  throw new HttpError('BAD_REQUEST', 'Cannot use the body: its session is no token');
}
