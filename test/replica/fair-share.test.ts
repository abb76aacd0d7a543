import { afterEach, describe, expect, test } from 'vitest';
import { DotSet } from '../../src/clock/dot-set.ts';
import { FairShare, type LinkShare } from '../../src/replica/fair-share.ts';
import type { LinkMessage } from '../../src/replica/link-message.ts';
import { greet, push } from '../hostile/words.ts';
import { Cluster, type Member } from './cluster.ts';
import { FakeEnv } from './fake-env.ts';

const WORK_MS = 0.05;

describe('FairShare', () => {
  const env = new FakeEnv();
  const fairShare = (share: number, restMsMax = 1_000): FairShare => new FairShare({ env, share, restMsMax });

  /** How much a link has worked on that never has nothing to do, while `others` goes on. */
  async function worked(link: LinkShare, forMs: number): Promise<number> {
    const until = env.elapsed() + forMs;
    let messages = 0;
    const run = async (): Promise<void> => {
      while (env.elapsed() < until) {
        await env.delay(WORK_MS);
        messages += 1;
        link.spend(WORK_MS);
        await link.rest();
      }
    };
    await env.run(run());
    return messages;
  }

  /** Somebody wants something every so often, until what this returns is called. */
  function wishes(fair: FairShare, everyMs: number): () => void {
    let cancel = (): void => undefined;
    const wish = (): void => {
      fair.note();
      cancel = env.after(everyMs, wish);
    };
    wish();
    return () => cancel();
  }

  test.each([0, -1, 1.1, Number.NaN])('refuses a share of %d', (share) => {
    expect(() => fairShare(share)).toThrow(RangeError);
  });

  test('leaves a link all of the time while nobody else wants any', async () => {
    expect(await worked(fairShare(0.25).link(), 100)).toBeCloseTo(100 / WORK_MS, -1);
  });

  test.each([0.1, 0.25, 0.5])('keeps a link to %d of the time while others want something', async (share) => {
    const fair = fairShare(share);
    const end = wishes(fair, 1);
    const messages = await worked(fair.link(), 1_000);
    end();
    expect((messages * WORK_MS) / 1_000).toBeGreaterThan(share * 0.9);
    expect((messages * WORK_MS) / 1_000).toBeLessThan(share * 1.4);
  });

  test('counts what another link wants as what callers want', async () => {
    const fair = fairShare(0.25);
    const counts = await Promise.all([worked(fair.link(), 200), worked(fair.link(), 200)]);
    for (const messages of counts) expect((messages * WORK_MS) / 200).toBeLessThan(0.4);
  });

  test('never lets a link wait that takes less than its share', async () => {
    const fair = fairShare(0.25);
    const end = wishes(fair, 1);
    const link = fair.link();
    for (let message = 0; message < 200; message += 1) {
      await env.pass(1);
      link.spend(0.2);
      expect(link.isUsedUp).toBe(false);
    }
    end();
  });

  test('makes up for what took longer than a slice, within its bound', async () => {
    const rested = async (workMs: number): Promise<number> => {
      const fair = fairShare(0.25, 100);
      const link = fair.link();
      fair.note();
      link.spend(workMs);
      const from = env.elapsed();
      await env.run(link.rest());
      return env.elapsed() - from;
    };
    expect(await rested(0.5)).toBe(0);
    expect(await rested(10)).toBe(30);
    expect(await rested(10_000)).toBe(100);
  });

  test('lets nothing wait of a link that has ended', async () => {
    const fair = fairShare(0.001);
    const link = fair.link();
    fair.note();
    link.spend(100);
    const resting = link.rest();
    await env.settle();
    link.end();
    await resting;
    expect([link.isUsedUp, env.timers]).toEqual([false, 0]);
  });
});

describe('a link that floods', () => {
  let cluster: Cluster;
  afterEach(() => cluster.close());

  const MESSAGES = 3_000;
  const SLICE = 25;

  /** A replica, and a peer that has sent so many pushes at once. */
  async function flooded(): Promise<Member> {
    cluster = new Cluster();
    const a = await cluster.open('a', []);
    const peer = await greet(cluster, 'flood~1');
    await cluster.env.settle();
    const words: LinkMessage[] = [];
    for (let number = 1; number <= MESSAGES; number += 1) words.push(push({ number, from: 0, added: DotSet.empty }));
    void peer.say(...words);
    return a;
  }

  const taken = async ({ replica }: Member): Promise<number> => (await replica.status()).counters.pushesReceived;

  test('is read no faster than its share while others call', async () => {
    const a = await flooded();
    let isOver = false;
    const call = (): void => {
      void a.replica.get('k');
      if (!isOver) cluster.env.after(1, call);
    };
    call();
    const before = await taken(a);
    await cluster.env.pass(100);
    isOver = true;
    const inTheTime = (await taken(a)) - before;
    // In so many milliseconds a quarter of the time, work of a twentieth of a millisecond each; and what rounding gives.
    expect(inTheTime).toBeGreaterThan(400);
    expect(inTheTime).toBeLessThan(900);
  });

  test('lets a message of another link pass after a slice of its own', async () => {
    const a = await flooded();
    const good = await greet(cluster, 'good~1');
    const before = await taken(a);
    await good.say({ kind: 'ping' });
    await cluster.env.settle(3);
    expect(good.heard.map(({ kind }) => kind)).toContain('pong');
    expect((await taken(a)) - before).toBeLessThan(10 * SLICE);
  });

  test('is worked on without a pause while nobody else wants anything', async () => {
    const a = await flooded();
    const from = cluster.env.elapsed();
    await cluster.env.settle(1_000);
    expect([await taken(a), cluster.env.elapsed() - from]).toEqual([MESSAGES, 0]);
  });
});
