/**
 * The process that is a bad peer: greets a replica and then reads nothing, showing signs of life; or asks and asks too.
 * Its parent is test/torture/slow-peer.ts, which kills it. Arguments: the address, `slow` or `flood`, how many keys.
 */

import { once } from 'node:events';
import { WebSocket } from 'ws';
import { linkFrames } from '../../src/replica/link-message.ts';
import { SUBPROTOCOL } from '../../src/transport/websocket-words.ts';

const FRAME_BYTES = 2 ** 20;
const [address = '', peer = 'slow', keysText = '1'] = process.argv.slice(2);
const count = { sent: 0 };

const socket = new WebSocket(address, [SUBPROTOCOL], { perMessageDeflate: false });
await once(socket, 'open');
socket.on('error', () => undefined);
socket.once('close', () => {
  console.log('ended');
  process.exit(0);
});
say({
  ...{ kind: 'hello', versionMin: 1, versionMax: 1, frameBytesMax: FRAME_BYTES, id: `${peer}-peer~${process.pid}` },
  ...{ keyspace: '', token: undefined },
});
await once(socket, 'message');
console.log('greeted');
socket.pause();
setInterval(() => say({ kind: 'ping' }), 1_000);
for (let request = 1; peer === 'flood'; ) {
  for (let burst = 0; burst < 50; burst += 1, request += 1)
    say({ kind: 'ask', request, key: `big/${request % Number(keysText)}` });
  do await new Promise((resolve) => setTimeout(resolve, 1));
  while (socket.bufferedAmount > FRAME_BYTES);
}

function say(message: Parameters<typeof linkFrames>[0]): void {
  for (const frame of linkFrames(message, FRAME_BYTES, count)) socket.send(frame);
}
