import { once } from 'node:events';
import type { Server } from 'node:http';
import { connect, type Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { nodeWebSocketTransport } from '../../src/transport/websocket-node.ts';
import { hasOpenssl, newAuthority } from '../transport/certificates.ts';
import { serveNode } from './serving.ts';

const PATIENCE = { timeout: 5_000 };
const strangers: Socket[] = [];

afterEach(() => {
  for (const stranger of strangers.splice(0)) stranger.destroy();
});

/** A client that sends these bytes and never closes its side of the connection by itself. */
function stranger(port: number, bytes = ''): { readonly socket: Socket; readonly said: () => string } {
  let said = '';
  const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true }, () => socket.write(bytes));
  socket.on('data', (chunk) => (said += chunk.toString('latin1'))).on('error', () => undefined);
  strangers.push(socket);
  return { socket, said: () => said };
}

function connections(server: Server): Promise<number> {
  return new Promise((resolve, reject) =>
    server.getConnections((error, count) => (error === null ? resolve(count) : reject(error))),
  );
}

describe('serveHttp', () => {
  it.each([
    ['what is no HTTP', 'nonsense\r\n\r\n', 400],
    ['an upgrade under another name', upgradeTo('websocket', 'evil.example'), 403],
  ])('serveHttp keeps no socket of a client that is refused for %s and does not close', async (_, bytes, status) => {
    const { server } = await serveNode({ serve: { onUpgrade: () => undefined } });
    const { socket, said } = stranger(server.port, bytes);
    await once(socket, 'end');
    expect(said()).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
    await expect.poll(() => connections(server.server), PATIENCE).toBe(0);
  });

  it.each([
    ['with a taker of upgrades', true],
    ['with a listener for links', false],
  ])('serveHttp, %s, says 426 and not 404 to whoever would change to another protocol', async (_, hasTaker) => {
    let taken = 0;
    const { server } = await serveNode(hasTaker ? { serve: { onUpgrade: () => (taken += 1) } } : {});
    if (!hasTaker) nodeWebSocketTransport().attach(server.server, { onLink: () => (taken += 1) });
    const { socket, said } = stranger(server.port, upgradeTo('h2c', 'localhost'));
    await once(socket, 'end');
    expect(said()).toMatch(/^HTTP\/1\.1 426 /);
    expect(said()).toMatch(/\r\nupgrade: websocket\r\n/i);
    expect(taken).toBe(0);
    await expect.poll(() => connections(server.server), PATIENCE).toBe(0);
  });
});

const isPossible = hasOpenssl('serveHttp');

describe.runIf(isPossible)('serveHttp over TLS', () => {
  const tls = isPossible ? newAuthority().sign('/CN=localhost') : { cert: '', key: '' };
  const HALF_A_HELLO = '\x16\x03\x01\x02\x00\x01';

  it.each([
    ['says nothing', ''],
    ['says half a hello', HALF_A_HELLO],
    ['says something else', 'GET / HTTP/1.1\r\n\r\n'],
  ])('serveHttp gives up a caller that %s where TLS should begin', async (_, bytes) => {
    const { server } = await serveNode({ serve: { tls, limits: { headersMs: 100 } } });
    const { socket } = stranger(server.port, bytes);
    await once(socket, 'connect');
    await expect.poll(() => connections(server.server), PATIENCE).toBe(0);
  });

  it('serveHttp leaves no connection on which TLS has not begun when it closes', async () => {
    const { server } = await serveNode({ serve: { tls } });
    const come = once(server.server, 'connection');
    stranger(server.port, HALF_A_HELLO);
    await come;
    await server.close({ drainMs: 0 });
    await expect.poll(() => connections(server.server), PATIENCE).toBe(0);
  });
});

function upgradeTo(protocol: string, host: string): string {
  return `GET /v1/kv/k HTTP/1.1\r\nhost: ${host}\r\nupgrade: ${protocol}\r\nconnection: upgrade\r\n\r\n`;
}
