import { describe, expect, test } from 'vitest';
import { memoryStorage } from '../../src/storage/memory.ts';
import { refusalOf, shown } from '../store/replicas.ts';
import { NAMES, three } from './three.ts';

describe('Handoff', () => {
  test('a member that was away is handed what it missed, as it is then, and the hints go', async () => {
    const { cluster, env, a, c } = await three();
    cluster.isolate('c');
    await env.run(a.group.put('k', 'x'));
    await env.run(a.group.put('k', 'y'));
    await env.run(a.group.delete('l'));
    await env.run(a.group.put('m', 'x', { w: 1 }));
    await env.run(a.group.idle());
    expect([a.group.hints, a.counts.hintsKept]).toEqual([3, 3]);
    cluster.isExchanging = false;
    cluster.isPushing = false;
    cluster.heal('a', 'c');
    await env.pass(50);
    expect([shown(await c.store.get('k')), shown(await c.store.get('l')), shown(await c.store.get('m'))]).toEqual([
      'live y',
      'deleted',
      'live x',
    ]);
    expect([a.group.hints, a.counts.hintsDelivered, cluster.asked['give']]).toEqual([0, 3, 3]);
    cluster.cut('a', 'c');
    cluster.heal('a', 'c');
    await env.pass(50);
    expect(cluster.asked['give']).toBe(3);
  });

  test('a few records are under way at once, and what a lost link did not carry is kept', async () => {
    const { cluster, env, a, c } = await three();
    cluster.isolate('c');
    for (let key = 0; key < 10; key += 1) await env.run(a.group.put(`k${key}`, 'x'));
    await env.run(a.group.idle());
    cluster.isExchanging = false;
    cluster.delays = (_from, _to, what) => (what === 'give' ? 100 : 1);
    cluster.heal('a', 'c');
    await env.pass(150);
    expect(cluster.asked['give']).toBe(4);
    await env.pass(100);
    cluster.cut('a', 'c');
    await env.pass(1_000);
    expect(a.group.hints).toBe(6);
    expect(a.counts.hintsDelivered).toBe(4);
    cluster.heal('a', 'c');
    await env.pass(1_000);
    expect([a.group.hints, [...c.store.keys()].length]).toEqual([0, 10]);
  });

  test('hints that are too old are dropped and counted; the exchange brings what they would have', async () => {
    const hints = () => ({ storage: memoryStorage(), ttlMs: 1_000 });
    const { cluster, env, a, c } = await three(undefined, { hints });
    cluster.isolate('c');
    await env.run(a.group.put('k', 'x'));
    await env.pass(2_000);
    cluster.heal('a', 'c');
    await env.pass(50);
    expect(a.counts).toMatchObject({ hintsKept: 1, hintsExpired: 1, hintsDelivered: 0 });
    expect(shown(await c.store.get('k'))).toBe('live x');
  });

  test('a member that is retired is owed nothing', async () => {
    const { cluster, env, a } = await three();
    cluster.isolate('c');
    await env.run(a.group.put('k', 'x'));
    await env.run(a.group.idle());
    expect(a.group.hints).toBe(1);
    await env.run(a.group.retire('c'));
    expect([a.group.hints, a.counts.hintsDropped, a.group.members()]).toEqual([0, 1, ['a', 'b']]);
    await env.run(a.group.put('k', 'y'));
    expect(a.group.hints).toBe(0);
  });

  test('a hint is not delivered to who has the write already', async () => {
    const { cluster, env, a } = await three();
    cluster.isolate('c');
    await env.run(a.group.put('k', 'x'));
    await env.run(a.group.idle());
    cluster.delays = (_from, _to, what) => (what === 'give' ? 100 : 1);
    for (let key = 0; key < 8; key += 1) await env.run(a.group.put(`k${key}`, 'x'));
    cluster.heal('a', 'c');
    await env.pass(1_000);
    expect([a.group.hints, a.counts.hintsDelivered, a.counts.hintsDropped]).toEqual([0, 4, 5]);
  });

  test('hints outlive their replica, and its end loses none of them', async () => {
    const storage = memoryStorage();
    const { cluster, env, c } = await three();
    const members = ['b', 'c', 'd'];
    const d = await cluster.open('d', { group: { members, w: 2 }, hints: () => ({ storage }) });
    cluster.heal('b', 'd');
    await env.pass(10);
    await env.run(d.group.put('k', 'x'));
    await env.run(d.group.close());
    const again = await cluster.open('e', { group: { members: ['b', 'c', 'e'] }, hints: () => ({ storage }) });
    expect(again.group.hints).toBe(1);
    await again.store.put('k', 'from e');
    cluster.isExchanging = false;
    cluster.isPushing = false;
    cluster.heal('c', 'e');
    await env.pass(50);
    expect(shown(await c.store.get('k'))).toBe('conflict x|from e');
  });
});

describe('sloppy quorums', () => {
  test('a stranger stands in for an absent member only when that was asked for, and the result says so', async () => {
    const { cluster, env, a, c } = await three({ n: 3, r: 2, w: 3 });
    const d = await cluster.open('d', { store: { members: NAMES } });
    cluster.heal('a', 'd');
    await env.pass(20);
    cluster.isolate('c');
    expect(await refusalOf(() => env.run(a.group.put('k', 'x')))).toBe('QUORUM_NOT_MET');
    const written = await env.run(a.group.put('k', 'x', { isSloppy: true }));
    expect([written.durableAt, written.hintedAt]).toEqual([['a', 'b'], ['d']]);
    expect(shown(await d.store.get('k'))).toBe('live x');
    expect(a.counts.hintsKept).toBe(1);
    cluster.isExchanging = false;
    cluster.heal('a', 'c');
    await env.pass(50);
    expect(shown(await c.store.get('k'))).toBe('live x');
    // All members are there: nobody stands in.
    const full = await env.run(a.group.put('k', 'y', { isSloppy: true, context: (await a.store.get('k')).context }));
    expect([full.durableAt, full.hintedAt]).toEqual([NAMES, []]);
  });

  test('a stranger does not stand in, unasked, for a member that is lost during the write', async () => {
    const { cluster, env, a } = await three({ n: 3, w: 3 });
    await cluster.open('d', { store: { members: NAMES } });
    cluster.heal('a', 'd');
    await env.pass(20);
    cluster.delays = (from, to) => ([from, to].includes('c') ? 100 : 1);
    const put = a.group.put('k', 'x', { timeoutMs: 500 });
    await env.pass(50);
    cluster.cut('a', 'c');
    await expect(env.run(put)).rejects.toMatchObject({ outcome: 'unknown', details: { written: ['a', 'b'] } });
  });

  test('one stranger stands in for one absent member, not for two', async () => {
    const { cluster, env, a } = await three({ n: 3, w: 3, isSloppy: true });
    await cluster.open('d', { store: { members: NAMES } });
    cluster.heal('a', 'd');
    await env.pass(20);
    cluster.cut('a', 'b');
    cluster.cut('a', 'c');
    expect(await refusalOf(() => env.run(a.group.put('k', 'x')))).toBe('QUORUM_NOT_MET');
    expect((await env.run(a.group.put('k', 'x', { w: 2 }))).hintedAt).toEqual(['d']);
    expect(a.group.hints).toBe(2);
  });

  test('a stranger whose hint cannot be kept counts for nothing', async () => {
    const broken = {
      name: 'broken',
      open: async () => ({
        ...(await memoryStorage().open()),
        manifest: {
          name: 'broken',
          durability: ['synced'] as const,
          survives: 'nothing' as const,
          keyBytesMax: 9,
          valueBytesMax: 9,
        },
        place: undefined,
        getMany: () => [],
        scan: async function* () {},
        close: () => undefined,
        commit: () => Promise.reject(new Error('the disk is gone')),
      }),
    };
    const { cluster, env, a } = await three({ n: 3, w: 3, isSloppy: true }, { hints: () => ({ storage: broken }) });
    await cluster.open('d', { store: { members: NAMES } });
    cluster.heal('a', 'd');
    await env.pass(20);
    cluster.cut('a', 'c');
    const put = env.run(a.group.put('k', 'x'));
    await expect(put).rejects.toMatchObject({
      code: 'QUORUM_NOT_MET',
      outcome: 'unknown',
      details: { written: ['a', 'b'] },
    });
    expect(a.group.hints).toBe(0);
  });
});
