import { EventEmitter } from 'node:events';
import { describe, expect, test } from 'vitest';
import type { WebSocket } from 'ws';
import type { Link } from '../../src/transport/transport.ts';
import { NodeWebSocketLink } from '../../src/transport/websocket-link-node.ts';
import { bare, cleanups, listenWith } from './node-kit.ts';

const options = {
  peer: 'ws://somewhere',
  provenName: undefined,
  frameBytesMax: 2 ** 24,
  bufferBytes: 2 ** 20,
  closeMs: 60_000,
};

async function pair() {
  const accepted: Link[] = [];
  const { address } = await listenWith({ closeMs: 60_000 }, (link) => accepted.push(link));
  const socket = await bare(address);
  const near = new NodeWebSocketLink(socket, options);
  cleanups.push(() => socket.terminate());
  return { near, socket, far: accepted[0] ?? expect.unreachable('nothing came in') };
}

describe('NodeWebSocketLink', () => {
  test('NodeWebSocketLink hands the socket no more than it may buffer, however many frames are given to it', async () => {
    const { near, socket } = await pair();
    const sends = Array.from({ length: 120 }, () => near.send(new Uint8Array(2 ** 19)));
    const settled = Promise.allSettled(sends);
    let most = 0;
    for (let turn = 0; turn < 300; turn++) {
      most = Math.max(most, socket.bufferedAmount);
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(most).toBeLessThan(2 ** 20 + 2 ** 19 + 1_000);
    socket.terminate();
    expect((await settled).at(-1)?.status).toBe('rejected');
  });

  test('close by the side that does not read is seen by the side that sends, with its reason', async () => {
    const { near, far } = await pair();
    const flood = (async () => {
      for (;;) await far.send(new Uint8Array(65_536));
    })().catch((error: unknown) => error);
    await expect.poll(() => near.endedBecause() ?? 'open').toBe('open');
    for (let turn = 0; turn < 300; turn++) await new Promise((resolve) => setImmediate(resolve));
    await near.close('enough');
    expect(await flood).toMatchObject({ code: 'LINK_FAILED' });
    for await (const frame of far) expect.unreachable(`a frame of ${frame.length}`);
    expect(far.endedBecause()).toBe('closed by the other side: enough');
  });

  test('NodeWebSocketLink settles every send when the connection ends, whatever the socket says of them', async () => {
    const socket = Object.assign(new EventEmitter(), { readyState: 1, send: () => undefined });
    const link = new NodeWebSocketLink(socket as unknown as WebSocket, { ...options, bufferBytes: 10 });
    const settled = Promise.allSettled([link.send(new Uint8Array(20)), link.send(new Uint8Array(20))]);
    socket.emit('close', 1006, Buffer.alloc(0));
    for (const result of await settled) expect(result).toMatchObject({ reason: { code: 'LINK_FAILED' } });
  });
});
