import { describe, expect, test } from 'vitest';
import { decodePush } from '../../src/repair/push-message.ts';
import { PushSender } from '../../src/repair/push-sender.ts';
import { PushPump } from '../../src/replica/push-pump.ts';
import { stateOf } from '../../src/store/versioned-kv-store.ts';
import { open } from '../store/replicas.ts';

/** What a pump pushes of a store: how many records each push has. */
async function pumped(): Promise<{
  readonly store: Awaited<ReturnType<typeof open<string>>>;
  readonly pushes: number[];
}> {
  const store = await open<string>('a');
  const sender = new PushSender(store);
  sender.start(store.seen);
  const pushes: number[] = [];
  const pump = new PushPump(sender, {
    push: async (bytes) => void pushes.push(decodePush(bytes).records.length),
    exchange: () => pushes.push(Number.NaN),
    waitMs: () => 500,
    elapsed: () => 0,
    after: () => () => undefined,
  });
  stateOf(store).listeners.add(() => pump.wake());
  return { store, pushes };
}

const turn = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve));

describe('PushPump', () => {
  test('tells what can wait once it has waited, counted from the last push, and has one timer for it', async () => {
    const store = await open<string>('a');
    const other = await open<string>('b');
    const sender = new PushSender(store);
    sender.start(store.seen);
    let now = 0;
    const timers = new Set<{ readonly at: number; readonly run: () => void }>();
    const pushedAt: number[] = [];
    const pump = new PushPump(sender, {
      push: async () => void pushedAt.push(now),
      exchange: () => pushedAt.push(Number.NaN),
      waitMs: () => 500,
      elapsed: () => now,
      after: (delayMs, run) => {
        const timer = { at: now + delayMs, run };
        timers.add(timer);
        return () => timers.delete(timer);
      },
    });
    const passTo = async (at: number): Promise<void> => {
      now = at;
      for (const timer of timers) if (timer.at <= now && timers.delete(timer)) timer.run();
      await turn();
    };
    /** A write of somebody else comes in, of which its author tells. */
    const hear = async (): Promise<void> => {
      const { dot } = await other.put('k', `${now}`);
      const { knowledge } = stateOf(store);
      knowledge.take(dot.id, dot.counter);
      pump.wake();
      await turn();
    };
    await hear();
    await passTo(300);
    // What the replica wrote itself goes at once, and all that waited goes with it.
    await store.put('mine', 'v');
    pump.wake();
    await turn();
    expect(pushedAt).toEqual([300]);
    await passTo(400);
    await hear();
    expect(timers.size).toBe(1);
    await passTo(500);
    await passTo(899);
    expect(pushedAt).toEqual([300]);
    await passTo(900);
    expect(pushedAt).toEqual([300, 900]);
    expect(timers.size).toBe(0);
  });

  test('pushes what is committed at one moment together', async () => {
    const { store, pushes } = await pumped();
    const puts = Array.from({ length: 50 }, (_, at) => store.put(`k${at}`, 'v'));
    expect(pushes).toEqual([]);
    await Promise.all(puts);
    await turn();
    expect(pushes).toEqual([50]);
  });

  test('pushes each of several commits that follow one another', async () => {
    const { store, pushes } = await pumped();
    for (const key of ['a', 'b', 'c']) {
      await store.put(key, 'v');
      await turn();
    }
    expect(pushes).toEqual([1, 1, 1]);
  });
});
