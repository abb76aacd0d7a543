/**
 * The replica that `npm run fuzz:frames` attacks, in a process of its own: a store in LevelDB, listening on loopback. It
 * answers its parent's questions (what it holds, who it is, how much memory it takes after a collection) and nothing
 * else; what nobody caught ends it, which the parent sees.
 */

import { Random } from '../src/random.ts';
import { systemTimedEnv } from '../src/replica/system-env.ts';
import { level } from '../src/storage/level.ts';
import { nodeWebSocketTransport } from '../src/transport/websocket-node.ts';
import { openListening } from '../test/hostile/listening.ts';
import { changeOf, NO_SHAPE, type ShapeChange } from '../test/hostile/shape.ts';

const [, , directory = '', seed = '0'] = process.argv;
const random = new Random(Number(seed));
const env = { ...systemTimedEnv, random: () => random.fraction() };
const transport = nodeWebSocketTransport();
const listening = await openListening(transport, 'ws://127.0.0.1:0/', { storage: level(directory), env });

type Question = {
  readonly number: number;
  readonly what: 'shape' | 'id' | 'memory' | 'close';
  readonly but: 'at once' | readonly string[];
};

process.on('message', (question: Question) => {
  void answer(question).then((told) => process.send?.({ number: question.number, told }));
});
process.send?.({ number: 0, told: listening.address });

let lastTold = NO_SHAPE;

async function answer({ what, but }: Question): Promise<unknown> {
  if (what === 'id') return listening.replica.id;
  if (what === 'memory') return memory();
  if (what === 'close') return end();
  return tell(but);
}

/** What has changed since it was last told; all of it would be far more. */
async function tell(but: Question['but']): Promise<ShapeChange> {
  const shape = await listening.shape(but);
  const change = changeOf(lastTold, shape);
  lastTold = shape;
  return change;
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
