import { afterEach, describe, expect, test } from 'vitest';
import type { Link } from '../../src/transport/transport.ts';
import { nodeWebSocketTransport } from '../../src/transport/websocket-node.ts';
import { type FaultyProxy, type FaultyProxyOptions, faultyProxy } from './faulty-proxy.ts';

const transport = nodeWebSocketTransport();
const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

async function meet(options: Omit<FaultyProxyOptions, 'target' | 'seed'> & { readonly seed?: number } = {}) {
  const accepted: Link[] = [];
  const listener = await transport.listen('ws://127.0.0.1:0', (link) => accepted.push(link));
  const proxy = await faultyProxy({ target: listener.address, seed: 1, ...options });
  cleanups.push(listener.close, proxy.close);
  return { proxy, accepted, open: () => pairThrough(proxy, accepted) };
}

async function pairThrough(proxy: FaultyProxy, accepted: Link[]) {
  const before = accepted.length;
  const near = await transport.connect(proxy.address);
  await expect.poll(() => accepted.length).toBe(before + 1);
  const far = accepted[before] as Link; // it has just come
  cleanups.push(() => Promise.all([near.close(), far.close()]));
  return { near, far };
}

/** Sends so many numbered frames, closes, and gives the numbers that arrived. */
async function numbersThrough(from: Link, to: Link, count: number): Promise<number[]> {
  for (let at = 0; at < count; at++) await from.send(Uint8Array.of(at >>> 8, at));
  await from.close();
  const numbers: number[] = [];
  for await (const [high = 0, low = 0] of to) numbers.push(high * 256 + low);
  return numbers;
}

const upTo = (count: number): number[] => Array.from({ length: count }, (_, at) => at);

describe('faultyProxy', () => {
  test('faultyProxy passes everything in order when it is told of no faults', async () => {
    const { open, proxy } = await meet();
    const first = await open();
    expect(await numbersThrough(first.near, first.far, 500)).toEqual(upTo(500));
    const second = await open();
    expect(await numbersThrough(second.far, second.near, 500)).toEqual(upTo(500));
    expect(proxy.counts()).toEqual({ passed: 1_000, lost: 0, duplicated: 0, reordered: 0, delayed: 0 });
  });

  test('faultyProxy loses as many as it says, in one direction', async () => {
    const { open, proxy } = await meet({ there: { loss: 0.3 } });
    const { near, far } = await open();
    const numbers = await numbersThrough(near, far, 1_000);
    expect(numbers).toEqual([...numbers].sort((a, b) => a - b));
    expect(proxy.counts()).toMatchObject({ passed: numbers.length, lost: 1_000 - numbers.length });
    expect(proxy.counts().lost).toBeGreaterThan(200);
    expect(proxy.counts().lost).toBeLessThan(400);
    const other = await open();
    expect(await numbersThrough(other.far, other.near, 200)).toEqual(upTo(200));
  });

  test('faultyProxy doubles', async () => {
    const { open, proxy } = await meet({ back: { duplication: 0.3 } });
    const { near, far } = await open();
    const numbers = await numbersThrough(far, near, 500);
    expect([...new Set(numbers)]).toEqual(upTo(500));
    expect(numbers.length).toBe(500 + proxy.counts().duplicated);
    expect(proxy.counts().duplicated).toBeGreaterThan(100);
  });

  test('faultyProxy reorders and loses nothing', async () => {
    const { open, proxy } = await meet({ there: { reordering: 0.3 } });
    const { near, far } = await open();
    const numbers = await numbersThrough(near, far, 500);
    expect(numbers).not.toEqual(upTo(500));
    expect([...numbers].sort((a, b) => a - b)).toEqual(upTo(500));
    expect(proxy.counts().reordered).toBeGreaterThan(100);
  });

  test('faultyProxy delays, in order', async () => {
    const { open, proxy } = await meet({ there: { delay: 0.3, delayMsMax: 3 } });
    const { near, far } = await open();
    expect(await numbersThrough(near, far, 200)).toEqual(upTo(200));
    expect(proxy.counts().delayed).toBeGreaterThan(30);
  });

  test('faultyProxy does the same to the same messages with the same seed', async () => {
    const run = async (seed: number): Promise<number[]> => {
      const { open } = await meet({ seed, there: { loss: 0.3, duplication: 0.3 } });
      const { near, far } = await open();
      return numbersThrough(near, far, 300);
    };
    const first = await run(7);
    expect(await run(7)).toEqual(first);
    expect(await run(8)).not.toEqual(first);
  });

  test('faultyProxy reads slowly, which holds the sender back', async () => {
    const { open, proxy } = await meet({ there: { readEveryMs: 2 } });
    const { near, far } = await open();
    expect(await numbersThrough(near, far, 50)).toEqual(upTo(50));
    proxy.setFaults({});
    const other = await open();
    expect(await numbersThrough(other.near, other.far, 50)).toEqual(upTo(50));
  });

  test('faultyProxy holds back who sends to one who does not read', async () => {
    const { open } = await meet();
    const { near, far } = await open();
    let sent = 0;
    const flood = (async () => {
      for (; sent < 1_600; sent++) await near.send(new Uint8Array(65_536));
    })();
    const other = await open();
    for (let stillFor = 0; stillFor < 20; ) {
      const before = sent;
      for (let round = 0; round < 20; round++) {
        await other.near.send(Uint8Array.of(round));
        await other.far[Symbol.asyncIterator]().next();
      }
      stillFor = sent === before ? stillFor + 1 : 0;
    }
    expect(sent).toBeLessThan(1_600);
    for (let read = 0; read < 1_600; read++) await far[Symbol.asyncIterator]().next();
    await flood;
  });

  test('cut by breaking loses links on both sides, and lets none be opened until heal', async () => {
    const { open, proxy } = await meet();
    const { near, far } = await open();
    proxy.cut('breaks');
    for (const link of [near, far]) for await (const frame of link) expect.unreachable(`a frame of ${frame.length}`);
    await expect(transport.connect(proxy.address)).rejects.toMatchObject({ code: 'LINK_FAILED' });
    expect(proxy.connections()).toBe(0);
    proxy.heal();
    const again = await open();
    expect(await numbersThrough(again.near, again.far, 5)).toEqual(upTo(5));
  });

  test('cut by silence keeps what was sent until heal, and answers nobody meanwhile', async () => {
    const { open, proxy, accepted } = await meet();
    const { near, far } = await open();
    proxy.cut('silence');
    for (const number of [1, 2, 3]) await near.send(Uint8Array.of(number));
    const refused = transport.connect(proxy.address, { timeoutMs: 50 });
    await expect(refused).rejects.toMatchObject({ code: 'LINK_FAILED' });
    const waiting = transport.connect(proxy.address);
    expect(accepted.length).toBe(1);
    let came = 0;
    const reading = (async () => {
      for await (const [number] of far) {
        expect(number).toBe(++came);
        if (came === 3) break;
      }
    })();
    for (let round = 0; round < 20; round++) await new Promise((resolve) => setImmediate(resolve));
    expect(came).toBe(0);
    proxy.heal();
    await reading;
    await (await waiting).close();
  });
});
