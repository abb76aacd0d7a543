import { connect as connectTcp, type Socket } from 'node:net';
import { describe, expect, test } from 'vitest';
import { nodeWebSocketTransport } from '../../src/transport/websocket-node.ts';
import { bare, cleanups, closeOf, listenWith, statusOf } from './node-kit.ts';

/** So many who connect and say nothing. */
function silentOnes(address: string, count: number): { readonly socket: Socket; readonly closed: Promise<unknown> }[] {
  return Array.from({ length: count }, () => {
    const socket = connectTcp(Number(new URL(address).port), '127.0.0.1');
    cleanups.push(() => socket.destroy());
    socket.on('error', () => undefined);
    socket.resume();
    return { socket, closed: new Promise((resolve) => socket.once('close', resolve)) };
  });
}

describe('WebSocketDoor', () => {
  test('listen takes addresses of this machine only, unless it is told to be public', async () => {
    for (const address of [
      'ws://0.0.0.0:0',
      'ws://[::]:0',
      'ws://example.org:0',
      'ws://10.0.0.1:0',
      'ws://127.example.org:0',
    ]) {
      await expect(nodeWebSocketTransport().listen(address, () => undefined)).rejects.toThrow(RangeError);
    }
    const listener = await listenWith({ isPublic: true }, () => undefined, 'ws://0.0.0.0:0');
    expect(listener.address).toMatch(/^ws:\/\/0\.0\.0\.0:[1-9]\d+$/);
  });

  test('listen lets in at its own path only, without a query, with the subprotocol of Cairn', async () => {
    const { address } = await listenWith({}, () => undefined, 'ws://127.0.0.1:0/v1/replicate');
    expect(address).toMatch(/^ws:\/\/127\.0\.0\.1:\d+\/v1\/replicate$/);
    expect(await statusOf(address)).toBe(101);
    expect(await statusOf(`${address}/more`)).toBe(404);
    expect(await statusOf(address.replace('/v1/replicate', ''))).toBe(404);
    expect(await statusOf(`${address}?token=1`)).toBe(400);
    expect(await statusOf(address, {}, [])).toBe(400);
    expect(await statusOf(address, {}, ['other.1'])).toBe(400);
    expect((await fetch(address.replace('ws:', 'http:'))).status).toBe(426);
  });

  test('listen refuses web pages of origins it was not told of', async () => {
    const open = await listenWith();
    expect(await statusOf(open.address, { origin: 'https://example.org' })).toBe(403);
    expect(await statusOf(open.address, { origin: 'null' })).toBe(403);
    expect(await statusOf(open.address, { 'sec-websocket-origin': 'https://example.org' })).toBe(403);
    const chosen = await listenWith({ origins: ['https://example.org'] });
    expect(await statusOf(chosen.address, { origin: 'https://example.org' })).toBe(101);
    expect(await statusOf(chosen.address, { origin: 'https://example.org.evil' })).toBe(403);
    expect(await statusOf(chosen.address, { origin: 'http://example.org' })).toBe(403);
    expect(await statusOf(chosen.address)).toBe(101);
  });

  test('listen bounds the links from one address and in all, and counts those that ended no more', async () => {
    const perAddress = await listenWith({ linksPerAddressMax: 2 });
    const first = await bare(perAddress.address);
    await bare(perAddress.address);
    expect(await statusOf(perAddress.address)).toBe(429);
    first.close();
    await closeOf(first);
    await expect.poll(() => statusOf(perAddress.address)).toBe(101);
    const overall = await listenWith({ linksMax: 1 });
    await bare(overall.address);
    expect(await statusOf(overall.address)).toBe(503);
    await expect(nodeWebSocketTransport().connect(overall.address)).rejects.toThrow(/HTTP status 503/);
  });

  test('listen gives up those who connect and say nothing', async () => {
    const { address } = await listenWith({ handshakeMs: 200 });
    await Promise.all(silentOnes(address, 10).map(({ closed }) => closed));
    expect(await statusOf(address)).toBe(101);
  });

  test('listen bounds how many of one address connect and say nothing', async () => {
    const { address } = await listenWith({ linksPerAddressMax: 1 });
    const silent = silentOnes(address, 1 + 16 + 5);
    let hungUpOn = 0;
    for (const { closed } of silent) void closed.then(() => hungUpOn++);
    await expect.poll(() => hungUpOn).toBe(5);
    for (const { socket } of silent) socket.destroy();
    await expect.poll(() => statusOf(address).catch(() => 0)).toBe(101);
  });
});
