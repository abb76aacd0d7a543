import { describe, expect, test } from 'vitest';
import { CausalError } from '../../src/errors.ts';
import { type MemoryTransport, memoryTransport } from '../../src/transport/memory.ts';
import type { Link } from '../../src/transport/transport.ts';
import { testTransportLaws } from './suite.ts';

async function pairOf(network: MemoryTransport, address = 'memory:berlin'): Promise<[Link, Link]> {
  const accepted: Link[] = [];
  const listener = await network.listen(address, (link) => accepted.push(link));
  const near = await network.connect(address);
  await listener.close();
  return [near, accepted[0] ?? expect.unreachable('nothing came in')];
}

describe('memoryTransport', () => {
  testTransportLaws(() => ({
    connecting: memoryTransport(),
    address: 'memory:berlin',
    nobody: 'memory:atlantis',
    underWayBytesMax: 2 ** 20 + 2 * 65_536,
  }));

  describe('for participants with names', () => {
    testTransportLaws(() => {
      const network = memoryTransport({ frameBytesMax: 100_000, bufferBytes: 1_024 });
      return {
        connecting: network.at('memory:paris', 'paris'),
        listening: network.at('memory:berlin', 'berlin'),
        address: 'memory:berlin',
        nobody: 'memory:atlantis',
        underWayBytesMax: 2 * 65_536,
        connectorName: 'paris',
        listenerName: 'berlin',
      };
    });
  });

  test('memoryTransport makes networks that know nothing of each other', async () => {
    await memoryTransport().listen('memory:berlin', () => undefined);
    await expect(memoryTransport().connect('memory:berlin')).rejects.toMatchObject({ code: 'LINK_FAILED' });
  });

  test('memoryTransport holds back empty frames too', async () => {
    const [near, far] = await pairOf(memoryTransport({ bufferBytes: 6_400 }));
    let sent = 0;
    const flood = Promise.all(Array.from({ length: 300 }, () => near.send(new Uint8Array(0)).then(() => sent++)));
    await Promise.resolve();
    for (let turn = 0; turn < 1_000; turn++) await Promise.resolve();
    expect(sent).toBe(100);
    await far[Symbol.asyncIterator]().next();
    for (let turn = 0; turn < 100; turn++) await Promise.resolve();
    expect(sent).toBe(101);
    const rest = (async () => {
      for await (const frame of far) expect(frame.length).toBe(0);
    })();
    await flood;
    await near.close();
    await rest;
  });

  test('memoryTransport gives the other side bytes of its own', async () => {
    const [near, far] = await pairOf(memoryTransport());
    const frame = Uint8Array.of(1, 2, 3);
    const sent = near.send(frame);
    frame.fill(9);
    await sent;
    const { value } = await far[Symbol.asyncIterator]().next();
    expect(value).toEqual(Uint8Array.of(1, 2, 3));
    value?.fill(8);
    expect(frame).toEqual(Uint8Array.of(9, 9, 9));
  });

  test('at names the participant to the other side', async () => {
    const network = memoryTransport();
    const accepted: Link[] = [];
    await network.at('memory:berlin').listen('memory:berlin', (link) => accepted.push(link));
    const near = await network.at('memory:paris').connect('memory:berlin');
    expect([near.peer, accepted[0]?.peer]).toEqual(['memory:berlin', 'memory:paris']);
  });

  test('cut loses the links from and to an address, lets none be opened until heal, and spares the others', async () => {
    const network = memoryTransport();
    const accepted: Link[] = [];
    for (const name of ['memory:berlin', 'memory:paris', 'memory:rome']) {
      await network.listen(name, (link) => accepted.push(link));
    }
    const [paris, rome] = [network.at('memory:paris'), network.at('memory:rome')];
    const toBerlin = await paris.connect('memory:berlin');
    const toParis = await rome.connect('memory:paris');
    const spared = await rome.connect('memory:berlin');
    await toBerlin.send(Uint8Array.of(1));
    network.cut('memory:paris');
    for (const link of [toBerlin, accepted[0], toParis, accepted[1]]) {
      expect(await link?.[Symbol.asyncIterator]().next()).toEqual({ done: true, value: undefined });
      expect(link?.endedBecause()).toBe('it was cut');
      await expect(link?.send(Uint8Array.of(1))).rejects.toMatchObject({ code: 'LINK_FAILED', outcome: 'not-done' });
    }
    await expect(paris.connect('memory:berlin')).rejects.toBeInstanceOf(CausalError);
    await expect(rome.connect('memory:paris')).rejects.toMatchObject({ code: 'LINK_FAILED' });
    await spared.send(Uint8Array.of(7));
    expect((await accepted[2]?.[Symbol.asyncIterator]().next())?.value).toEqual(Uint8Array.of(7));
    network.heal('memory:paris');
    await (await paris.connect('memory:berlin')).send(Uint8Array.of(2));
    expect((await accepted[3]?.[Symbol.asyncIterator]().next())?.value).toEqual(Uint8Array.of(2));
  });

  test('cut settles a send that waits', async () => {
    const network = memoryTransport({ bufferBytes: 1 });
    const [near] = await pairOf(network);
    await near.send(Uint8Array.of(1));
    const waiting = near.send(Uint8Array.of(2));
    network.cut('memory:berlin');
    await expect(waiting).rejects.toMatchObject({ code: 'LINK_FAILED', outcome: 'unknown' });
  });

  test('memoryTransport refuses limits and addresses that are none', async () => {
    expect(() => memoryTransport({ frameBytesMax: 1 })).toThrow(RangeError);
    expect(() => memoryTransport({ bufferBytes: 0 })).toThrow(RangeError);
    await expect(memoryTransport().listen('ws://localhost', () => undefined)).rejects.toThrow(TypeError);
  });
});
