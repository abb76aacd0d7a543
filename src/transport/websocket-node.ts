/**
 * Links over WebSockets in Node, opened and accepted with the package `ws`: replica to replica, and what browsers connect
 * to. TLS proves who the other side is where certificates are asked for. Listens on this machine only unless it is told
 * otherwise, and refuses web pages of origins it was not told of.
 */

import { createServer, type Server } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { type ClientOptions, WebSocket } from 'ws';
import { checkInteger } from '../assert.ts';
import { FRAME_BYTES_MAX, FRAME_BYTES_MIN, LINK_BUFFER_BYTES, MESSAGE_BYTES_MAX } from '../limits.ts';
import { provenNameOf } from './certificate-name.ts';
import { said, unreachablePeer, unusableAddress } from './failure.ts';
import { RemoteCrowd } from './remote-crowd.ts';
import type { Link, Listener, Transport } from './transport.ts';
import { type Knock, refuse, remoteOf, WebSocketDoor } from './websocket-door.ts';
import { NodeWebSocketLink } from './websocket-link-node.ts';
import { closedBecause, parseWebSocketAddress, SUBPROTOCOL, type WebSocketAddress } from './websocket-words.ts';

/** Certificates and keys in PEM. */
type Pem = string | Buffer;

export type NodeTlsOptions = {
  /** Shown to the other side, listening and connecting. */
  readonly cert?: Pem;
  readonly key?: Pem;
  /** Who may have signed the certificate of those we connect to. Default: whom Node trusts. */
  readonly ca?: Pem | readonly Pem[];
  /** Who must have signed the certificate of those that connect; without it, none is asked for. */
  readonly peerCa?: Pem | readonly Pem[];
  /** The name that the certificate of those we connect to must have. Default: the host of the address. */
  readonly servername?: string;
};

export type NodeWebSocketOptions = {
  readonly tls?: NodeTlsOptions;
  /** Default 16 MiB. */
  readonly frameBytesMax?: number;
  /** What a link keeps in each direction, beside the frame that passed it. Default 1 MiB. */
  readonly bufferBytes?: number;
  /** Origins whose web pages may connect, as `https://example.org`. Default: none. */
  readonly origins?: readonly string[];
  /** Links that others may open, in all and from one remote address. Defaults 256 and 64. */
  readonly linksMax?: number;
  readonly linksPerAddressMax?: number;
  /** How long opening a link may take, on either side. Default 10,000. */
  readonly handshakeMs?: number;
  /** How long a closing link waits for the other side. Default 5,000. */
  readonly closeMs?: number;
  /** Whether `listen` may take addresses that other machines can reach. Default false. */
  readonly isPublic?: boolean;
};

export type AttachOptions = { readonly path?: string; readonly onLink: (link: Link) => void };

export type NodeWebSocketTransport = Transport & {
  /**
   * Accepts links at a path of a server that is there already (`/v1/replicate` unless told), whose TLS and time limits
   * stay its own affair.
   */
  readonly attach: (server: Server, options: AttachOptions) => Listener;
};

type Settings = Required<Omit<NodeWebSocketOptions, 'tls'>> & { readonly tls: NodeTlsOptions };

/** Connections beside the links that may be on their way to become one, or to be refused: in all, and from one address. */
const ARRIVING_MAX = 64;
const ARRIVING_PER_ADDRESS_MAX = 16;

/** A transport for `ws:` and `wss:` addresses; links from others count together, wherever it listens. Throws: RangeError. */
export function nodeWebSocketTransport(options: NodeWebSocketOptions = {}): NodeWebSocketTransport {
  const settings = settingsOf(options);
  const links = new RemoteCrowd(settings.linksMax, settings.linksPerAddressMax);
  const doorAt = (path: string, onLink: (link: Link) => void): WebSocketDoor =>
    new WebSocketDoor({ ...settings, path, links }, (webSocket, knock) =>
      onLink(new NodeWebSocketLink(webSocket, { ...settings, ...cameFrom(knock), raw: knock.socket })),
    );
  return {
    schemes: ['ws:', 'wss:'],
    frameBytesMax: settings.frameBytesMax,
    connect: async (address, { timeoutMs = settings.handshakeMs } = {}) => {
      parseWebSocketAddress(address);
      return connect(address, timeoutMs, settings);
    },
    listen: async (address, onLink) => {
      const parts = parseWebSocketAddress(address);
      if (!settings.isPublic && !isLoopback(parts.host)) {
        throw new RangeError(
          `Cannot listen at ${address}: other machines could reach it, set isPublic if that is what you want.`,
        );
      }
      return listen(address, parts, doorAt(parts.path, onLink), settings);
    },
    attach: (server, { path = '/v1/replicate', onLink }) => attach(server, path, doorAt(path, onLink)),
  };
}

function settingsOf(options: NodeWebSocketOptions): Settings {
  const settings: Settings = {
    tls: options.tls ?? {},
    frameBytesMax: options.frameBytesMax ?? FRAME_BYTES_MAX,
    bufferBytes: options.bufferBytes ?? LINK_BUFFER_BYTES,
    origins: options.origins ?? [],
    linksMax: options.linksMax ?? 256,
    linksPerAddressMax: options.linksPerAddressMax ?? 64,
    handshakeMs: options.handshakeMs ?? 10_000,
    closeMs: options.closeMs ?? 5_000,
    isPublic: options.isPublic ?? false,
  };
  checkInteger(settings.frameBytesMax, 'frameBytesMax', FRAME_BYTES_MIN, MESSAGE_BYTES_MAX);
  checkInteger(settings.bufferBytes, 'bufferBytes', 1, MESSAGE_BYTES_MAX);
  for (const name of ['linksMax', 'linksPerAddressMax', 'handshakeMs', 'closeMs'] as const) {
    checkInteger(settings[name], name, 1, 2 ** 31 - 1);
  }
  return settings;
}

function connect(address: string, timeoutMs: number, settings: Settings): Promise<Link> {
  const { ca, cert, key, servername } = settings.tls;
  const options: ClientOptions & { readonly closeTimeout: number } = {
    perMessageDeflate: false,
    followRedirects: false,
    maxPayload: settings.frameBytesMax,
    closeTimeout: settings.closeMs,
    rejectUnauthorized: true,
    ...(ca === undefined ? {} : { ca: listed(ca) }),
    ...(cert === undefined ? {} : { cert }),
    ...(key === undefined ? {} : { key }),
    ...(servername === undefined ? {} : { servername }),
  };
  return new Promise((resolve, reject) => {
    let socket: WebSocket;
    try {
      socket = new WebSocket(address, [SUBPROTOCOL], options);
    } catch (error) {
      reject(unreachablePeer(address, said(error), error));
      return;
    }
    let provenName: string | undefined;
    let raw: Duplex | undefined;
    const fail = (why: string, cause?: unknown): void => {
      clearTimeout(timer);
      reject(unreachablePeer(address, why, cause));
      socket.terminate();
    };
    const timer = setTimeout(() => fail(`there was no answer within ${timeoutMs} ms`), timeoutMs);
    // Stays to the end: a connection that is given up tells of an error once more.
    socket.on('error', (error) => fail(said(error), error));
    socket.once('unexpected-response', (_, response) => fail(`the answer was HTTP status ${response.statusCode}`));
    socket.once('close', (code, reason) => fail(closedBecause(code, reason.toString())));
    socket.once('upgrade', (response) => {
      provenName = provenNameOf(response.socket);
      raw = response.socket;
    });
    socket.once('open', () => {
      clearTimeout(timer);
      socket.removeAllListeners();
      resolve(new NodeWebSocketLink(socket, { ...settings, peer: address, provenName, raw }));
    });
  });
}

async function listen(
  address: string,
  { scheme, host, port, path }: WebSocketAddress,
  door: WebSocketDoor,
  settings: Settings,
): Promise<Listener> {
  const server = serverFor(scheme, settings);
  const listener = attach(server, path, door);
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error) => reject(unusableAddress(address, said(error), error)));
    server.listen(port ?? (scheme === 'ws:' ? 80 : 443), host.replace(/^\[|\]$/g, ''), resolve);
  });
  // A server that cannot take a connection says so, and goes on.
  server.on('error', () => undefined);
  const bound = server.address();
  const realPort = typeof bound === 'object' && bound !== null ? bound.port : port;
  return {
    address: `${scheme}//${host}:${realPort}${path === '/' ? '' : path}`,
    close: async () => {
      await listener.close();
      server.close();
      server.closeAllConnections();
    },
  };
}

/** A server that does nothing but answer those who want no link, and does not wait for those who say nothing. */
function serverFor(scheme: WebSocketAddress['scheme'], { tls, handshakeMs, ...settings }: Settings): Server {
  const patience = {
    headersTimeout: handshakeMs,
    requestTimeout: handshakeMs,
    connectionsCheckingInterval: Math.ceil(handshakeMs / 4),
  };
  const { cert, key, peerCa } = tls;
  const asked = { requestCert: peerCa !== undefined, rejectUnauthorized: peerCa !== undefined };
  const server =
    scheme === 'ws:'
      ? createServer(patience)
      : createSecureServer({
          ...patience,
          ...asked,
          handshakeTimeout: handshakeMs,
          ...(cert === undefined ? {} : { cert }),
          ...(key === undefined ? {} : { key }),
          ...(peerCa === undefined ? {} : { ca: listed(peerCa) }),
        });
  server.on('request', (_, response) => {
    response.writeHead(426, { connection: 'close', upgrade: 'websocket' }).end();
  });
  const arriving = new RemoteCrowd(
    settings.linksMax + ARRIVING_MAX,
    settings.linksPerAddressMax + ARRIVING_PER_ADDRESS_MAX,
  );
  server.on('connection', (socket: Socket) => {
    const remote = socket.remoteAddress ?? '';
    if (arriving.refusal(remote) !== undefined) socket.destroy();
    else socket.once('close', arriving.enter(remote));
  });
  return server;
}

function attach(server: Server, path: string, door: WebSocketDoor): Listener {
  const onUpgrade = (request: Knock['request'], socket: Duplex, head: Buffer): void => {
    if (door.isFor(request)) door.answer({ request, socket, head });
    // Somebody has to answer what is meant for nobody.
    else if (server.listenerCount('upgrade') === 1) {
      if (request.headers.upgrade?.toLowerCase() === 'websocket') refuse(socket, 404, 'There is nothing here.');
      else refuse(socket, 426, 'The only protocol to change to is WebSocket.');
    }
  };
  server.on('upgrade', onUpgrade);
  return {
    get address() {
      const bound = server.address();
      if (typeof bound !== 'object' || bound === null) return path;
      const scheme = 'setSecureContext' in server ? 'wss:' : 'ws:';
      return `${scheme}//${bracketed(bound.address)}:${bound.port}${path}`;
    },
    close: async () => {
      server.off('upgrade', onUpgrade);
    },
  };
}

/** Whom a connection that was let in is from. */
function cameFrom({ request, socket }: Knock): { readonly peer: string; readonly provenName: string | undefined } {
  const scheme = 'encrypted' in socket ? 'wss:' : 'ws:';
  const peer = `${scheme}//${bracketed(remoteOf(request))}:${request.socket.remotePort ?? 0}`;
  return { peer, provenName: provenNameOf(socket) };
}

function bracketed(ip: string): string {
  return ip.includes(':') ? `[${ip}]` : ip;
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '[::1]' || /^127(\.\d{1,3}){3}$/.test(host);
}

function listed(pem: Pem | readonly Pem[]): Pem[] {
  return typeof pem === 'string' || Buffer.isBuffer(pem) ? [pem] : [...pem];
}
