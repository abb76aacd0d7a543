/**
 * The HTTP interface of a replica, in neutral terms: finds what is asked for, asks who asks, does it, and says how it
 * went. One object for each server; two adapters hand it requests (`fetchHandler`, `serveHttp`).
 */

import type { Value } from '../codec/value.ts';
import type { TimedEnv } from '../env.ts';
import { CausalError } from '../errors.ts';
import type { ReplicaApi, ReplicaStatus } from '../replica/replica-types.ts';
import { systemTimedEnv } from '../replica/system-env.ts';
import { Access, checkScope, type Digest, type Grant, type TokenOptions, webDigest } from './access.ts';
import { Streams } from './changes-stream.ts';
import { HTTP_LIMITS, type HttpLimits } from './http-limits.ts';
import type { HttpRequest, HttpResponse } from './http-types.ts';
import { KeyGate } from './key-gate.ts';
import { metricsText, type ProcessFigures } from './metrics.ts';
import type { Operation, Shop } from './operation.ts';
import { corsHeaders, preflightResponse } from './origin.ts';
import { HttpError, problemOf, problemResponse } from './problem.ts';
import { parseQuery } from './query.ts';
import { RequestCounts } from './request-counts.ts';
import { type Found, findRoute } from './routes.ts';
import { TokenBuckets } from './token-bucket.ts';

export type HttpOptions = {
  readonly replica: ReplicaApi<Value>;
  /** Without any, everybody who can connect may do everything: for loopback. */
  readonly tokens?: readonly TokenOptions[];
  /** Origins whose pages may ask, as `https://example.org`; `*` for all. Default: none but the server's own. */
  readonly origins?: readonly string[];
  readonly limits?: Partial<HttpLimits>;
  readonly env?: TimedEnv;
  /** What the process can tell and do; `nodeHost` of `cairndb/server/node`. */
  readonly host?: HttpHost;
  /** Told of errors that nobody foresaw, and of every request when it has been answered. */
  readonly onError?: (error: unknown) => void;
  readonly onAnswer?: (answered: Answered) => void;
};

/** What differs from host to host. */
export type HttpHost = {
  readonly digest?: Digest;
  readonly figures?: () => ProcessFigures;
};

/** For logs: nothing of keys, values and secrets. */
export type Answered = {
  readonly method: string;
  readonly route: string;
  readonly status: number;
  readonly tookMs: number;
  /** The name of the token; '' for none. */
  readonly by: string;
  readonly address: string;
};

/** The HTTP interface of a replica. Throws: TypeError, RangeError for tokens that cannot be. */
export async function createHttpHandler(options: HttpOptions): Promise<HttpHandler> {
  const { host = {}, tokens = [] } = options;
  return new HttpHandler(options, await Access.of(tokens, host.digest ?? webDigest));
}

/** Use `createHttpHandler`. */
export class HttpHandler {
  readonly #access: Access;
  readonly #origins: readonly string[];
  readonly #limits: HttpLimits;
  readonly #shop: Shop;
  readonly #counts = new RequestCounts();
  readonly #streams: Streams;
  readonly #requests: TokenBuckets;
  readonly #failures: TokenBuckets;
  readonly #options: HttpOptions;
  readonly #env: TimedEnv;
  #underWay = 0;
  #isClosing = false;
  #status: { readonly at: number; readonly gathered: Promise<ReplicaStatus> } | undefined;

  constructor(options: HttpOptions, access: Access) {
    const { replica, env = systemTimedEnv, origins = [] } = options;
    const limits = { ...HTTP_LIMITS, ...options.limits };
    this.#options = options;
    this.#access = access;
    this.#origins = origins;
    this.#limits = limits;
    this.#env = env;
    this.#streams = new Streams(limits.streamsMax);
    this.#requests = new TokenBuckets(env, limits.requestsPerSecond, limits.requestsBurst);
    this.#failures = new TokenBuckets(env, limits.failuresPerSecond, limits.failuresBurst);
    this.#shop = {
      ...{ replica, limits, env, gate: new KeyGate() },
      recentStatus: () => this.#recentStatus(),
      isClosing: () => this.#isClosing,
      addStream: (stream) => this.#streams.add(stream),
      metrics: () => this.#metrics(),
    };
  }

  /** Whether nobody is asked who they are: such a server belongs on loopback. */
  get isOpen(): boolean {
    return this.#access.isOpen;
  }

  /** Whether `close` was called: adapters end connections then. */
  get isClosing(): boolean {
    return this.#isClosing;
  }

  /** Answers a request; never throws. */
  async handle(request: HttpRequest): Promise<HttpResponse> {
    const { method, path } = request;
    const { onAnswer } = this.#options;
    const began = onAnswer === undefined ? 0 : this.#env.elapsed();
    const found = findRoute(path);
    let cors: readonly string[] = [];
    let response: HttpResponse;
    let by = '';
    this.#underWay += 1;
    try {
      cors = corsHeaders(request, this.#origins);
      if (found === undefined)
        throw new HttpError('NOT_FOUND', 'Cannot find this: see /openapi.json for what there is');
      const operation = operationOf(found, method);
      if (operation === undefined) {
        response = refuseMethod(found, method, cors);
      } else {
        this.#refuseOverload(operation);
        let grant = this.#grantFor(request, operation);
        if (grant instanceof Promise) grant = await grant;
        by = grant.name;
        this.#takeOne(grant, request, operation);
        const query = parseQuery(request.query, operation.query);
        response = await operation.run({ shop: this.#shop, request, grant, query, rest: found.rest });
      }
    } catch (error) {
      response = this.#refuse(error);
    } finally {
      this.#underWay -= 1;
    }
    if (cors.length > 0) response = { ...response, headers: response.headers.concat(cors) };
    const route = found?.route.path ?? 'none';
    this.#counts.add(route, method, response.status);
    onAnswer?.({
      ...{ method, route, status: response.status, tookMs: this.#env.elapsed() - began },
      ...{ by, address: request.address },
    });
    return method === 'HEAD' ? { ...response, body: undefined } : response;
  }

  /** Ends streams, and says so in /readyz; requests are still answered until the adapter closes. */
  close(): void {
    this.#isClosing = true;
    this.#streams.endAll();
  }

  /** Probes are answered however much there is to do. */
  #refuseOverload({ scope }: Operation): void {
    const { requestsMax } = this.#limits;
    if (this.#underWay <= requestsMax || scope === 'none') return;
    throw new CausalError('OVERLOADED', `Cannot answer now: ${requestsMax} requests are under way`, {
      retryAfterMs: 1_000,
    });
  }

  #grantFor(request: HttpRequest, { scope, isAboutKeys }: Operation): Grant | Promise<Grant> {
    if (scope === 'none') return NOBODY;
    const authorization = request.header('authorization');
    const check = (grant: Grant | undefined): Grant => {
      if (grant === undefined) throw this.#unknown(request, authorization !== undefined);
      checkScope(grant, scope, isAboutKeys);
      return grant;
    };
    const grant = this.#access.grantOf(authorization);
    return grant instanceof Promise ? grant.then(check) : check(grant);
  }

  /** A right token is never asked where it comes from: behind a proxy that is the address of everybody. */
  #unknown({ address }: HttpRequest, isGuess: boolean): CausalError {
    const retryAfterMs = isGuess ? this.#failures.take(address) : 0;
    if (retryAfterMs > 0)
      return new CausalError('OVERLOADED', 'Cannot answer now: too many wrong tokens came from this address', {
        retryAfterMs,
      });
    const why = isGuess ? 'the token is none of those known' : 'give a token, Authorization: Bearer …';
    return new CausalError('UNAUTHENTICATED', `Cannot tell who asks: ${why}`);
  }

  #takeOne(grant: Grant, { address }: HttpRequest, { scope }: Operation): void {
    if (scope === 'none') return;
    const retryAfterMs = this.#requests.take(grant.name === '' ? address : `token ${grant.name}`);
    if (retryAfterMs > 0)
      throw new CausalError('OVERLOADED', 'Cannot answer now: too many requests in too short a time', { retryAfterMs });
  }

  #refuse(error: unknown): HttpResponse {
    if (problemOf(error).code === 'INTERNAL') this.#options.onError?.(error);
    return problemResponse(error);
  }

  #recentStatus(): Promise<ReplicaStatus> {
    const now = this.#env.elapsed();
    if (this.#status === undefined || now - this.#status.at > this.#limits.statusAgeMsMax) {
      const gathered = this.#options.replica.status();
      this.#status = { at: now, gathered };
      gathered.catch(() => {
        this.#status = undefined;
      });
    }
    return this.#status.gathered;
  }

  async #metrics(): Promise<string> {
    const status = await this.#recentStatus();
    return metricsText(status, this.#counts.all(), this.#streams.size, this.#options.host?.figures?.());
  }
}

const NOBODY: Grant = { name: '', scopes: [], prefix: '' };

function operationOf({ route }: Found, method: string): Operation | undefined {
  return route.operations.get(method === 'HEAD' ? 'GET' : method);
}

function refuseMethod({ route }: Found, method: string, cors: readonly string[]): HttpResponse {
  const methods = [...route.operations.keys()];
  if (methods.includes('GET')) methods.push('HEAD');
  const allow = [...methods, 'OPTIONS'].join(', ');
  if (method === 'OPTIONS') return preflightResponse(cors, allow);
  throw new HttpError('METHOD_NOT_ALLOWED', `Cannot do this: ${allow} are possible here`, { allow });
}
