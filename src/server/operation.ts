/**
 * What one thing that can be asked of the server is: who may ask, which options it takes, what it does. The routes are
 * tables of these; the handler does for all of them what is the same for all.
 */

import type { Value } from '../codec/value.ts';
import type { TimedEnv } from '../env.ts';
import type { ReplicaApi, ReplicaStatus } from '../replica/replica-types.ts';
import type { Grant, Scope } from './access.ts';
import type { HttpLimits } from './http-limits.ts';
import type { HttpRequest, HttpResponse } from './http-types.ts';
import type { KeyGate } from './key-gate.ts';
import type { Query } from './query.ts';

/** What operations share. */
export type Shop = {
  readonly replica: ReplicaApi<Value>;
  readonly limits: HttpLimits;
  readonly env: TimedEnv;
  readonly gate: KeyGate;
  /** At most `statusAgeMsMax` old. */
  readonly recentStatus: () => Promise<ReplicaStatus>;
  readonly isClosing: () => boolean;
  /** Takes note of a stream, which ends when the server does. Throws: OVERLOADED when there are too many. */
  readonly addStream: (stream: { readonly return: () => unknown }) => () => void;
  readonly metrics: () => Promise<string>;
};

/** One request, with what was found out about it. */
export type Asked = {
  readonly shop: Shop;
  readonly request: HttpRequest;
  readonly grant: Grant;
  readonly query: Query;
  /** The part of the path that names something, still percent-encoded. */
  readonly rest: string;
};

export type Operation = {
  /** `none`: anybody may ask. */
  readonly scope: Scope | 'none';
  /** Whether a token for keys of one prefix may ask. */
  readonly isAboutKeys: boolean;
  readonly query: readonly string[];
  readonly run: (asked: Asked) => HttpResponse | Promise<HttpResponse>;
};

/** Methods by name; HEAD is GET without the body. */
export type Route = {
  /** As the description has it, `{key}` for what is named. */
  readonly path: string;
  readonly operations: ReadonlyMap<string, Operation>;
};

/** Data as an answer. */
export function jsonResponse(data: unknown, more: readonly string[] = []): HttpResponse {
  const headers = ['content-type', 'application/json', 'cache-control', 'no-store', ...more];
  return { status: 200, headers, body: JSON.stringify(data) };
}
