/**
 * One key: read, written, deleted. A conflict is an answer (300 with every sibling), so is what is not there (404) and
 * what was deleted (410); the context to write with comes along in a header. Conditions: the tag names the versions a
 * key holds, and a write whose condition holds is based on exactly those.
 */

import type { Value } from '../codec/value.ts';
import type { GroupAnswer, GroupWritten, PutOptions } from '../replica/replica-types.ts';
import type { Answer } from '../store/answer.ts';
import { siblingsJson, writtenText } from './answer-json.ts';
import { type Condition, conditionOf, etagOf, meetsIfMatch, meetsIfNoneMatch } from './etag.ts';
import type { HttpLimits } from './http-limits.ts';
import type { HttpResponse } from './http-types.ts';
import type { Asked, Route } from './operation.ts';
import { HttpError } from './problem.ts';
import { getOptionsOf, keyOf, putOptionsOf, READ_QUERY, WRITE_QUERY } from './request-options.ts';
import { wantsSession } from './sessions.ts';
import { bodyOf, valueOfBody } from './value-body.ts';

/** The routes of one key. */
export const KEY_ROUTE: Route = {
  path: '/v1/kv/{key}',
  operations: new Map([
    ['GET', { scope: 'read', isAboutKeys: true, query: READ_QUERY, run: get }],
    ['PUT', { scope: 'write', isAboutKeys: true, query: WRITE_QUERY, run: put }],
    ['DELETE', { scope: 'write', isAboutKeys: true, query: WRITE_QUERY, run: remove }],
  ]),
};

const STATUS: Readonly<Record<Answer['status'], number>> = { live: 200, conflict: 300, absent: 404, deleted: 410 };

async function get(asked: Asked): Promise<HttpResponse> {
  const { replica, limits } = asked.shop;
  const key = keyOf(asked);
  const answered = await replica.get(key, getOptionsOf(asked));
  const { answer } = answered;
  const headers = headersOf(asked, answered);
  const condition = conditionOf(asked.request);
  if (condition !== undefined) {
    const etag = etagOf(answer.siblings);
    const isShown = answer.status === 'live' || answer.status === 'conflict';
    if (!meetsIfMatch(condition.ifMatch, etag, isShown)) throw failed(etag);
    if (!meetsIfNoneMatch(condition.ifNoneMatch, etag, isShown)) return { status: 304, headers, body: undefined };
  }
  if (answer.status === 'live') {
    const { body, headers: about } = bodyOf(answer.value);
    return { status: 200, headers: headers.concat(about), body };
  }
  headers.push('content-type', 'application/json');
  const { status } = answer;
  const shown = status === 'conflict' ? siblingsJson(answer.siblings, limits.siblingsShownMax) : {};
  return { status: STATUS[status], headers, body: JSON.stringify({ status, ...shown }) };
}

async function put(asked: Asked): Promise<HttpResponse> {
  const { request, shop } = asked;
  const key = keyOf(asked);
  const encoding = request.header('content-encoding');
  if (encoding !== undefined && encoding !== 'identity')
    throw new HttpError('UNSUPPORTED_MEDIA_TYPE', 'Cannot store the body: send it without a content encoding');
  const value = valueOfBody(request.header('content-type'), await request.body(shop.limits.valueBytesMax));
  const written = await write(asked, key, (options) => shop.replica.put(key, value, options));
  return writtenResponse(asked, key, written);
}

async function remove(asked: Asked): Promise<HttpResponse> {
  const key = keyOf(asked);
  const written = await write(asked, key, (options) => asked.shop.replica.delete(key, options));
  return writtenResponse(asked, key, written);
}

/** Writes on the context that was given, on the state that the condition was judged by, or on what this replica shows. */
function write(
  asked: Asked,
  key: string,
  run: (options: PutOptions | undefined) => Promise<GroupWritten>,
): Promise<GroupWritten> {
  const { request, shop } = asked;
  const given = request.header('cairn-context');
  const options = putOptionsOf(asked);
  const based = (context: string | undefined): PutOptions | undefined =>
    context === undefined ? options : { ...options, context };
  const condition = conditionOf(request);
  if (condition === undefined) return shop.gate.beside([key], () => run(based(given)));
  return shop.gate.alone(key, async () => run(based(await judge(asked, key, condition, given))));
}

function writtenResponse({ request, shop }: Asked, key: string, written: GroupWritten): HttpResponse {
  const { context } = written;
  const session = wantsSession(request) ? written.session : undefined;
  const headers = ['content-type', 'application/json', 'cache-control', 'no-store'];
  addTokens(headers, context, session, shop.limits);
  return { status: 200, headers, body: writtenText(key, written, context, session) };
}

/** The context to write with. Throws: PRECONDITION_FAILED. */
async function judge(asked: Asked, key: string, condition: Condition, given: string | undefined): Promise<string> {
  const { session, ...rest } = { ...putOptionsOf(asked) };
  const { timeoutMs, waitMs } = rest;
  const { answer } = await asked.shop.replica.get(key, {
    ...(session === undefined ? {} : { session }),
    ...(timeoutMs === undefined ? {} : { timeoutMs }),
    ...(waitMs === undefined ? {} : { waitMs }),
  });
  const etag = etagOf(answer.siblings);
  const isShown = answer.status === 'live' || answer.status === 'conflict';
  if (!meetsIfMatch(condition.ifMatch, etag, isShown) || !meetsIfNoneMatch(condition.ifNoneMatch, etag, isShown))
    throw failed(etag);
  return given ?? answer.context;
}

function failed(etag: string | undefined): HttpError {
  const seen = etag === undefined ? 'the key holds nothing' : `the tag of the key is ${etag}`;
  return new HttpError('PRECONDITION_FAILED', `Cannot do it under this condition: ${seen}`, { etag: etag ?? null });
}

/** The context, the session and the tag of an answer; a key with more siblings than are shown has neither context nor tag. */
function headersOf({ request, shop: { limits } }: Asked, answered: GroupAnswer<Value>): string[] {
  const headers = ['cache-control', 'private, no-cache'];
  const { siblings, context } = answered.answer;
  const isWhole = siblings.length <= limits.siblingsShownMax;
  const etag = isWhole ? etagOf(siblings) : undefined;
  if (etag !== undefined) headers.push('etag', etag);
  const session = wantsSession(request) ? answered.session : undefined;
  addTokens(headers, isWhole ? context : undefined, session, limits);
  return headers;
}

/** What is too long for a header is named instead; POST /v1/read and /v1/batch carry it in their bodies. */
function addTokens(
  headers: string[],
  context: string | undefined,
  session: string | undefined,
  { tokenHeaderBytesMax: max }: HttpLimits,
): void {
  const omitted: string[] = [];
  const add = (name: string, token: string | undefined): void => {
    if (token === undefined) return;
    if (token.length <= max) headers.push(`cairn-${name}`, token);
    else omitted.push(name);
  };
  add('context', context);
  add('session', session);
  if (omitted.length > 0) headers.push('cairn-omitted', omitted.join(', '));
}
