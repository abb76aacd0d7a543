/** A replica behind the HTTP interface, by way of a real server of Node or of the fetch adapter, closed after each test. */

import { afterEach } from 'vitest';
import { fetchHandler } from '../../src/server/fetch-handler.ts';
import { createHttpHandler, type HttpHandler, type HttpOptions } from '../../src/server/handler.ts';
import { type HttpServer, nodeHost, type ServeOptions, serveHttp } from '../../src/server/node-server.ts';
import { type OneReplica, oneReplica } from './one-replica.ts';

export type Ask = (path: string, init?: RequestInit) => Promise<Response>;
export type Served = { readonly replica: OneReplica; readonly handler: HttpHandler; readonly ask: Ask };
export type ServedByNode = Served & { readonly server: HttpServer; readonly url: string };

const ends: (() => Promise<unknown>)[] = [];

afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

type Options = Omit<HttpOptions, 'replica'> & {
  readonly replica?: OneReplica;
  readonly name?: string;
  readonly serve?: Omit<ServeOptions, 'handler'>;
};

/** Behind a server of node:http on loopback. */
export async function serveNode(options: Options = {}): Promise<ServedByNode> {
  const { name = 'berlin', serve = {}, ...rest } = options;
  const replica = options.replica ?? (await oneReplica(name));
  const handler = await createHttpHandler({ host: nodeHost, ...rest, replica });
  const server = await serveHttp({ handler, ...serve });
  ends.push(() => server.close({ drainMs: 100 }));
  const { url } = server;
  return { replica, handler, server, url, ask: (path, init) => fetch(url + path, init) };
}

/** Behind the fetch adapter, without sockets. */
export async function serveFetch(options: Options = {}): Promise<Served> {
  const { name = 'berlin', serve: _, ...rest } = options;
  const replica = options.replica ?? (await oneReplica(name));
  const handler = await createHttpHandler({ ...rest, replica });
  const answer = fetchHandler(handler);
  ends.push(async () => handler.close());
  return { replica, handler, ask: (path, init) => answer(new Request(`http://localhost${path}`, init)) };
}

/** The init of a request with JSON. */
export function json(method: string, data: unknown, headers: Readonly<Record<string, string>> = {}): RequestInit {
  return { method, body: JSON.stringify(data), headers: { 'content-type': 'application/json', ...headers } };
}

/** Two replicas that wrote `key` without knowing of one another, and `berlin` has heard of it. */
export async function inConflict(replica: OneReplica, key: string, here: string, there: string): Promise<OneReplica> {
  const lima = await oneReplica('lima');
  await replica.store.put(key, here);
  await lima.store.put(key, there);
  await replica.pull(lima);
  return lima;
}

type Shown = { readonly value?: unknown; readonly tombstone?: boolean };
/** The fields of JSON answers that tests look at. */
export type Told = {
  readonly code: string;
  readonly status: unknown;
  readonly details: unknown;
  readonly etag: string;
  readonly session: string;
  readonly next?: string;
  readonly siblings: readonly Shown[];
  readonly entries: readonly ({ readonly key: string; readonly context: string } & Shown)[];
  readonly answers: readonly ({ readonly key: string; readonly context: string } & Shown)[];
  readonly results: readonly { readonly context: string }[];
  readonly members: readonly string[];
  readonly bytes: unknown;
  readonly n: unknown;
};

/** The body of an answer, as JSON. */
export async function told(answer: Response): Promise<Told> {
  return (await answer.json()) as Told;
}
