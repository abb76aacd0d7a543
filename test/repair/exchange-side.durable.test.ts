import { describe, expect, test, vi } from 'vitest';
import { CausalError } from '../../src/errors.ts';
import { exchange } from '../../src/repair/exchange-local.ts';
import { ExchangeSide, type SideOptions } from '../../src/repair/exchange-side.ts';
import { memoryStorage } from '../../src/storage/memory.ts';
import type { StorageEngine } from '../../src/storage/storage.ts';
import type { StoreOptions } from '../../src/store/open-store.ts';
import type { Report } from '../../src/store/operations.ts';
import { expectSame, open, refusalOf, shown } from '../store/replicas.ts';
import { failingEngine, Trouble } from '../torture/failing-storage.ts';
import { frameOf, type Store } from './pair.ts';

function durable(name: string, options: StoreOptions<string> = {}): Promise<Store> {
  return open<string>(name, { members: ['a', 'b'], storage: memoryStorage(), ...options });
}

/** Two durable replicas that met, of which both have news. */
async function withNews(options: StoreOptions<string> = {}): Promise<readonly [Store, Store]> {
  const [a, b] = [await durable('a', options), await durable('b')];
  for (const key of ['k1', 'k2', 'k3']) await a.put(key, `of a: ${key}`);
  await exchange(a, b);
  await a.put('k1', 'changed by a');
  await a.delete('k2');
  await b.put('k1', 'changed by b');
  await b.put('k4', 'of b');
  return [a, b];
}

function sideAt(store: Store, options: Partial<SideOptions> = {}): ExchangeSide<string> {
  return new ExchangeSide(store, { role: 'responder', ...options });
}

/** The frames a side would begin with, as the initiator. */
async function beginningOf(store: Store, peer: string, options: Partial<SideOptions> = {}): Promise<Uint8Array[]> {
  return [...(await sideAt(store, { role: 'initiator', peer, ...options }).begin())];
}

/** Moves frames until both are silent. */
async function meet(one: ExchangeSide<string>, two: ExchangeSide<string>): Promise<void> {
  let [toOne, toTwo] = [[...(await two.begin())], [...(await one.begin())]];
  while (toOne.length + toTwo.length > 0) {
    const [fromOne, fromTwo]: [Uint8Array[], Uint8Array[]] = [[], []];
    for (const frame of toTwo) fromTwo.push(...(await two.take(frame)));
    for (const frame of toOne) fromOne.push(...(await one.take(frame)));
    [toOne, toTwo] = [fromTwo, fromOne];
  }
}

describe('ExchangeSide at a durable store', () => {
  test('ExchangeSide brings durable and volatile replicas to the same, whichever begins', async () => {
    for (const isOther of [false, true]) {
      const [a, b] = await withNews();
      const c = isOther ? await open<string>('c') : b;
      if (isOther) await c.put('k9', 'of c');
      for (const [one, two] of [
        [a, c],
        [c, a],
      ] as const) {
        await exchange(one, two);
        expectSame(a, c);
      }
      expect((await exchange(a, c)).mode).toBe('equal');
      if (!isOther) expect(shown(await a.get('k1'))).toBe('conflict changed by a|changed by b');
    }
  });

  test('ExchangeSide refuses to begin and to take at once: frames must wait for what they rest on', async () => {
    const [a, b] = await withNews();
    expect(() => sideAt(a).start()).toThrow(TypeError);
    expect(() => sideAt(a).receive(new Uint8Array(0))).toThrow('the store is durable, use begin and take');
    const volatile = sideAt(await open<string>('c'), { role: 'initiator' });
    expect([...volatile.start()].length).toBe(1);
    expect((await beginningOf(b, 'a')).length).toBe(1);
  });

  test('ExchangeSide takes frames in the order they were handed over, though nobody waits for an answer', async () => {
    const [a, b] = await withNews();
    const options = { frameBytesMax: 64 };
    const [one, two] = [
      sideAt(a, { role: 'initiator', peer: b.id, ...options }),
      sideAt(b, { peer: a.id, ...options }),
    ];
    let [toOne, toTwo] = [[...(await two.begin())], [...(await one.begin())]];
    while (toOne.length + toTwo.length > 0) {
      const flying = [toTwo.map((frame) => two.take(frame)), toOne.map((frame) => one.take(frame))] as const;
      toOne = (await Promise.all(flying[0])).flatMap((frames) => [...frames]);
      toTwo = (await Promise.all(flying[1])).flatMap((frames) => [...frames]);
    }
    expect([one.isDone, two.isDone]).toEqual([true, true]);
    expectSame(a, b);
  });

  test('ExchangeSide that threw takes nothing more', async () => {
    const [a] = await withNews();
    const side = sideAt(a);
    await side.begin();
    expect(await refusalOf(() => side.take(Uint8Array.of(1, 0x7f)))).toBe('ENCODING_INVALID');
    const again = side.take(frameOf({ kind: 'commit', isIntact: true }));
    await expect(again).rejects.toThrow('it ended with an error');
    expect(await refusalOf(() => again)).toBe('PROTOCOL_VIOLATION');
  });

  test.each(['full', 'failed, not applied', 'failed, applied'] as const)(
    'ExchangeSide sends nothing on a commit that is %s, and the next exchange comes to the end',
    async (how) => {
      for (let at = 0; at < 3; at += 1) {
        const trouble = new Trouble();
        const [a, b] = await withNews({ storage: failingEngine(memoryStorage(), trouble) });
        trouble.commitFails(at, how);
        await exchange(a, b).catch((error: unknown) => expect(error).toBeInstanceOf(CausalError));
        trouble.end();
        for (let round = 0; round < 2; round += 1) await exchange(a, b);
        expectSame(a, b);
        expect(shown(await b.get('k1'))).toBe('conflict changed by a|changed by b');
      }
    },
  );
});

describe('ExchangeSide at a durable store whose id is in use twice', () => {
  /** An engine with the same bytes. */
  async function copyOf(engine: StorageEngine): Promise<StorageEngine> {
    const copy = memoryStorage();
    const [from, to] = [await engine.open(), await copy.open()];
    for await (const chunk of from.scan({})) await to.commit({ puts: chunk, deletes: [] }, 'synced');
    await Promise.all([from.close(), to.close()]);
    return copy;
  }

  async function copies(reports: Report[]): Promise<readonly [Store, Store]> {
    const engine = memoryStorage();
    const first = await durable('a', { storage: engine });
    await first.put('old', 'v');
    await first.close();
    const clone = await copyOf(engine);
    const onReport = (report: Report): unknown => reports.push(report);
    const [a, copy] = [
      await durable('a', { storage: engine, onReport }),
      await durable('a', { storage: clone, onReport }),
    ];
    await a.put('mine', 'x');
    await copy.put('yours', 'y');
    return [a, copy];
  }

  test('ExchangeSide of two copies: one of them goes on under another id, and both come to hold everything', async () => {
    const reports: Report[] = [];
    const [a, copy] = await copies(reports);
    expect(a.id).toBe(copy.id);
    await exchange(a, copy);
    expect(a.id).not.toBe(copy.id);
    expect(reports.map(({ kind }) => kind)).toContain('renewed');
    expectSame(a, copy);
    for (const store of [a, copy]) {
      expect([shown(await store.get('old')), shown(await store.get('mine')), shown(await store.get('yours'))]).toEqual([
        'live v',
        'live x',
        'live y',
      ]);
    }
  });

  /** A peer that was shown writes of `a` that it never made: in its clock, or in the context of a record. */
  async function alarming(store: Store, how: 'in its clock' | 'in a residual'): Promise<Store> {
    const peer = await open<string>('p');
    await peer.put('own', 'of p');
    const { id } = store;
    const context = (await peer.record('ahead')).context.add(id, how === 'in its clock' ? 1 : 7).add(id, 2);
    const versions = how === 'in its clock' ? [1, 2] : [];
    const known = (await peer.record('own')).context;
    await peer.receiveReplica('ahead', {
      key: 'ahead',
      versions: versions.map((counter) => ({ id, counter, time: 5, value: `lost ${counter}` })),
      context: how === 'in its clock' ? context : known.union(context),
    });
    return peer;
  }

  test.each(['in its clock', 'in a residual'] as const)(
    'ExchangeSide whose peer knows more of its id, %s, begins a new incarnation and exchanges again',
    async (how) => {
      const reports: Report[] = [];
      const a = await durable('a', { onReport: (report) => reports.push(report) });
      await a.put('mine', 'x');
      const before = a.id;
      const peer = await alarming(a, how);
      await exchange(a, peer);
      expect(a.id).not.toBe(before);
      expect(reports).toMatchObject([{ kind: 'renewed', id: a.id }]);
      for (let round = 0; round < 2; round += 1) await exchange(a, peer);
      expectSame(a, peer);
      // What it had told under the former id stands beside the same, issued anew.
      const { siblings } = await peer.get('mine');
      expect(siblings.every((sibling) => !sibling.tombstone && sibling.value === 'x')).toBe(true);
      expect([siblings.length > 0, shown(await a.get('own'))]).toEqual([true, 'live of p']);
    },
  );

  test('ExchangeSide ends the exchange with EXCHANGE_FAILED and says why, when it began a new incarnation', async () => {
    const a = await durable('a');
    await a.put('mine', 'x');
    const peer = await alarming(a, 'in its clock');
    const { id } = a;
    const failed = meet(sideAt(peer, { role: 'initiator', peer: id }), sideAt(a, { peer: peer.id }));
    await expect(failed).rejects.toMatchObject({ code: 'EXCHANGE_FAILED', details: { isRenewed: true } });
    expect(a.id).not.toBe(id);
  });

  test.each([
    ['in its clock', 'FORBIDDEN'],
    ['in a residual', 'IDENTITY_ALARM'],
  ] as const)(
    'ExchangeSide does not believe a peer that may not alarm and knows more of its id, %s',
    async (how, expected) => {
      const reports: Report[] = [];
      const a = await durable('a', { onReport: (report) => reports.push(report) });
      await a.put('mine', 'x');
      const before = a.id;
      const peer = await alarming(a, how);
      const admit = vi.fn((): void => {
        if (how === 'in its clock') throw new CausalError('FORBIDDEN', 'Cannot take it in');
      });
      const side = sideAt(a, { peer: peer.id, mayAlarm: false, admit });
      const code = await refusalOf(() => meet(sideAt(peer, { role: 'initiator', peer: a.id }), side));
      expect(code).toBe(expected);
      expect(admit).toHaveBeenCalled();
      expect([a.id, reports]).toEqual([before, []]);
    },
  );
});
