/**
 * The HTTP interface on Node: a node:http or node:https server around a handler, with bounds on connections, headers and
 * time. Refuses to listen where others can reach it unless tokens are asked for or it was told to; asks callers on
 * loopback for a name of loopback; ends without cutting off what is under way.
 */

import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { misuse } from '../assert.ts';
import { CausalError } from '../errors.ts';
import type { HttpHandler } from './handler.ts';
import { hangUp, refuseUpgrade } from './hang-up.ts';
import { NodeRequest, writeResponse } from './node-request.ts';
import { checkHost, hostsAllowed, isLoopback } from './origin.ts';
import { Pipelines } from './pipeline.ts';
import { problemResponse } from './problem.ts';

export { nodeHost } from './node-host.ts';

/** Bounds of the sockets, beside those of the handler. */
export type ServerLimits = {
  /** Connections at once; more are closed as they come. */
  readonly connectionsMax: number;
  readonly headerBytesMax: number;
  /** How long a caller may take to send the headers (and before them, for the handshake of TLS), and a whole request. */
  readonly headersMs: number;
  readonly requestMs: number;
  /** How long a connection may stay open with nothing to do. */
  readonly idleMs: number;
  /** How long a reader may take nothing of what is written. */
  readonly stallMs: number;
};

export const SERVER_LIMITS: ServerLimits = {
  connectionsMax: 10_000,
  headerBytesMax: 64 * 1_024,
  headersMs: 10_000,
  requestMs: 60_000,
  idleMs: 65_000,
  stallMs: 60_000,
};

/** As node:tls takes them. With `ca` and `requestCert`, callers show certificates too. */
export type TlsOptions = {
  readonly cert: string | Buffer;
  readonly key: string | Buffer;
  readonly ca?: string | Buffer;
  readonly requestCert?: boolean;
  readonly rejectUnauthorized?: boolean;
};

export type ServeOptions = {
  readonly handler: HttpHandler;
  /** Default 127.0.0.1. */
  readonly host?: string;
  /** Default 0: any that is free. */
  readonly port?: number;
  readonly tls?: TlsOptions;
  /** Names by which callers may call it, in the Host header. On loopback those of loopback are among them. */
  readonly hosts?: readonly string[];
  /** Listens for everybody without asking for tokens. */
  readonly isInsecure?: boolean;
  readonly limits?: Partial<ServerLimits>;
  /** Takes over a connection that wants to become a WebSocket; its Host header has been looked at. */
  readonly onUpgrade?: (request: IncomingMessage, socket: Duplex, head: Buffer) => void;
};

/** A server that listens. */
export type HttpServer = {
  /** As a browser would write it. */
  readonly url: string;
  readonly host: string;
  readonly port: number;
  /** For listeners of other protocols, such as WebSockets. */
  readonly server: Server;
  /** Takes no new connections, ends streams, waits for what is under way up to `drainMs` (default 5,000), then cuts. */
  readonly close: (options?: { readonly drainMs?: number }) => Promise<void>;
};

/**
 * Listens. Throws: TypeError for a public address without tokens; LINK_FAILED when the address cannot be listened at.
 */
export async function serveHttp(options: ServeOptions): Promise<HttpServer> {
  const { handler, host = '127.0.0.1', port = 0, tls, hosts = [] } = options;
  if (handler.isOpen && !isLoopback(host) && options.isInsecure !== true) {
    throw new TypeError(misuse(host, 'a host', 'can be reached by others, and no tokens are configured'));
  }
  const limits = { ...SERVER_LIMITS, ...options.limits };
  const allowed = hostsAllowed(host, hosts);
  const pipelines = new Pipelines();
  const answer = (incoming: IncomingMessage, outgoing: ServerResponse): void => {
    const request = new NodeRequest(incoming);
    const reply = (response: Parameters<typeof writeResponse>[1]): void =>
      writeResponse(outgoing, response, handler.isClosing || !incoming.complete, limits.stallMs);
    if (allowed !== undefined) {
      try {
        checkHost(incoming.headers.host, allowed);
      } catch (error) {
        reply(problemResponse(error));
        return;
      }
    }
    const { socket } = incoming;
    const start = (): void => {
      void handler.handle(request).then((response) => {
        reply(response);
        pipelines.leave(socket);
      });
    };
    if (pipelines.enter(socket, start)) return;
    outgoing.shouldKeepAlive = false;
    reply(problemResponse(new CausalError('OVERLOADED', 'Cannot answer so many requests sent one behind the other')));
  };
  const server = createServerWith(limits, tls, answer);
  const unproven = withoutHandshake(server);
  const { onUpgrade } = options;
  // Without a listener Node answers such requests like any other; transports that are attached bring their own.
  if (onUpgrade !== undefined) {
    server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
      upgrade(request, socket, head, allowed, onUpgrade);
    });
  }
  server.on('clientError', (error: NodeJS.ErrnoException, socket: Duplex) => refuseBytes(error, socket));
  await listen(server, host, port);
  const { port: bound } = server.address() as AddressInfo; // of TCP: neither a pipe nor closed
  const name = host.includes(':') ? `[${host}]` : host;
  return {
    ...{ host, port: bound, server },
    url: `${tls === undefined ? 'http' : 'https'}://${name}:${bound}`,
    close: ({ drainMs = 5_000 } = {}) => end(server, unproven, pipelines, handler, drainMs),
  };
}

function createServerWith(
  limits: ServerLimits,
  tls: TlsOptions | undefined,
  answer: (incoming: IncomingMessage, outgoing: ServerResponse) => void,
): Server {
  const bounds = {
    maxHeaderSize: limits.headerBytesMax,
    headersTimeout: limits.headersMs,
    requestTimeout: limits.requestMs,
    keepAliveTimeout: limits.idleMs,
    connectionsCheckingInterval: Math.max(100, Math.min(limits.headersMs, 30_000) / 2),
    noDelay: true,
  };
  const server =
    tls === undefined
      ? createServer(bounds, answer)
      : createTlsServer({ ...bounds, ...tls, handshakeTimeout: limits.headersMs }, answer);
  server.maxConnections = limits.connectionsMax;
  return server;
}

/** Connections on which TLS has not begun: node:https knows nothing of them yet, and would not close them. */
function withoutHandshake(server: Server): ReadonlyMap<string, Socket> {
  const sockets = new Map<string, Socket>();
  if (!('setSecureContext' in server)) return sockets;
  // The socket that TLS shows is another one, between the same two ends.
  const endsOf = (socket: Socket): string => `${socket.remoteAddress} ${socket.remotePort} ${socket.localAddress}`;
  server.on('connection', (socket: Socket) => {
    const ends = endsOf(socket);
    sockets.set(ends, socket);
    socket.once('close', () => sockets.get(ends) === socket && sockets.delete(ends));
  });
  server.on('secureConnection', (socket: Socket) => sockets.delete(endsOf(socket)));
  return sockets;
}

function listen(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const fail = (cause: Error): void =>
      reject(
        new CausalError(
          'LINK_FAILED',
          `Cannot listen at ${host}:${port}: ${cause.message}`,
          { host, port },
          cause,
          'not-done',
        ),
      );
    server.once('error', fail);
    server.listen({ host, port }, () => {
      server.off('error', fail);
      resolve();
    });
  });
}

function upgrade(
  request: IncomingMessage,
  socket: Duplex,
  head: Buffer,
  allowed: ReadonlySet<string> | undefined,
  take: NonNullable<ServeOptions['onUpgrade']>,
): void {
  socket.on('error', () => socket.destroy());
  try {
    checkHost(request.headers.host, allowed);
  } catch {
    refuseUpgrade(socket, 403);
    return;
  }
  // Offered beside what is asked for, as `h2c` by some clients; Node has left HTTP by now, so it cannot be passed over.
  if (request.headers.upgrade?.toLowerCase() !== 'websocket') {
    refuseUpgrade(socket, 426);
    return;
  }
  take(request, socket, head);
}

/** What is no HTTP, or has headers over the limit; whose connection or TLS failed can be told nothing. */
function refuseBytes(error: NodeJS.ErrnoException, socket: Duplex): void {
  if (!/^(HPE|ERR_HTTP)_/.test(error.code ?? '') || !socket.writable) {
    socket.destroy();
    return;
  }
  const fault =
    error.code === 'HPE_HEADER_OVERFLOW'
      ? new CausalError('LIMIT_EXCEEDED', 'Cannot read the request: its headers are too long', { in: 'headers' })
      : new CausalError('ENCODING_INVALID', 'Cannot read the request: it is no HTTP, or came too slowly');
  const { status, headers, body } = problemResponse(fault);
  const lines: string[] = [];
  for (let at = 0; at < headers.length; at += 2) lines.push(`${headers[at]}: ${headers[at + 1]}\r\n`);
  const text = String(body);
  hangUp(
    socket,
    `HTTP/1.1 ${status} Refused\r\n${lines.join('')}connection: close\r\ncontent-length: ${Buffer.byteLength(text)}\r\n\r\n${text}`,
  );
}

/** Idle connections end at once, the others with their last answer; what became a WebSocket is its taker's affair. */
async function end(
  server: Server,
  unproven: ReadonlyMap<string, Socket>,
  pipelines: Pipelines,
  handler: HttpHandler,
  drainMs: number,
): Promise<void> {
  handler.close();
  server.close();
  server.closeIdleConnections();
  for (const socket of unproven.values()) socket.destroy();
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, drainMs);
  });
  await Promise.race([pipelines.allGone(), late]);
  clearTimeout(timer);
  server.closeAllConnections();
}
