/**
 * Who is let in: what a listening replica asks of a request before it becomes a link. Every refusal is an answer of HTTP,
 * given before anything of the request but its head was read.
 */

import { type IncomingMessage, STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import { type ServerOptions, type WebSocket, WebSocketServer } from 'ws';
import type { RemoteCrowd } from './remote-crowd.ts';
import { SUBPROTOCOL } from './websocket-words.ts';

export type DoorOptions = {
  /** The one path that is let in. */
  readonly path: string;
  /** Values of the header Origin that are let in; a request without one comes from no web page. */
  readonly origins: readonly string[];
  readonly links: RemoteCrowd;
  readonly frameBytesMax: number;
  readonly closeMs: number;
};

/** The part of a request that a door looks at: an upgrade, its connection, and what came behind its head. */
export type Knock = { readonly request: IncomingMessage; readonly socket: Duplex; readonly head: Buffer };

/** Makes connections of the requests it lets in, and answers the others. */
export class WebSocketDoor {
  readonly #options: DoorOptions;
  readonly #server: WebSocketServer;
  readonly #onOpen: (socket: WebSocket, knock: Knock) => void;

  constructor(options: DoorOptions, onOpen: (socket: WebSocket, knock: Knock) => void) {
    this.#options = options;
    this.#onOpen = onOpen;
    const settings: ServerOptions & { readonly closeTimeout: number } = {
      noServer: true,
      clientTracking: false,
      // Compression costs far more than it saves here; who sends much compresses it before.
      perMessageDeflate: false,
      maxPayload: options.frameBytesMax,
      handleProtocols: () => SUBPROTOCOL,
      closeTimeout: options.closeMs,
    };
    this.#server = new WebSocketServer(settings);
  }

  /** Whether a request is meant for this door. */
  isFor({ url = '' }: IncomingMessage): boolean {
    return url.split('?', 1)[0] === this.#options.path;
  }

  /** Lets a request in or refuses it; its connection is this door's from now on. */
  answer(knock: Knock): void {
    const { request, socket, head } = knock;
    const refused = this.#refusal(request);
    if (refused !== undefined) {
      refuse(socket, ...refused);
      return;
    }
    this.#server.handleUpgrade(request, socket, head, (webSocket) => {
      const leave = this.#options.links.enter(remoteOf(request));
      webSocket.once('close', leave);
      this.#onOpen(webSocket, knock);
    });
  }

  #refusal(request: IncomingMessage): readonly [status: number, why: string] | undefined {
    if (!this.isFor(request)) return [404, 'There is nothing here.'];
    if (request.url !== this.#options.path) return [400, 'The address of a link has no query.'];
    // Browsers of long ago named it otherwise.
    const origin = request.headers.origin ?? request.headers['sec-websocket-origin']?.toString();
    if (origin !== undefined && !this.#options.origins.includes(origin)) return [403, 'This origin is not allowed.'];
    const offered = (request.headers['sec-websocket-protocol'] ?? '').split(',').map((name) => name.trim());
    if (!offered.includes(SUBPROTOCOL)) return [400, `The subprotocol here is ${SUBPROTOCOL}.`];
    const crowded = this.#options.links.refusal(remoteOf(request));
    if (crowded === 'full') return [503, 'There are too many links.'];
    return crowded === undefined ? undefined : [429, 'There are too many links from this address.'];
  }
}

/** Answers with a status and one line of text, and hangs up. */
export function refuse(socket: Duplex, status: number, why: string): void {
  socket.on('error', () => socket.destroy());
  socket.once('finish', () => socket.destroy());
  const lines = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
    ...(status === 426 ? ['Connection: upgrade, close', 'Upgrade: websocket'] : ['Connection: close']),
    'Content-Type: text/plain; charset=utf-8',
    `Content-Length: ${Buffer.byteLength(why)}`,
  ];
  socket.end(`${lines.join('\r\n')}\r\n\r\n${why}`);
}

/** The address a request came from, as the operating system saw it. */
export function remoteOf({ socket }: IncomingMessage): string {
  return socket.remoteAddress ?? '';
}
