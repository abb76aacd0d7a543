import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { openStore } from '../../src/index.ts';
import { linkFrames } from '../../src/replica/link-message.ts';
import { memoryStorage } from '../../src/storage/memory.ts';
import type { StorageEngine } from '../../src/storage/storage.ts';
import type { Link } from '../../src/transport/transport.ts';
import { Cluster, type Member } from './cluster.ts';

let cluster: Cluster;
beforeEach(() => {
  cluster = new Cluster();
});
afterEach(() => cluster.close());

async function three(): Promise<[Member, Member, Member]> {
  const names = ['a', 'b', 'c'];
  const opened: Member[] = [];
  for (const name of names)
    opened.push(
      await cluster.open(
        name,
        names.filter((other) => other !== name),
        {},
        { members: names },
      ),
    );
  await cluster.env.pass(1_000);
  return opened as [Member, Member, Member];
}

async function shown({ replica }: Member, key: string): Promise<unknown> {
  const answer = await replica.store.get(key);
  return answer.status === 'live' ? answer.value : answer.status;
}

describe('a replica', () => {
  test('has one link to each peer, whoever dialled', async () => {
    for (const { replica } of await three()) {
      const { peers } = await replica.status();
      expect(peers.map(({ state }) => state)).toEqual(['connected', 'connected']);
    }
  });

  test('tells its peers of a write at once, without an exchange', async () => {
    const [a, b, c] = await three();
    const { exchanges } = (await a.replica.status()).counters;
    await a.replica.store.put('k', 'v');
    await cluster.env.settle();
    expect([await shown(b, 'k'), await shown(c, 'k')]).toEqual(['v', 'v']);
    expect((await a.replica.status()).counters.exchanges).toBe(exchanges);
  });

  test('sends each write once over each link of a mesh: others do not relay it', async () => {
    const [a, b, c] = await three();
    const before = (await c.replica.status()).counters;
    for (let at = 0; at < 50; at += 1) await a.replica.store.put(`k${at}`, 'x'.repeat(1_000));
    await cluster.env.pass(1_000);
    const after = (await c.replica.status()).counters;
    expect(after.bytesReceived - before.bytesReceived).toBeLessThan(60_000);
    expect(b.replica.store.seen.equals(c.replica.store.seen)).toBe(true);
  });

  test('relays along a chain what the ends cannot tell each other', async () => {
    const a = await cluster.open('a', ['b']);
    await cluster.open('b', []);
    const c = await cluster.open('c', ['b']);
    await cluster.env.pass(1_000);
    await a.replica.store.put('k', 1);
    await cluster.env.pass(1_000);
    expect(await shown(c, 'k')).toBe(1);
    // From then on without waiting to be asked.
    await a.replica.store.put('k', 2);
    await cluster.env.settle();
    expect(await shown(c, 'k')).toBe(2);
  });

  test('takes writes while it is cut off, and shows the conflict when it is healed', async () => {
    const [a, b, c] = await three();
    for (const peer of ['a', 'b']) c.replica.cut(peer);
    await cluster.env.settle();
    await a.replica.store.put('k', 'here');
    await c.replica.store.put('k', 'there');
    await cluster.env.pass(5_000);
    expect([await shown(b, 'k'), await shown(c, 'k')]).toEqual(['here', 'there']);
    expect((await c.replica.status()).peers.map(({ state }) => state)).toEqual(['cut', 'cut']);
    for (const peer of ['a', 'b']) c.replica.heal(peer);
    await cluster.env.pass(15_000);
    for (const member of [a, b, c]) expect(await shown(member, 'k')).toBe('conflict');
  });

  test('comes back after the deleted was reaped: its old data goes, its own writes stay', async () => {
    const [a, b, c] = await three();
    for (let at = 0; at < 20; at += 1) await a.replica.store.put(`k${at}`, at);
    await cluster.env.pass(1_000);
    for (const peer of ['a', 'b']) c.replica.cut(peer);
    await a.replica.retire('c');
    for (let at = 0; at < 10; at += 1) await b.replica.store.delete(`k${at}`);
    await c.replica.store.put('own', 'new');
    await cluster.env.pass(30_000);
    expect((await a.replica.status()).stats).toMatchObject({ keys: 10, tombstones: 0, reaped: 10 });
    for (const peer of ['a', 'b']) c.replica.heal(peer);
    await cluster.env.pass(30_000);
    for (const { replica } of [a, b, c]) {
      const keys = (await replica.store.keys().toArray()).length;
      expect([keys, (await replica.store.get('own')).status]).toEqual([11, 'live']);
    }
  });

  test('reaps what every member has seen, in a round of pushes, and falls silent', async () => {
    const [a, b, c] = await three();
    for (let at = 0; at < 100; at += 1) await a.replica.store.put(`k${at}`, at);
    for (let at = 0; at < 100; at += 1) await a.replica.store.delete(`k${at}`);
    await cluster.env.pass(20_000);
    for (const { replica } of [a, b, c]) {
      const { stats, reapLagMs } = await replica.status();
      expect({ keys: stats.keys, reaped: stats.reaped, reapLagMs }).toEqual({ keys: 0, reaped: 100, reapLagMs: 0 });
    }
    const before = (await a.replica.status()).counters;
    await cluster.env.pass(60_000);
    const after = (await a.replica.status()).counters;
    expect(after.pushesSent).toBe(before.pushesSent);
    expect(after.bytesSent - before.bytesSent).toBeLessThan(2_000);
  });

  test('goes on with its other peers while one reads nothing', async () => {
    const a = await cluster.open('a', []);
    const b = await cluster.open('b', ['a']);
    const deaf = await cluster.net.at('memory:deaf').connect('memory:a');
    await deaf.send(hello('deaf~1'));
    await cluster.env.settle();
    for (let at = 0; at < 200; at += 1) await a.replica.store.put(`k${at}`, 'x'.repeat(10_000));
    // Between two slices of what it takes in b lets others go first, which needs no time.
    await cluster.env.settle(40);
    await cluster.env.pass(1_000);
    expect(await shown(b, 'k199')).toBe('x'.repeat(10_000));
    await cluster.env.pass(60_000);
    expect(a.events).toContainEqual(expect.objectContaining({ kind: 'peer-lost', peer: 'deaf' }));
  });

  test('makes answers for a peer that takes none no faster than it takes them', async () => {
    const [a] = await three();
    await a.replica.store.put('k', 'x'.repeat(100_000));
    const deaf = await cluster.net.at('memory:deaf').connect('memory:a');
    await deaf.send(hello('deaf~1'));
    await cluster.env.settle();
    const made = vi.spyOn(a.replica.store, 'record');
    const count = { sent: 0 };
    for (let request = 1; request <= 200; request += 1)
      for (const frame of linkFrames({ kind: 'ask', request, key: 'k' }, 2 ** 20, count)) await deaf.send(frame);
    await cluster.env.settle();
    // As many as the link itself holds, and one that waits for it.
    expect(made.mock.calls.length).toBeLessThan(60);
    let answers = 0;
    const reading = async (): Promise<void> => {
      for await (const frame of deaf) {
        if (frame[1] === 10) answers += 1;
        if (answers === 200) break;
      }
    };
    // Others were there a moment ago, so it is read at its share.
    await cluster.env.run(reading());
    expect(made.mock.calls.length).toBe(200);
    await deaf.close();
  });

  test('closes only after its peers have what it has', async () => {
    const [a, b] = await three();
    await Promise.all(Array.from({ length: 300 }, (_, at) => a.replica.store.put(`k${at}`, at)));
    const closing = a.replica.close({ drainMs: 5_000 });
    await cluster.env.pass(2_000);
    await closing;
    expect(await shown(b, 'k299')).toBe(299);
  });

  test('reads from two replicas as often at once as it is asked to, beyond what a link carries at once', async () => {
    const names = ['a', 'b'];
    const a = await cluster.open('a', ['b'], {}, { members: names });
    await cluster.open('b', ['a'], {}, { members: names });
    await cluster.env.pass(2_000);
    await cluster.env.run(a.replica.put('k', 1, { w: 2 }));
    const reads = Array.from({ length: 600 }, () => a.replica.get('k', { r: 2 }));
    const answers = await cluster.env.run(Promise.all(reads));
    for (const { from } of answers) expect(from).toEqual(['a', 'b']);
  });

  test('dials again until the peer is there', async () => {
    const a = await cluster.open('a', ['b']);
    await cluster.env.pass(60_000);
    const failures = a.events.filter(({ kind }) => kind === 'dial-failed').length;
    expect(failures).toBeGreaterThan(5);
    expect(failures).toBeLessThan(30);
    const b = await cluster.open('b', []);
    await a.replica.store.put('k', 1);
    await cluster.env.pass(15_000);
    expect(await shown(b, 'k')).toBe(1);
  });

  test('finds a living copy of itself through a common peer, and loses nothing of either', async () => {
    const engine = memoryStorage();
    const p = await cluster.open('p', []);
    const before = await cluster.open('a', ['p'], {}, { storage: engine });
    await before.replica.store.put('old', 1);
    await cluster.env.pass(1_000);
    await before.replica.close();
    const clone = await cloneOf(engine);
    const a = await cluster.open('a', ['p'], {}, { storage: engine });
    const copy = await cluster.open('a', ['p'], { listen: [] }, { storage: clone });
    await a.replica.store.put('mine', 1);
    await copy.replica.store.put('yours', 2);
    await cluster.env.pass(30_000);
    expect(a.replica.id).not.toBe(copy.replica.id);
    expect(copy.replica.store.isClosed || a.replica.store.isClosed).toBe(false);
    // One of them keeps the name at the peer; the other is heard when that one is gone.
    const linked = (await p.replica.status()).peers.find(({ name }) => name === 'a')?.id;
    const [first, second] = linked === a.replica.id ? [a, copy] : [copy, a];
    await first.replica.close();
    await cluster.env.pass(30_000);
    expect([await shown(p, 'old'), await shown(p, 'mine'), await shown(p, 'yours')]).toEqual([1, 1, 2]);
    await second.replica.close();
  });
});

describe('a link', () => {
  test.each([
    ['another keyspace', { keyspace: 'other' }, 'FORBIDDEN'],
    ['the name of the replica itself', { id: 'a~other' }, 'FORBIDDEN'],
    ['a version that is not spoken', { versionMin: 7, versionMax: 9 }, 'VERSION_UNSUPPORTED'],
    ['a wrong token', { token: 'wrong' }, 'UNAUTHENTICATED'],
    ['no token', {}, 'UNAUTHENTICATED'],
  ])('is refused in words to a peer with %s', async (_what, different, code) => {
    const a = await cluster.open('a', [], {
      authenticate: ({ token }) => (token === 'right' ? { mayRelay: true } : { refused: 'its token is not known' }),
    });
    const link = await cluster.net.connect('memory:a');
    await link.send(hello('x~1', different));
    const refusal = await firstFrame(link);
    expect(refusal[1]).toBe(1);
    expect(new TextDecoder().decode(refusal)).toContain(code);
    await cluster.env.settle();
    expect((await a.replica.status()).peers).toEqual([]);
  });

  test('reads nothing but a hello of a peer it does not know', async () => {
    const a = await cluster.open('a', []);
    for (const kind of [2, 4, 8, 9, 13]) {
      const link = await cluster.net.connect('memory:a');
      await link.send(Uint8Array.of(1, kind, 0));
      expect(new TextDecoder().decode(await firstFrame(link))).toContain('UNAUTHENTICATED');
    }
    expect((await a.replica.status()).counters.bytesReceived).toBe(0);
  });

  test('ends when a peer sends what is no message, and the store is as it was', async () => {
    const a = await cluster.open('a', []);
    await a.replica.store.put('k', 1);
    const before = await a.replica.store.record('k');
    for (const bytes of [[], [1], [1, 77, 1], [1, 4, 1, 1, 0, 255], [1, 2, 1, 3, 1, 0], [9, 9], [1, 9, 1, 1, 1, 1]]) {
      const link = await cluster.net.connect('memory:a');
      await link.send(hello('x~1'));
      await link.send(Uint8Array.from(bytes));
      for await (const _frame of link);
    }
    expect(await a.replica.store.record('k')).toEqual(before);
    expect(a.replica.store.seen.ids()).toEqual([a.replica.id]);
  });

  test('of a peer that may not relay brings its own writes and no others', async () => {
    const a = await cluster.open('a', [], { authenticate: ({ name }) => ({ mayRelay: name !== 'device' }) });
    const device = await cluster.open('device', ['a']);
    await device.replica.store.put('own', 1);
    await cluster.env.pass(1_000);
    expect(await shown(a, 'own')).toBe(1);
    const stranger = await openStore<unknown>({ name: 'stranger', env: cluster.env });
    await stranger.put('foreign', 1);
    await device.replica.store.receiveReplica('foreign', await stranger.record('foreign'));
    await cluster.env.pass(10_000);
    expect(await shown(a, 'foreign')).toBe('absent');
    expect(a.replica.store.seen.ids()).not.toContain(stranger.id);
  });
});

type Hello = Parameters<typeof linkFrames>[0] & { readonly kind: 'hello' };

function hello(id: string, different: Partial<Hello> = {}): Uint8Array {
  const [frame] = linkFrames(
    {
      ...{ kind: 'hello', versionMin: 1, versionMax: 1, frameBytesMax: 2 ** 20, id, keyspace: '', token: undefined },
      ...different,
    },
    2 ** 20,
  );
  return frame as Uint8Array;
}

async function firstFrame(link: Link): Promise<Uint8Array> {
  for await (const frame of link) return frame;
  throw new Error('the link ended without a frame');
}

/** An engine whose bytes were copied without anybody noticing. */
async function cloneOf(engine: StorageEngine): Promise<StorageEngine> {
  const copy = memoryStorage();
  const [from, to] = [await engine.open(), await copy.open()];
  for await (const chunk of from.scan({})) await to.commit({ puts: chunk, deletes: [] }, 'synced');
  await Promise.all([from.close(), to.close()]);
  return copy;
}
