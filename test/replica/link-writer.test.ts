import { describe, expect, test } from 'vitest';
import { CausalError } from '../../src/errors.ts';
import { newCounters } from '../../src/replica/counters.ts';
import { LinkWriter } from '../../src/replica/link-writer.ts';
import type { Link } from '../../src/transport/transport.ts';
import { FakeEnv } from './fake-env.ts';

const STALL_MS = 1_000;

/** A writer over a link whose other side takes a frame when `take` is called. */
class Held {
  readonly env: FakeEnv = new FakeEnv();
  readonly closes: [why: string, at: number][] = [];
  readonly writer: LinkWriter;
  readonly #untaken: { readonly resolve: () => void; readonly reject: (error: Error) => void }[] = [];

  constructor() {
    const link: Link = {
      ...{ peer: 'b', provenName: undefined },
      send: () => new Promise<void>((resolve, reject) => this.#untaken.push({ resolve, reject })),
      close: async (why = '') => {
        this.closes.push([why, this.env.elapsed()]);
        for (const { reject } of this.#untaken.splice(0)) reject(new Error(why));
      },
      endedBecause: () => this.closes[0]?.[0],
      [Symbol.asyncIterator]: () => ({ next: () => new Promise<never>(() => undefined) }),
    };
    const counters = newCounters();
    this.writer = new LinkWriter({ link, frameBytesMax: 64, env: this.env, stallMs: STALL_MS, counters, version: 1 });
  }

  take(): void {
    this.#untaken.shift()?.resolve();
  }

  /** What becomes of a message. */
  send(): Promise<string> {
    return this.writer.send({ kind: 'ping' }).then(
      () => 'taken',
      (error: unknown) => (error instanceof CausalError ? error.code : String(error)),
    );
  }
}

describe('LinkWriter', () => {
  test('ends a link that takes nothing, as long after the frame as it may take', async () => {
    const held = new Held();
    const first = held.send();
    await held.env.pass(STALL_MS - 300);
    held.take();
    expect(await first).toBe('taken');
    const second = held.send();
    await held.env.pass(STALL_MS - 1);
    expect(held.closes).toEqual([]);
    await held.env.pass(1);
    expect(held.closes).toEqual([['the peer takes nothing', 2 * STALL_MS - 300]]);
    expect(await second).toBe('LINK_FAILED');
    expect(await held.send()).toBe('LINK_FAILED');
    expect(held.env.timers).toBe(0);
  });

  test('leaves a link alone that takes each of many frames in time', async () => {
    const held = new Held();
    for (let count = 0; count < 20; count += 1) {
      const sent = held.send();
      await held.env.pass(STALL_MS * 0.7);
      held.take();
      expect(await sent).toBe('taken');
      expect(held.env.timers).toBeLessThanOrEqual(1);
    }
    await held.env.pass(STALL_MS * 5);
    expect(held.closes).toEqual([]);
    expect(held.env.timers).toBe(0);
  });

  test('waits for nothing more once it was ended', async () => {
    const held = new Held();
    void held.send();
    const queued = held.send();
    await held.env.pass(1);
    held.writer.end();
    expect(held.env.timers).toBe(0);
    held.take();
    expect(await queued).toBe('LINK_FAILED');
  });
});
