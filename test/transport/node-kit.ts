/** What the tests of WebSockets in Node share: rigs for the laws, listeners that are closed after each test, bare clients. */

import type { Socket } from 'node:net';
import { afterEach } from 'vitest';
import { WebSocket } from 'ws';
import type { TransportRig } from '../../src/testkit/transport-rig.ts';
import type { Link } from '../../src/transport/transport.ts';
import { type NodeWebSocketOptions, nodeWebSocketTransport } from '../../src/transport/websocket-node.ts';
import { freePort, silentServer } from './silent-server.ts';

/** What the operating system keeps of a connection on loopback can be that much. */
export const SOCKET_BYTES_MAX = 40 * 2 ** 20;

/** A rig on loopback. */
export async function rigOf(scheme: string, options: NodeWebSocketOptions, names: Partial<TransportRig> = {}) {
  const silent = await silentServer();
  const transport = nodeWebSocketTransport(options);
  return {
    connecting: transport,
    address: `${scheme}//127.0.0.1:0`,
    nobody: `${scheme}//127.0.0.1:${await freePort()}`,
    silent: `${scheme}//127.0.0.1:${silent.port}`,
    underWayBytesMax: SOCKET_BYTES_MAX,
    close: silent.close,
    ...names,
  };
}

/** What is to be done after the test. */
export const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0)) await cleanup();
});

/** Listens until the test is over. */
export async function listenWith(
  options: NodeWebSocketOptions = {},
  onLink: (link: Link) => void = () => undefined,
  address = 'ws://127.0.0.1:0',
) {
  const listener = await nodeWebSocketTransport(options).listen(address, (link) => {
    cleanups.push(() => link.close());
    onLink(link);
  });
  cleanups.push(listener.close);
  return listener;
}

/** A bare client, which may do what a link would not. */
export async function bare(address: string, protocols = ['cairn.1'], options: object = {}): Promise<WebSocket> {
  const socket = new WebSocket(address, protocols, options);
  cleanups.push(() => socket.terminate());
  await new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject));
  return socket;
}

/** The status a bare client is refused with; 101 when it is let in. */
export async function statusOf(address: string, headers: Record<string, string> = {}, protocols = ['cairn.1']) {
  const socket = new WebSocket(address, protocols, { headers });
  cleanups.push(() => socket.terminate());
  return new Promise<number>((resolve, reject) => {
    socket.once('unexpected-response', (_, response) => resolve(response.statusCode ?? 0));
    socket.once('open', () => resolve(101));
    socket.once('error', reject);
  });
}

/** How a client was closed. */
export function closeOf(socket: WebSocket): Promise<{ code: number; reason: string }> {
  return new Promise((resolve) => socket.once('close', (code, reason) => resolve({ code, reason: `${reason}` })));
}

/** The connection below a client, to send what a client would not. */
export function rawOf(socket: WebSocket): Socket {
  return (socket as unknown as { readonly _socket: Socket })._socket;
}
