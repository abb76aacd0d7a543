/**
 * A request of node:http in the words of the handler, and its answer written back. Measured: an object of a class and a
 * flat list of headers; the Request and Response of the web halve the rate.
 */

import type { IncomingMessage, ServerResponse } from 'node:http';
import { CausalError } from '../errors.ts';
import type { HttpRequest, HttpResponse, HttpStream } from './http-types.ts';

const NOTHING = new Uint8Array(0);

/** Reads from an IncomingMessage. */
export class NodeRequest implements HttpRequest {
  readonly path: string;
  readonly query: string;
  readonly #incoming: IncomingMessage;

  constructor(incoming: IncomingMessage) {
    this.#incoming = incoming;
    const url = incoming.url ?? '/';
    const mark = url.indexOf('?');
    this.path = mark === -1 ? url : url.slice(0, mark);
    this.query = mark === -1 ? '' : url.slice(mark + 1);
  }

  get method(): string {
    return this.#incoming.method ?? 'GET';
  }

  get address(): string {
    return this.#incoming.socket.remoteAddress ?? '';
  }

  header(name: string): string | undefined {
    const value = this.#incoming.headers[name];
    return typeof value === 'object' ? value.join(', ') : value;
  }

  body(bytesMax: number): Promise<Uint8Array> {
    const { 'content-length': told, 'transfer-encoding': encoding } = this.#incoming.headers;
    if (told === undefined && encoding === undefined) return Promise.resolve(NOTHING);
    if (told !== undefined && Number(told) > bytesMax) return Promise.reject(tooLarge(bytesMax));
    return readBody(this.#incoming, bytesMax);
  }
}

function readBody(incoming: IncomingMessage, bytesMax: number): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    let only: Buffer | undefined;
    let chunks: Buffer[] | undefined;
    let length = 0;
    incoming.on('data', (chunk: Buffer) => {
      length += chunk.length;
      if (length > bytesMax) {
        incoming.removeAllListeners('data');
        chunks = undefined;
        reject(tooLarge(bytesMax));
      } else if (only === undefined) only = chunk;
      else if (chunks === undefined) chunks = [only, chunk];
      else chunks.push(chunk);
    });
    incoming.on('end', () => resolve(chunks === undefined ? (only ?? NOTHING) : Buffer.concat(chunks, length)));
    // A connection that is lost also ends so; nobody listens for `error`, and then node:http does not tell it.
    incoming.on('close', () => {
      if (incoming.complete) return;
      const sentence = 'Cannot read the body: the connection was lost';
      reject(new CausalError('LINK_FAILED', sentence, {}, undefined, 'not-done'));
    });
  });
}

function tooLarge(bytesMax: number): CausalError {
  return new CausalError('LIMIT_EXCEEDED', `Cannot take the body: it has over ${bytesMax} bytes`, { bytesMax });
}

/** Writes an answer; `isLast` ends the connection with it. A reader who takes nothing for `stallMs` is cut off. */
export function writeResponse(
  outgoing: ServerResponse,
  { status, headers, body }: HttpResponse,
  isLast: boolean,
  stallMs: number,
): void {
  const list = headers.slice();
  if (isLast) list.push('connection', 'close');
  if (body === undefined || typeof body === 'string' || body instanceof Uint8Array) {
    const length = body === undefined ? 0 : typeof body === 'string' ? Buffer.byteLength(body) : body.length;
    if (length > 0 || (status !== 204 && status !== 304 && outgoing.req.method !== 'HEAD'))
      list.push('content-length', String(length));
    // `as`: a flat list is one of the forms that writeHead takes.
    outgoing.writeHead(status, list as unknown as string[]);
    if (typeof body === 'string' && body !== '' && outgoing.req.method !== 'HEAD') {
      // Measured: what `end` is given goes out as a list of pieces; written and let go of before, it is one with the head.
      outgoing.write(body);
      outgoing.uncork();
      outgoing.end();
    } else outgoing.end(body);
    return;
  }
  outgoing.writeHead(status, list);
  void stream(outgoing, body, stallMs);
}

/** Hands over piece by piece, each when the one before has gone. */
async function stream(outgoing: ServerResponse, pieces: HttpStream, stallMs: number): Promise<void> {
  const gone = (): void => void pieces.return?.();
  outgoing.on('close', gone);
  outgoing.socket?.setNoDelay(true);
  try {
    for await (const piece of pieces) {
      if (outgoing.destroyed) break;
      if (!outgoing.write(piece)) await drained(outgoing, stallMs);
    }
    outgoing.end();
  } catch {
    outgoing.destroy();
  }
}

function drained(outgoing: ServerResponse, stallMs: number): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      clearTimeout(timer);
      outgoing.off('drain', done);
      outgoing.off('close', done);
      resolve();
    };
    const timer = setTimeout(() => outgoing.destroy(), stallMs);
    outgoing.on('drain', done);
    outgoing.on('close', done);
  });
}
