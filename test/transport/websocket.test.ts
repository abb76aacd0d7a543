import type { AddressInfo } from 'node:net';
import { describe, expect, test } from 'vitest';
import { type WebSocket as NodeWebSocket, WebSocketServer, WebSocket as WsWebSocket } from 'ws';
import type { Link } from '../../src/transport/transport.ts';
import { type WebSocketTransportOptions, webSocketTransport } from '../../src/transport/websocket.ts';
import { nodeWebSocketTransport } from '../../src/transport/websocket-node.ts';
import type { PlatformWebSocket, PlatformWebSocketConstructor } from '../../src/transport/websocket-types.ts';
import { cleanups, closeOf, rigOf } from './node-kit.ts';
import { testTransportLaws } from './suite.ts';

/** Whatever Node this is, the package `ws` has the shape of the platform's WebSocket. */
const WebSocket = WsWebSocket as unknown as PlatformWebSocketConstructor;
const { WebSocket: platforms } = globalThis as { readonly WebSocket?: PlatformWebSocketConstructor };

async function platformRig(options: WebSocketTransportOptions) {
  return {
    ...(await rigOf('ws:', {})),
    connecting: webSocketTransport({ unreadBytesMax: 2 ** 20, ...options }),
    listening: nodeWebSocketTransport(),
    canConnectorHoldBack: false,
  };
}

describe('webSocketTransport with the WebSocket of ws', () => {
  testTransportLaws(() => platformRig({ WebSocket }));
});

// Skipped from Node 22 on: there a WebSocket is found, and the laws are run over it instead.
test.skipIf(platforms !== undefined)('webSocketTransport finds no WebSocket in a Node before 22', async () => {
  await expect(webSocketTransport().connect('ws://127.0.0.1:1')).rejects.toMatchObject({ code: 'UNSUPPORTED' });
});

const reason = platforms === undefined ? ', skipped: this one has none before 22' : '';
describe.runIf(platforms !== undefined)(`webSocketTransport with the WebSocket of Node${reason}`, () => {
  testTransportLaws(() => platformRig({}));
});

/** A server of whatever speaks WebSocket, with the connections it has. */
async function serve(onConnection: (socket: NodeWebSocket) => void, protocol: string | false = 'cairn.1') {
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1', handleProtocols: () => protocol });
  server.on('connection', onConnection);
  await new Promise((resolve) => server.once('listening', resolve));
  cleanups.push(() => {
    for (const client of server.clients) client.terminate();
    server.close();
  });
  return `ws://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** A link to a server that does with it what it is told. */
async function linkTo(onConnection: (socket: NodeWebSocket) => void, options: WebSocketTransportOptions = {}) {
  const link = await webSocketTransport({ WebSocket, ...options }).connect(await serve(onConnection));
  cleanups.push(() => link.close());
  return link;
}

/** A link over a socket that does what the test says. */
function opening(protocol: string, options: WebSocketTransportOptions = {}) {
  const log: (number | string)[] = [];
  const socket = {
    ...{ binaryType: '', protocol, readyState: 1, bufferedAmount: 0, log },
    ...{ onopen: null, onmessage: null, onclose: null, onerror: null },
    send: ([byte = -1]: Uint8Array) => log.push(byte),
    close: () => log.push('closed'),
  } as unknown as PlatformWebSocket & { bufferedAmount: number; readonly log: (number | string)[] };
  const Fake = class {
    constructor() {
      // biome-ignore lint/correctness/noConstructorReturn: what the transport makes must be the one the test holds
      return socket;
    }
  } as unknown as PlatformWebSocketConstructor;
  return { link: webSocketTransport({ WebSocket: Fake, ...options }).connect('ws://somewhere'), socket };
}

async function bytesOf(link: Link): Promise<number[]> {
  const bytes: number[] = [];
  for await (const frame of link) bytes.push(...frame);
  return bytes;
}

describe('webSocketTransport', () => {
  test('webSocketTransport cannot listen', async () => {
    const listening = webSocketTransport({ WebSocket }).listen('ws://127.0.0.1:0', () => undefined);
    await expect(listening).rejects.toMatchObject({ code: 'UNSUPPORTED' });
  });

  test('webSocketTransport refuses limits that are none', () => {
    for (const options of [{ frameBytesMax: 0 }, { bufferBytes: 0 }, { unreadBytesMax: 0 }]) {
      expect(() => webSocketTransport(options)).toThrow(RangeError);
    }
  });

  test('connect refuses whoever does not speak the subprotocol', async () => {
    const address = await serve(() => undefined, false);
    await expect(webSocketTransport({ WebSocket }).connect(address)).rejects.toMatchObject({ code: 'LINK_FAILED' });
  });

  test('connect refuses whoever was let in without the subprotocol', async () => {
    const { link, socket } = opening('');
    socket.onopen?.({} as never);
    await expect(link).rejects.toMatchObject({ code: 'LINK_FAILED' });
    expect(socket.log).toEqual(['closed']);
  });

  test('send does not overtake a call that waits, and close comes after both', async () => {
    const { link: opened, socket } = opening('cairn.1', { bufferBytes: 100, closeMs: 1 });
    socket.onopen?.({} as never);
    const link = await opened;
    socket.bufferedAmount = 100;
    const first = link.send(Uint8Array.of(1));
    socket.bufferedAmount = 0;
    const second = link.send(Uint8Array.of(2));
    await Promise.all([first, second]);
    socket.bufferedAmount = 100;
    const third = link.send(Uint8Array.of(3));
    await Promise.all([third, link.close()]);
    expect(socket.log).toEqual([1, 2, 3, 'closed']);
  });

  test('connect takes what the constructor throws for a link that failed', async () => {
    const Broken = class {
      constructor() {
        throw new Error('this page may not');
      }
    } as unknown as PlatformWebSocketConstructor;
    const connecting = webSocketTransport({ WebSocket: Broken }).connect('ws://127.0.0.1:1');
    await expect(connecting).rejects.toMatchObject({ code: 'LINK_FAILED', details: { why: 'this page may not' } });
  });

  test('text ends a link, after the frames before it', async () => {
    let closed: Promise<{ code: number; reason: string }> | undefined;
    const link = await linkTo((socket) => {
      closed = closeOf(socket);
      socket.send(Uint8Array.of(1));
      socket.send('hello');
      socket.send(Uint8Array.of(2));
    });
    expect(await bytesOf(link)).toEqual([1]);
    expect(link.endedBecause()).toBe('the other side sent text');
    expect(await closed).toEqual({ code: 4003, reason: 'frames are binary messages' });
  });

  test('a frame over the limit ends a link', async () => {
    let closed: Promise<{ code: number; reason: string }> | undefined;
    const link = await linkTo(
      (socket) => {
        closed = closeOf(socket);
        socket.send(new Uint8Array(100));
        socket.send(new Uint8Array(101));
      },
      { frameBytesMax: 100 },
    );
    expect((await bytesOf(link)).length).toBe(100);
    expect((await closed)?.code).toBe(4009);
    await expect(link.send(Uint8Array.of(1))).rejects.toMatchObject({ code: 'LINK_FAILED' });
  });

  test('frames that nobody takes end a link past the bound, empty ones too, and those before are given', async () => {
    let closed: Promise<{ code: number; reason: string }> | undefined;
    const link = await linkTo(
      (socket) => {
        closed = closeOf(socket);
        for (let at = 0; at < 200; at++) socket.send(new Uint8Array(0));
      },
      { unreadBytesMax: 6_400 },
    );
    expect(await closed).toMatchObject({ code: 4008, reason: expect.stringContaining('faster than they are taken') });
    let given = 0;
    for await (const frame of link) given += 1 - frame.length;
    expect(given).toBe(101);
    await expect(link.send(Uint8Array.of(1))).rejects.toThrow(/more than 6400 bytes came and were not taken/);
  });

  test('a connection that breaks ends a link, and settles the sends that wait', async () => {
    let other: NodeWebSocket | undefined;
    const link = await linkTo(
      (socket) => {
        other = socket;
        socket.pause();
      },
      { bufferBytes: 1_000 },
    );
    const sends = Array.from({ length: 6 }, () => link.send(new Uint8Array(16 * 2 ** 20)));
    const settled = Promise.allSettled(sends);
    other?.terminate();
    expect((await settled).at(-1)).toMatchObject({ status: 'rejected', reason: { code: 'LINK_FAILED' } });
    expect(await bytesOf(link)).toEqual([]);
    expect(link.endedBecause()).toBe('the connection broke');
  });

  test('close does not wait longer than closeMs for an answer', async () => {
    const link = await linkTo((socket) => socket.pause(), { closeMs: 30 });
    await link.close();
    expect(await bytesOf(link)).toEqual([]);
  });
});
