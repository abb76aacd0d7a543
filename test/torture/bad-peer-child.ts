/**
 * The process that is a bad peer: greets a replica and then reads nothing, showing signs of life; or floods it, with
 * whatever a peer may send. Its parent is test/torture/slow-peer.ts, which kills it. Arguments: the address, the kind of
 * bad peer, how many keys.
 */

import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { WebSocket } from 'ws';
import { DotSet } from '../../src/clock/dot-set.ts';
import { type LinkMessage, LinkReader, linkFrames } from '../../src/replica/link-message.ts';
import { openReplica } from '../../src/replica/replica.ts';
import { openStore } from '../../src/store/open-store.ts';
import { encodeReplicaRecord } from '../../src/store/replica-record-encoding.ts';
import { nodeWebSocketTransport } from '../../src/transport/websocket-node.ts';
import { SUBPROTOCOL } from '../../src/transport/websocket-words.ts';

const FRAME_BYTES = 2 ** 20;
const BIG_BYTES = 2 ** 18;
const BURST = 500;
/** A replica that takes all there is has nobody who is held back; then the flood is said to be one after so long. */
const FULL_AFTER_MS = 3_000;
const [address = '', peer = 'slow', keysText = '1'] = process.argv.slice(2);
const keys = Number(keysText);
const reader = new LinkReader();
const id = `${peer}-peer~${process.pid}`;

await (peer === 'writes' ? write() : flood());

/** A replica that keeps the protocol, and writes without end. */
async function write(): Promise<void> {
  const store = await openStore<number>({ name: `${peer}-peer` });
  const greeted = new Promise<void>((resolve) => {
    const onEvent = ({ kind }: { readonly kind: string }): void => (kind === 'exchanged' ? resolve() : undefined);
    void openReplica({ store, transports: [nodeWebSocketTransport()], peers: [address], onEvent });
  });
  await greeted;
  console.log('greeted\nflooding');
  for (let number = 1; ; number += 1) {
    await store.put(`w/${number % 1_000}`, number);
    if (number % 50 === 0) await aMoment();
  }
}

async function flood(): Promise<void> {
  const socket = new WebSocket(address, [SUBPROTOCOL], { perMessageDeflate: false });
  const count = { sent: 0 };
  const say = (message: LinkMessage): void => {
    for (const frame of linkFrames(message, FRAME_BYTES, count)) socket.send(frame);
  };
  // What goes out together costs one call of the system: the machine is to be busy with the flood, not with making it.
  const [[{ socket: raw }]] = (await Promise.all([once(socket, 'upgrade'), once(socket, 'open')])) as [
    [IncomingMessage],
    unknown,
  ];
  socket.on('error', () => undefined);
  socket.once('close', () => {
    console.log('ended');
    process.exit(0);
  });
  say({
    ...{ kind: 'hello', versionMin: 1, versionMax: 1, frameBytesMax: FRAME_BYTES, id },
    ...{ keyspace: '', token: undefined },
  });
  await once(socket, 'message');
  let isTold = peer === 'slow';
  const tell = (): void => {
    if (!isTold) console.log('flooding');
    isTold = true;
  };
  console.log('greeted');
  if (peer === 'slow' || peer === 'flood') socket.pause();
  else socket.on('message', complain);
  setInterval(() => say({ kind: 'ping' }), 1_000);
  setTimeout(tell, FULL_AFTER_MS);
  for (let number = 1; peer !== 'slow'; ) {
    raw.cork();
    for (let burst = 0; burst < (peer === 'big' ? 1 : BURST); burst += 1, number += 1) say(nuisance(number));
    raw.uncork();
    // Told of once it waits for the replica, or making the flood would be measured, which fills the buffers of two systems.
    if (socket.bufferedAmount > FRAME_BYTES) tell();
    do await aMoment();
    while (socket.bufferedAmount > FRAME_BYTES);
  }
}

/** A flood that is refused is none, and whoever measures it must know. */
function complain(frame: Buffer): void {
  reader.isGreeted = true;
  for (const message of reader.read(new Uint8Array(frame))) {
    if (message.kind === 'refuse' || message.kind === 'failed') console.error(`${peer} peer: ${message.why}`);
  }
}

/** One more of what it floods with. */
function nuisance(number: number): LinkMessage {
  switch (peer) {
    case 'flood':
    case 'asks':
      return { kind: 'ask', request: number, key: `big/${number % keys}` };
    case 'pings':
      return { kind: 'ping' };
    case 'gives':
      return { kind: 'give', request: number, record: written(number, number) };
    case 'big':
      return { kind: 'give', request: number, record: written(number, 'x'.repeat(BIG_BYTES)) };
    default:
      throw new Error(`there is no ${peer} peer`);
  }
}

/** A write of its own, over the one before it. */
function written(counter: number, value: number | string): Uint8Array {
  const context = DotSet.empty.addRange(id, 1, counter);
  return encodeReplicaRecord({ key: 'f', versions: [{ id, counter, time: Date.now(), value }], context });
}

function aMoment(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 1));
}
