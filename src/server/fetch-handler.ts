/** The HTTP interface for hosts that speak in Request and Response: edge runtimes, Deno, Bun, service workers, tests. */

import { CausalError } from '../errors.ts';
import type { HttpHandler } from './handler.ts';
import type { HttpRequest, HttpStream } from './http-types.ts';

export type FetchOptions = {
  /** Who asks, for limits; what that is, only the host knows. Default: everybody is one. */
  readonly addressOf?: (request: Request) => string;
};

/** Serves a handler wherever requests come as `Request`. The promise never rejects. */
export function fetchHandler(
  handler: HttpHandler,
  options: FetchOptions = {},
): (request: Request) => Promise<Response> {
  const { addressOf = () => '' } = options;
  return async (request) => {
    const url = new URL(request.url);
    const asked: HttpRequest = {
      method: request.method,
      path: url.pathname,
      query: url.search.slice(1),
      header: (name) => request.headers.get(name) ?? (name === 'host' ? url.host : undefined),
      body: (bytesMax) => readBody(request, bytesMax),
      address: addressOf(request),
    };
    const { status, headers, body } = await handler.handle(asked);
    const pairs: [string, string][] = [];
    for (let at = 0; at < headers.length; at += 2) pairs.push([headers[at] ?? '', headers[at + 1] ?? '']);
    return new Response(bodyFor(body), { status, headers: pairs });
  };
}

async function readBody(request: Request, bytesMax: number): Promise<Uint8Array> {
  if (Number(request.headers.get('content-length') ?? 0) > bytesMax) throw tooLarge(bytesMax);
  const chunks: Uint8Array[] = [];
  let length = 0;
  const reader = request.body?.getReader();
  while (reader !== undefined) {
    const { done, value } = await reader.read();
    if (done) break;
    length += value.length;
    if (length > bytesMax) {
      await reader.cancel();
      throw tooLarge(bytesMax);
    }
    chunks.push(value);
  }
  const bytes = new Uint8Array(length);
  let at = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, at);
    at += chunk.length;
  }
  return bytes;
}

/** What is thrown for a body over its limit. */
export function tooLarge(bytesMax: number): CausalError {
  return new CausalError('LIMIT_EXCEEDED', `Cannot take the body: it has over ${bytesMax} bytes`, { bytesMax });
}

function bodyFor(body: string | Uint8Array | HttpStream | undefined): ConstructorParameters<typeof Response>[0] {
  if (body === undefined) return null;
  if (typeof body === 'string') return body;
  if (body instanceof Uint8Array) return body as Uint8Array<ArrayBuffer>; // of a store or a text: never of shared memory
  const encoder = new TextEncoder();
  return new ReadableStream<Uint8Array>(
    {
      pull: async (controller) => {
        const { done, value } = await body.next();
        if (done === true) controller.close();
        else controller.enqueue(encoder.encode(value));
      },
      cancel: async () => {
        await body.return?.();
      },
    },
    { highWaterMark: 0 },
  );
}
