/** The public names of `cairndb/server`: the HTTP interface of a replica, for any host; Node's is `cairndb/server/node`. */

export type { Digest, Grant, Scope, TokenOptions } from './access.ts';
export { type FetchOptions, fetchHandler } from './fetch-handler.ts';
export { type Answered, createHttpHandler, HttpHandler, type HttpHost, type HttpOptions } from './handler.ts';
export { HTTP_LIMITS, type HttpLimits } from './http-limits.ts';
export type { HttpRequest, HttpResponse, HttpStream } from './http-types.ts';
export type { ProcessFigures } from './metrics.ts';
export { type HttpCode, type Problem, type ProblemCode, STATUS_OF } from './problem.ts';
