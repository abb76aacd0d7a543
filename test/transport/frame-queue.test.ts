import { describe, expect, test } from 'vitest';
import { FRAME_COST_BYTES } from '../../src/limits.ts';
import { FrameQueue } from '../../src/transport/frame-queue.ts';

const END = { done: true, value: undefined };

function filled(count: number): {
  queue: FrameQueue;
  next: () => Promise<IteratorResult<Uint8Array>>;
  taken: number[];
} {
  const taken: number[] = [];
  const queue: FrameQueue = new FrameQueue(() => taken.push(queue.bytes));
  for (let at = 0; at < count; at++) queue.push(Uint8Array.of(at >>> 8, at));
  return { queue, next: () => queue[Symbol.asyncIterator]().next(), taken };
}

describe('FrameQueue', () => {
  test('FrameQueue gives frames in order, to whoever asks first, and counts what waits', async () => {
    const { queue, next, taken } = filled(2);
    expect(queue.bytes).toBe(2 * (2 + FRAME_COST_BYTES));
    const asked = [next(), next(), next(), next()];
    expect(taken).toEqual([2 + FRAME_COST_BYTES, 0]);
    queue.push(Uint8Array.of(7));
    expect(queue.bytes).toBe(0);
    queue.end();
    expect(await Promise.all(asked)).toEqual([
      { done: false, value: Uint8Array.of(0, 0) },
      { done: false, value: Uint8Array.of(0, 1) },
      { done: false, value: Uint8Array.of(7) },
      END,
    ]);
  });

  test('FrameQueue ends after what waits, and takes nothing more', async () => {
    const { queue, next } = filled(1);
    queue.end();
    queue.push(Uint8Array.of(9));
    expect((await next()).value).toEqual(Uint8Array.of(0, 0));
    expect([await next(), await next()]).toEqual([END, END]);
  });

  test('FrameQueue that is dropped holds nothing and gives nothing', async () => {
    const { queue, next } = filled(5);
    await next();
    queue.drop();
    queue.push(Uint8Array.of(9));
    expect(queue.bytes).toBe(0);
    expect(await next()).toEqual(END);
  });

  test('FrameQueue keeps order and count over many frames that come and go', async () => {
    const { queue, next } = filled(5_000);
    for (let at = 0; at < 20_000; at++) {
      expect((await next()).value).toEqual(Uint8Array.of(at >>> 8, at));
      queue.push(Uint8Array.of((at + 5_000) >>> 8, at + 5_000));
    }
    expect(queue.bytes).toBe(5_000 * (2 + FRAME_COST_BYTES));
  });
});
