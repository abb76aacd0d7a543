/**
 * The other process of a bench between processes: a replica that listens, or a bare WebSocket server that says back what
 * it hears. Told by its arguments what to be, it tells its parent where it listens, and answers its questions.
 */

import { openStore } from 'cairndb';
import { level } from 'cairndb/level';
import { openReplica, type Replica } from 'cairndb/replica';
import { nodeWebSocketTransport } from 'cairndb/websocket-node';
import { WebSocketServer } from 'ws';

/** What a child is asked, and what it answers. */
export type Question =
  | { readonly ask: 'watch'; readonly prefix: string }
  | { readonly ask: 'bytes' }
  | { readonly ask: 'has'; readonly counter: number };
export type Told =
  | { readonly kind: 'listening'; readonly address: string }
  /** When keys were seen, on the clock that all processes of a machine share. */
  | { readonly kind: 'seen'; readonly keys: readonly string[]; readonly at: number }
  | { readonly kind: 'bytes'; readonly sent: number; readonly received: number }
  | { readonly kind: 'has' }
  | { readonly kind: 'watching' };

const [role = '', directory = ''] = process.argv.slice(2);
const tell = (told: Told): void => {
  process.send?.(told);
};

/** Milliseconds on the clock of the machine. */
function machineNow(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}

if (role === 'echo') echo();
else answer(await replica());

function echo(): void {
  const server = new WebSocketServer({ host: '127.0.0.1', port: 0, perMessageDeflate: false });
  server.on('connection', (socket) => socket.on('message', (data) => socket.send(data)));
  server.on('listening', () => {
    const bound = server.address();
    tell({ kind: 'listening', address: `ws://127.0.0.1:${typeof bound === 'object' ? bound?.port : ''}` });
  });
}

async function replica(): Promise<Replica<unknown>> {
  const store = await openStore<unknown>({
    name: 'there',
    members: ['here', 'there'],
    ...(directory === '' ? {} : { storage: level(directory) }),
  });
  return openReplica<unknown>({
    store,
    transports: [nodeWebSocketTransport()],
    listen: ['ws://127.0.0.1:0'],
    onEvent: (event) => {
      if (event.kind === 'listening') tell({ kind: 'listening', address: event.address });
    },
  });
}

function answer(there: Replica<unknown>): void {
  const { store } = there;
  process.on('message', (question: Question) => {
    if (question.ask === 'watch') {
      store.subscribe((keys) => {
        const at = machineNow();
        tell({ kind: 'seen', keys: keys.filter((key) => key.startsWith(question.prefix)), at });
      });
      tell({ kind: 'watching' });
    } else if (question.ask === 'bytes') {
      void there.status().then(({ counters: { bytesSent, bytesReceived } }) => {
        tell({ kind: 'bytes', sent: bytesSent, received: bytesReceived });
      });
    } else {
      const look = (): void => {
        const id = store.seen.ids().find((one) => one.startsWith('here~'));
        if (id !== undefined && store.seen.has(id, question.counter)) tell({ kind: 'has' });
        else setTimeout(look, 1);
      };
      look();
    }
  });
}
