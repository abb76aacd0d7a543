import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, test } from 'vitest';
import type { Link } from '../../src/transport/transport.ts';
import { nodeWebSocketTransport } from '../../src/transport/websocket-node.ts';
import { bare, cleanups, closeOf, listenWith, rawOf, rigOf, statusOf } from './node-kit.ts';
import { testTransportLaws } from './suite.ts';

describe('nodeWebSocketTransport', () => {
  testTransportLaws(() => rigOf('ws:', {}));

  describe('attached to a server that is there already', () => {
    testTransportLaws(async () => {
      const transport = nodeWebSocketTransport();
      const server = createServer((_, response) => response.end('something else'));
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      const { port } = server.address() as AddressInfo;
      const taken = new Set<string>();
      const rig = await rigOf('ws:', {});
      return {
        ...rig,
        address: `ws://127.0.0.1:${port}/v1/replicate`,
        connecting: transport,
        listening: {
          ...transport,
          listen: async (address, onLink) => {
            const { pathname } = new URL(address);
            if (taken.has(pathname)) return transport.listen(address, onLink);
            taken.add(pathname);
            const listener = transport.attach(server, { path: pathname, onLink });
            return {
              address: listener.address,
              close: async () => {
                await listener.close();
                taken.delete(pathname);
              },
            };
          },
        },
        close: async () => {
          await rig.close();
          server.close();
          server.closeAllConnections();
        },
      };
    });
  });
});

describe('a link of nodeWebSocketTransport', () => {
  test('closes with 1009 when a frame is over the limit, before it has come', async () => {
    const accepted: Link[] = [];
    const { address } = await listenWith({ frameBytesMax: 1_000 }, (link) => accepted.push(link));
    const socket = await bare(address);
    // The head of a message of a gigabyte, and nothing of the message.
    const head = Buffer.from([0x82, 0xff, 0, 0, 0, 0, 0x40, 0, 0, 0, 1, 2, 3, 4]);
    rawOf(socket).write(head);
    expect((await closeOf(socket)).code).toBe(1009);
    for await (const frame of accepted[0] ?? []) expect.unreachable(`a frame of ${frame.length}`);
    expect(accepted[0]?.endedBecause()).toBe('the other side sent a frame of more than 1000 bytes');
    await expect(accepted[0]?.send(Uint8Array.of(1))).rejects.toMatchObject({ code: 'LINK_FAILED' });
  });

  test('puts parts of a frame together, and bounds them too', async () => {
    const accepted: Link[] = [];
    const { address } = await listenWith({ frameBytesMax: 1_000 }, (link) => accepted.push(link));
    const socket = await bare(address);
    socket.send(Uint8Array.of(1, 2), { fin: false });
    socket.send(Uint8Array.of(3), { fin: true });
    const reader = accepted[0]?.[Symbol.asyncIterator]();
    expect((await reader?.next())?.value).toEqual(Uint8Array.of(1, 2, 3));
    for (let part = 0; part < 11; part++) socket.send(new Uint8Array(100), { fin: false });
    expect((await closeOf(socket)).code).toBe(1009);
    expect(await reader?.next()).toEqual({ done: true, value: undefined });
  });

  test('closes with 1003 when text comes, after the frames before it', async () => {
    const accepted: Link[] = [];
    const { address } = await listenWith({}, (link) => accepted.push(link));
    const socket = await bare(address);
    socket.send(Uint8Array.of(1));
    socket.send('hello');
    socket.send(Uint8Array.of(2));
    expect(await closeOf(socket)).toEqual({ code: 1003, reason: 'frames are binary messages' });
    const frames: number[] = [];
    for await (const frame of accepted[0] ?? []) frames.push(...frame);
    expect(frames).toEqual([1]);
  });

  test('ends when its connection breaks in the middle of a frame, and does not throw', async () => {
    const accepted: Link[] = [];
    const { address } = await listenWith({}, (link) => accepted.push(link));
    const socket = await bare(address);
    socket.send(Uint8Array.of(7));
    const raw = rawOf(socket);
    await new Promise<void>((resolve) =>
      raw.write(Buffer.from([0x82, 0xfe, 10, 0, 1, 2, 3, 4, 5, 6]), () => resolve()),
    );
    raw.destroy();
    const frames: number[] = [];
    for await (const frame of accepted[0] ?? []) frames.push(...frame);
    expect(frames).toEqual([7]);
    expect(accepted[0]?.endedBecause()).toBe('the connection broke');
    await expect(accepted[0]?.send(Uint8Array.of(1))).rejects.toMatchObject({
      code: 'LINK_FAILED',
      outcome: 'not-done',
    });
    await accepted[0]?.close();
  });

  test('fails a send under way when the connection breaks, which may have arrived', async () => {
    const accepted: Link[] = [];
    const { address } = await listenWith({}, (link) => accepted.push(link));
    const socket = await bare(address);
    socket.pause();
    const sends = Array.from({ length: 4 }, () => accepted[0]?.send(new Uint8Array(16 * 2 ** 20)));
    const settled = Promise.allSettled(sends);
    await new Promise((resolve) => setImmediate(resolve));
    socket.terminate();
    const failures = (await settled).flatMap((result) => (result.status === 'rejected' ? [result.reason] : []));
    expect(failures.length).toBeGreaterThan(0);
    for (const failure of failures) expect(failure).toMatchObject({ code: 'LINK_FAILED', outcome: 'unknown' });
  });

  test('ends when bytes come that are no WebSocket, and nothing else ends', async () => {
    const accepted: Link[] = [];
    const { address } = await listenWith({}, (link) => accepted.push(link));
    const socket = await bare(address);
    socket.on('error', () => undefined);
    rawOf(socket).write(Buffer.from('GET / HTTP/1.1\r\n\r\n'));
    expect((await closeOf(socket)).code).toBe(1002);
    for await (const frame of accepted[0] ?? []) expect.unreachable(`a frame of ${frame.length}`);
    expect(await statusOf(address)).toBe(101);
  });

  test('has the code and the reason of a close for the log', async () => {
    const accepted: Link[] = [];
    const { address } = await listenWith({}, (link) => accepted.push(link));
    const near = await nodeWebSocketTransport().connect(address);
    await near.close('drained');
    for await (const frame of accepted[0] ?? []) expect.unreachable(`a frame of ${frame.length}`);
    expect(accepted[0]?.endedBecause()).toBe('closed by the other side: drained');
    expect(near.endedBecause()).toBe('closed on this side');
    const socket = await bare(address);
    socket.close(4000, 'because');
    await closeOf(socket);
    for await (const frame of accepted[1] ?? []) expect.unreachable(`a frame of ${frame.length}`);
    expect(accepted[1]?.endedBecause()).toBe('closed by the other side with code 4000: because');
  });

  test('does not wait longer than closeMs for an answer to close', async () => {
    const accepted: Link[] = [];
    const { address } = await listenWith({ closeMs: 50 }, (link) => accepted.push(link));
    const socket = await bare(address);
    socket.pause();
    const sends = Array.from({ length: 4 }, () => accepted[0]?.send(new Uint8Array(16 * 2 ** 20)));
    const settled = Promise.allSettled(sends);
    await accepted[0]?.close();
    expect((await settled).at(-1)).toMatchObject({ status: 'rejected', reason: { code: 'LINK_FAILED' } });
  });
});

describe('attach', () => {
  test('attach leaves alone what is meant for others, and answers what is meant for nobody', async () => {
    const server = createServer((_, response) => response.end('a page'));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    cleanups.push(() => server.close());
    const transport = nodeWebSocketTransport();
    const listener = transport.attach(server, { onLink: (link) => cleanups.push(() => link.close()) });
    expect(listener.address).toMatch(/^ws:\/\/127\.0\.0\.1:\d+\/v1\/replicate$/);
    const { origin } = new URL(listener.address.replace('ws:', 'http:'));
    expect(await (await fetch(origin)).text()).toBe('a page');
    expect(await statusOf(listener.address)).toBe(101);
    expect(await statusOf(`${origin.replace('http', 'ws')}/other`)).toBe(404);
    const other = transport.attach(server, { path: '/other', onLink: (link) => cleanups.push(() => link.close()) });
    expect(await statusOf(other.address)).toBe(101);
    await listener.close();
    expect(await statusOf(listener.address)).toBe(404);
    expect(await statusOf(other.address)).toBe(101);
    await other.close();
  });

  test('attach has no address before the server has one', () => {
    expect(nodeWebSocketTransport().attach(createServer(), { onLink: () => undefined }).address).toBe('/v1/replicate');
  });
});

describe('connect', () => {
  test('connect refuses a server that speaks something else', async () => {
    const server = createServer((_, response) => response.end('a page'));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    cleanups.push(() => server.close());
    const { port } = server.address() as AddressInfo;
    await expect(nodeWebSocketTransport().connect(`ws://127.0.0.1:${port}`)).rejects.toMatchObject({
      code: 'LINK_FAILED',
      outcome: 'not-done',
      details: { why: 'the answer was HTTP status 200' },
    });
  });

  test('connect does not repeat an address it does not understand', async () => {
    const refused = nodeWebSocketTransport().connect('ws://user:secret@127.0.0.1:1/');
    await expect(refused).rejects.toThrow(TypeError);
    await expect(refused).rejects.not.toThrow(/secret/);
  });

  test('nodeWebSocketTransport refuses limits that are none', () => {
    const wrong = [{ frameBytesMax: 0 }, { bufferBytes: 0 }, { linksMax: 0 }, { handshakeMs: 0.5 }, { closeMs: -1 }];
    for (const options of wrong) expect(() => nodeWebSocketTransport(options)).toThrow(RangeError);
  });
});
