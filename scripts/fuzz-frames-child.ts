/**
 * The replica that `npm run fuzz:frames` attacks, in a process of its own: a store in LevelDB, listening on loopback. It
 * answers its parent's questions (what it holds, who it is, how much memory it takes after a collection) and nothing
 * else; what nobody caught ends it, which the parent sees.
 */

import { level } from '../src/storage/level.ts';
import { nodeWebSocketTransport } from '../src/transport/websocket-node.ts';
import { openListening } from '../test/hostile/listening.ts';

const transport = nodeWebSocketTransport();
const listening = await openListening(transport, 'ws://127.0.0.1:0/', { storage: level(process.argv[2] as string) });

type Question = { readonly number: number; readonly what: 'shape' | 'shape at once' | 'id' | 'memory' | 'close' };

process.on('message', (question: Question) => {
  void answer(question.what).then((told) => process.send?.({ number: question.number, told }));
});
process.send?.({ number: 0, told: listening.address });

async function answer(what: Question['what']): Promise<unknown> {
  if (what === 'id') return listening.replica.id;
  if (what === 'memory') return memory();
  if (what === 'close') return end();
  return listening.shape(what === 'shape at once');
}

async function memory(): Promise<{ readonly rss: number; readonly heap: number; readonly renewed: number }> {
  for (let turn = 0; turn < 3; turn += 1) {
    globalThis.gc?.();
    await new Promise((resolve) => setImmediate(resolve));
  }
  const { rss, heapUsed, external } = process.memoryUsage();
  return { rss, heap: heapUsed + external, renewed: listening.reports.renewed };
}

async function end(): Promise<void> {
  await listening.replica.close({ drainMs: 0 });
  setImmediate(() => process.disconnect());
}
