import { beforeEach, describe, expect, test } from 'vitest';
import { type Redial, type RedialFailure, type RedialOptions, redial, redialWait } from '../../src/replica/redial.ts';
import { type MemoryTransport, memoryTransport } from '../../src/transport/memory.ts';
import type { Link, Listener } from '../../src/transport/transport.ts';
import { FakeEnv } from './fake-env.ts';

const ADDRESS = 'memory:berlin';

let env: FakeEnv;
let network: MemoryTransport;
let listener: Listener | undefined;
let accepted: Link[];
let opened: Link[];
let failures: RedialFailure[];
let attempts: number;

/** Time by hand, and chance that gives the longest waits. */
function evenEnv(): FakeEnv {
  return Object.assign(new FakeEnv(), { random: () => 0 });
}

beforeEach(() => {
  env = evenEnv();
  network = memoryTransport();
  listener = undefined;
  [accepted, opened, failures, attempts] = [[], [], [], 0];
});

async function listen(): Promise<void> {
  listener = await network.listen(ADDRESS, (link) => accepted.push(link));
}

function begin(options: Partial<RedialOptions> = {}): Redial {
  return redial({
    env,
    redialMs: 100,
    redialMaxMs: 1_000,
    connect: () => {
      attempts += 1;
      return network.connect(ADDRESS);
    },
    onLink: async (link) => {
      opened.push(link);
      for await (const frame of link) expect.unreachable(`a frame of ${frame.length}`);
    },
    onFailure: (failure) => failures.push(failure),
    ...options,
  });
}

describe('redialWait', () => {
  test('redialWait doubles up to its bound, and is somewhere from 1 ms to that', () => {
    const waits = (random: number) =>
      [1, 2, 3, 4, 5, 9, 1_000].map((failed) =>
        redialWait(failed, { ...base, env: Object.assign(evenEnv(), { random: () => random }) }),
      );
    const base = { redialMs: 100, redialMaxMs: 1_000, onLink: async () => undefined, onFailure: () => undefined };
    expect(waits(0)).toEqual([100, 200, 400, 800, 1_000, 1_000, 1_000]);
    expect(waits(0.5)).toEqual([50, 100, 200, 400, 500, 500, 500]);
    expect(waits(1 - 2 ** -53)).toEqual([1, 1, 1, 1, 1, 1, 1]);
  });
});

describe('redial', () => {
  test('redial refuses waits that are none', () => {
    for (const redialMs of [0, -1, Number.NaN, Number.POSITIVE_INFINITY]) {
      expect(() => begin({ redialMs })).toThrow(RangeError);
    }
    expect(attempts).toBe(0);
  });

  test('redial attempts nothing while no link is wanted, until it is told to, and waits on no timer', async () => {
    let isWanted = false;
    await listen();
    const dialer = begin({ isWanted: () => isWanted });
    await env.pass(1_000_000);
    dialer.tryNow();
    await env.pass(1_000_000);
    expect([attempts, dialer.state(), failures]).toEqual([0, 'waiting', []]);
    isWanted = true;
    await env.pass(1_000_000);
    expect(attempts).toBe(0);
    dialer.resume();
    await env.pass(0);
    expect([attempts, dialer.state()]).toEqual([1, 'connected']);
    await dialer.stop();
  });

  test('resume leaves the wait after a failure as it is', async () => {
    const dialer = begin();
    await env.pass(0);
    expect([attempts, dialer.state()]).toEqual([1, 'waiting']);
    dialer.resume();
    await env.pass(0);
    expect(attempts).toBe(1);
    dialer.tryNow();
    await env.pass(0);
    expect(attempts).toBe(2);
    await dialer.stop();
  });

  test('redial attempts at once, waits longer after each failure, and connects when somebody is there', async () => {
    const dialer = begin();
    expect(dialer.state()).toBe('connecting');
    await env.pass(0);
    expect(dialer.state()).toBe('waiting');
    expect(failures).toMatchObject([{ error: { code: 'LINK_FAILED' }, attempts: 1, againInMs: 100 }]);
    await env.pass(99);
    expect(attempts).toBe(1);
    await env.pass(1);
    expect(attempts).toBe(2);
    await env.pass(200 + 400 + 800 + 1_000 + 1_000);
    expect(failures.map(({ againInMs }) => againInMs)).toEqual([100, 200, 400, 800, 1_000, 1_000, 1_000]);
    await listen();
    await env.pass(1_000);
    expect(dialer.state()).toBe('connected');
    expect(opened.length).toBe(1);
    expect(env.timers).toBe(0);
    await env.pass(1_000_000);
    expect(attempts).toBe(8);
  });

  test('redial opens a link again that was lost, and is quick again only after one that lived long', async () => {
    await listen();
    begin({ steadyMs: 5_000 });
    await env.pass(0);
    for (let short = 1; short <= 3; short++) {
      await env.pass(4_999);
      await accepted.at(-1)?.close();
      await env.pass(0);
      expect(failures.at(-1)).toEqual({ error: undefined, attempts: short, againInMs: 100 * 2 ** (short - 1) });
      // Until exactly when it is connected again.
      await env.pass(failures.at(-1)?.againInMs ?? 0);
    }
    await env.pass(5_000);
    await accepted.at(-1)?.close();
    await env.pass(0);
    expect(failures.at(-1)).toMatchObject({ attempts: 1, againInMs: 100 });
  });

  test('redial without steadyMs takes a link for a good one that lived for redialMaxMs', async () => {
    await listen();
    begin();
    for (const lived of [999, 999, 1_000]) {
      await env.pass(lived);
      await accepted.at(-1)?.close();
      await env.pass(0);
      await env.pass(failures.at(-1)?.againInMs ?? 0);
    }
    expect(failures.map((failure) => failure.attempts)).toEqual([1, 2, 1]);
  });

  test('redial closes a link whose use failed, and says why', async () => {
    await listen();
    const refused = new Error('another keyspace');
    begin({ onLink: () => Promise.reject(refused) });
    await env.pass(0);
    expect(failures).toEqual([{ error: refused, attempts: 1, againInMs: 100 }]);
    expect(accepted[0]?.endedBecause()).toMatch(/closed by the other side/);
  });

  test('tryNow attempts at once and forgets the failures, and does nothing while there is nothing to hasten', async () => {
    const dialer = begin();
    await env.pass(700);
    expect([attempts, failures.length]).toEqual([4, 3 + 1]);
    dialer.tryNow();
    expect(attempts).toBe(5);
    dialer.tryNow();
    await env.pass(0);
    expect(failures.at(-1)).toMatchObject({ attempts: 1, againInMs: 100 });
    expect(env.timers).toBe(1);
    await listen();
    dialer.tryNow();
    await env.pass(0);
    expect(dialer.state()).toBe('connected');
    dialer.tryNow();
    await env.pass(10_000);
    expect(attempts).toBe(6);
  });

  test('stop ends the wait, the link, and a link that was being opened', async () => {
    const waiting = begin();
    await env.pass(0);
    await waiting.stop();
    expect(env.timers).toBe(0);
    waiting.tryNow();
    await env.pass(10_000);
    expect([attempts, waiting.state()]).toEqual([1, 'stopped']);

    await listen();
    const connected = begin();
    await env.pass(0);
    await connected.stop('drained');
    expect(accepted[0]?.endedBecause()).toBe('closed by the other side: drained');

    let letIn: () => void = () => undefined;
    const gate = new Promise<void>((resolve) => {
      letIn = resolve;
    });
    const connecting = begin({ connect: () => gate.then(() => network.connect(ADDRESS)) });
    await env.pass(0);
    const stopped = connecting.stop();
    letIn();
    await stopped;
    expect(accepted[1]?.endedBecause()).toMatch(/closed by the other side/);
    expect(opened.length).toBe(1);
    await env.pass(10_000);
    expect(failures.length).toBe(1);
    await listener?.close();
  });

  test('stop that comes at the very moment the link is there closes it, and nobody uses it', async () => {
    await listen();
    const used: (string | undefined)[] = [];
    for (let turns = 0; turns < 12; turns++) {
      const dialer = begin({
        onLink: async (link) => {
          used.push(link.endedBecause());
          for await (const frame of link) expect.unreachable(`a frame of ${frame.length}`);
        },
      });
      for (let turn = 0; turn < turns; turn++) await Promise.resolve();
      await dialer.stop();
      await env.pass(10_000);
      expect(dialer.state()).toBe('stopped');
      for (const link of accepted) expect(link.endedBecause()).toMatch(/closed by the other side/);
    }
    expect(failures).toEqual([]);
    expect(used.length).toBeGreaterThan(0);
    expect(used.filter((why) => why !== undefined)).toEqual([]);
  });

  test('stop may be called by who uses the link', async () => {
    await listen();
    const dialer = begin({ onLink: () => dialer.stop('refused for good') });
    await env.pass(10_000);
    expect([attempts, failures.length, dialer.state()]).toEqual([1, 0, 'stopped']);
    expect(accepted[0]?.endedBecause()).toBe('closed by the other side: refused for good');
  });

  test('redial comes to the same with the same chances', async () => {
    const run = async (): Promise<readonly number[]> => {
      [env, failures] = [evenEnv(), []];
      let draw = 7;
      const dialer = begin({
        env: Object.assign(env, { random: () => (draw = (draw * 16_807) % 2_147_483_647) / 2_147_483_647 }),
        connect: () => Promise.reject(new Error('nobody')),
      });
      await env.pass(20_000);
      await dialer.stop();
      return failures.map(({ againInMs }) => againInMs);
    };
    const first = await run();
    expect(new Set(first).size).toBeGreaterThan(10);
    expect(await run()).toEqual(first);
  });
});
