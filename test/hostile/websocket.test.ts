import { connect } from 'node:net';
import { expect, test } from 'vitest';
import { openStore } from '../../src/index.ts';
import { openReplica } from '../../src/replica/replica.ts';
import { nodeWebSocketTransport } from '../../src/transport/websocket-node.ts';

const UPGRADE = [
  ...['GET / HTTP/1.1', 'Host: 127.0.0.1', 'Connection: Upgrade', 'Upgrade: websocket', 'Sec-WebSocket-Version: 13'],
  ...['Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==', 'Sec-WebSocket-Protocol: cairn.1', '', ''],
].join('\r\n');

/** The head of a message of so many bytes, masked with nothing. */
function headOf(length: number): Buffer {
  const head = Buffer.alloc(14);
  head.set([0x82, 0xff]);
  head.writeUInt32BE(length, 6);
  return head;
}

test('a replica keeps of a stranger no more than a hello has, however large a frame it begins', async () => {
  const store = await openStore<unknown>({ name: 'a' });
  let address = '';
  await using replica = await openReplica<unknown>({
    ...{ store, transports: [nodeWebSocketTransport()], listen: ['ws://127.0.0.1:0/'] },
    onEvent: (event) => {
      if (event.kind === 'listening') address = event.address;
    },
  });
  const begun = performance.now();
  let taken = 0;
  await new Promise<void>((resolve) => {
    const socket = connect(Number(new URL(address).port), '127.0.0.1', () => socket.write(UPGRADE));
    socket.once('data', () => {
      socket.write(headOf(15_000_000));
      const timer = setInterval(() => {
        taken += 16_384;
        socket.write(Buffer.alloc(16_384));
      }, 5);
      socket.once('close', () => clearInterval(timer));
    });
    socket.on('error', () => undefined);
    socket.on('close', () => resolve());
  });
  expect(taken).toBeLessThan(10_000_000);
  // Not only because nothing was said in time.
  expect(performance.now() - begun).toBeLessThan(8_000);
  expect((await replica.status()).peers).toEqual([]);
});
