/** What people and machines ask who look after a replica: is it well, who is in the group, what does it count. */

import { parseExactly } from '../codec/tagged-json.ts';
import { checkText } from '../codec/text.ts';
import { CausalError } from '../errors.ts';
import { ID_BYTES_MAX } from '../limits.ts';
import type { HttpResponse } from './http-types.ts';
import { checkJson, fieldsOf } from './many-routes.ts';
import { OPENAPI_JSON } from './openapi.ts';
import { type Asked, jsonResponse, type Operation, type Route } from './operation.ts';
import { HttpError } from './problem.ts';
import { decodePart } from './request-options.ts';
import { textOf } from './value-body.ts';

const DONE: HttpResponse = { status: 204, headers: ['cache-control', 'no-store'], body: undefined };

/** An operation about the replica as a whole. */
function whole(scope: Operation['scope'], run: Operation['run']): Operation {
  return { scope, isAboutKeys: false, query: [], run };
}

export const CARE_ROUTES: readonly Route[] = [
  {
    path: '/v1/status',
    operations: new Map([['GET', whole('read', async ({ shop }) => jsonResponse(await shop.replica.status()))]]),
  },
  {
    path: '/v1/members',
    operations: new Map([
      ['GET', whole('read', ({ shop }) => jsonResponse({ members: shop.replica.members() }))],
      ['POST', whole('admin', changeMembers)],
    ]),
  },
  { path: '/v1/links/{peer}/cut', operations: new Map([['POST', whole('admin', (asked) => onLink(asked, 'cut'))]]) },
  { path: '/v1/links/{peer}/heal', operations: new Map([['POST', whole('admin', (asked) => onLink(asked, 'heal'))]]) },
  {
    path: '/v1/exchange',
    operations: new Map([
      [
        'POST',
        whole('admin', async ({ shop }) => {
          await shop.replica.exchangeAll();
          return DONE;
        }),
      ],
    ]),
  },
  { path: '/healthz', operations: new Map([['GET', whole('none', health)]]) },
  { path: '/readyz', operations: new Map([['GET', whole('none', readiness)]]) },
  {
    path: '/metrics',
    operations: new Map([['GET', whole('read', async ({ shop }) => metricsResponse(await shop.metrics()))]]),
  },
  {
    path: '/openapi.json',
    operations: new Map([['GET', whole('none', description)]]),
  },
];

function metricsResponse(text: string): HttpResponse {
  return { status: 200, headers: ['content-type', 'text/plain; version=0.0.4; charset=utf-8'], body: text };
}

function description(): HttpResponse {
  return {
    status: 200,
    headers: ['content-type', 'application/json', 'cache-control', 'no-cache'],
    body: OPENAPI_JSON,
  };
}

/** Alive: the process answers, and its store is open. */
function health({ shop }: Asked): HttpResponse {
  if (shop.replica.store.isClosed) throw new CausalError('STORE_CLOSED', 'Cannot serve: the store has been closed');
  return jsonResponse({ status: 'ok' });
}

/** Ready: it has caught up with its peers, and does not end. */
async function readiness({ shop }: Asked): Promise<HttpResponse> {
  const { isReady, isDraining } = await shop.recentStatus();
  const isClosing = isDraining || shop.isClosing();
  const status = isReady && !isClosing ? 200 : 503;
  const told = JSON.stringify({ status: isClosing ? 'draining' : isReady ? 'ready' : 'catching up' });
  return { status, headers: ['content-type', 'application/json', 'cache-control', 'no-store'], body: told };
}

async function changeMembers({ request, shop }: Asked): Promise<HttpResponse> {
  checkJson(request.header('content-type'));
  const body = parseExactly(textOf(await request.body(10_000)), 2);
  const { join, retire, replace, by } = fieldsOf(body, ['join', 'retire', 'replace', 'by'], 'the body');
  const { replica } = shop;
  const given = [join, retire, replace].filter((name) => name !== undefined);
  if (given.length !== 1 || (replace === undefined) !== (by === undefined))
    throw new HttpError('BAD_REQUEST', 'Cannot change members: give join, or retire, or replace and by');
  if (join !== undefined) await replica.join(nameOf(join));
  else if (retire !== undefined) await replica.retire(nameOf(retire));
  else await replica.replace(nameOf(replace), nameOf(by));
  return jsonResponse({ members: replica.members() });
}

function nameOf(given: unknown): string {
  try {
    checkText(given as string, 'a member', ID_BYTES_MAX); // it checks that it is one
  } catch (error) {
    throw new HttpError('BAD_REQUEST', error instanceof Error ? error.message : 'Cannot use it as a member');
  }
  return given as string; // checked
}

async function onLink({ shop, rest }: Asked, what: 'cut' | 'heal'): Promise<HttpResponse> {
  const peer = decodePart(rest);
  const { peers } = await shop.replica.status();
  if (!peers.some(({ name }) => name === peer))
    throw new HttpError('NOT_FOUND', `Cannot ${what} the link: there is no peer of this name`, { peer });
  shop.replica[what](peer);
  return DONE;
}
