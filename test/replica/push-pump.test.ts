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
    after: () => undefined,
  });
  stateOf(store).listeners.add(() => pump.wake());
  return { store, pushes };
}

const turn = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve));

describe('PushPump', () => {
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
