import { describe, expect, test } from 'vitest';
import { lastWriter } from '../../src/store/resolve.ts';
import { refusalOf, shown } from '../store/replicas.ts';
import { failureOf, NO_HINTS, read, type Three, three } from './three.ts';

describe('Group.get', () => {
  /** `a` and `b` have the write, `c` was away; nothing brings it there but a read. */
  async function missed(delay = 1): Promise<Three> {
    const all = await three(undefined, NO_HINTS);
    const { cluster, env, a } = all;
    cluster.isolate('c');
    await env.run(a.group.put('k', 'x'));
    cluster.isExchanging = false;
    cluster.isPushing = false;
    cluster.delays = () => delay;
    return all;
  }

  test('get of R = 1 is this replica’s own answer and asks nobody', async () => {
    const all = await three({ n: 3 });
    await all.env.run(all.a.group.put('k', 'x'));
    const { ask } = all.cluster.asked;
    expect(await read(all, all.a, 'k')).toBe('live x from a');
    expect(all.cluster.asked['ask']).toBe(ask);
  });

  test('get sees an acknowledged write of which its coordinator knows nothing (L13)', async () => {
    const all = await missed();
    all.cluster.heal('c', 'b');
    expect(await read(all, all.c, 'k')).toBe('live x from b c');
    expect(all.c.counts).toMatchObject({ repairedWithValue: 1, repairedWithTombstone: 0, repairedByDropping: 0 });
    expect(shown(await all.c.store.get('k'))).toBe('live x');
  });

  test('get brings a replica that answered with less what it lacks, once, and makes no dot (L14)', async () => {
    const all = await missed();
    const { cluster, env, a, c } = all;
    cluster.cut('a', 'b');
    cluster.heal('a', 'c');
    const dots = a.store.seen.size;
    expect(await read(all, a, 'k')).toBe('live x from a c');
    await env.run(a.group.idle());
    expect(shown(await c.store.get('k'))).toBe('live x');
    expect(a.counts.repairedWithValue).toBe(1);
    const { give } = cluster.asked;
    expect(await read(all, a, 'k')).toBe('live x from a c');
    await env.run(a.group.idle());
    expect(cluster.asked['give']).toBe(give);
    expect([a.store.seen.size, c.store.seen.size]).toEqual([dots, dots]);
  });

  test('get tells a repair with a tombstone from one with a value, and from a stale value that is dropped', async () => {
    const all = await three(undefined, NO_HINTS);
    const { cluster, env, a, b, c } = all;
    await env.run(
      a.group.batch(
        [
          { put: 'k', value: 'x' },
          { put: 'l', value: 'x' },
        ],
        { w: 3 },
      ),
    );
    cluster.isolate('c');
    await env.run(a.group.delete('k'));
    await env.run(a.group.delete('l'));
    await env.pass(20);
    cluster.isExchanging = false;
    cluster.isPushing = false;
    cluster.cut('a', 'b');
    cluster.heal('a', 'c');
    expect(await read(all, a, 'k')).toBe('deleted from a c');
    await env.run(a.group.idle());
    expect(a.counts).toMatchObject({ repairedWithTombstone: 1, repairedWithValue: 0, repairedByDropping: 0 });
    expect(shown(await c.store.get('k'))).toBe('deleted');
    // The tombstone of l is gone for good at a: absence has to drop what c still holds.
    await a.store.reap({ force: true });
    expect(await read(all, a, 'l')).toBe('absent from a c');
    await env.run(a.group.idle());
    expect(a.counts.repairedByDropping).toBe(1);
    expect(shown(await c.store.get('l'))).toBe('absent');
    expect(shown(await b.store.get('l'))).toBe('deleted');
    const { give } = cluster.asked;
    cluster.heal('a', 'b');
    expect(await read(all, a, 'l', 3)).toBe('absent from a b c');
    await env.run(a.group.idle());
    expect(cluster.asked['give']).toBe(give); // a tombstone that is left alone shows nothing wrong
  });

  test('get repairs its own stale value by the absence of another', async () => {
    const all = await three(undefined, NO_HINTS);
    const { cluster, env, a, c } = all;
    await env.run(a.group.put('l', 'x', { w: 3 }));
    cluster.isolate('c');
    await env.run(a.group.delete('l'));
    await a.store.reap({ force: true });
    cluster.isExchanging = false;
    cluster.isPushing = false;
    cluster.heal('a', 'c');
    expect(await read(all, c, 'l')).toBe('absent from a c');
    expect(c.counts.repairedByDropping).toBe(1);
    expect(shown(await c.store.get('l'))).toBe('absent');
  });

  test('get gives a context that covers what the absent ones knew, so that the next write makes no false conflict', async () => {
    const all = await three(undefined, NO_HINTS);
    const { cluster, env, a, b, c } = all;
    cluster.isolate('c');
    const stale = await b.store.put('k', 'x');
    await env.pass(20);
    await env.run(a.group.delete('k', { context: stale.context }));
    await env.pass(20);
    await a.store.reap({ force: true });
    cluster.isExchanging = false;
    cluster.isPushing = false;
    cluster.heal('a', 'c');
    const { answer, session } = await env.run(c.group.get('k'));
    expect(shown(answer)).toBe('absent');
    expect(answer.clock.get('b~1')).toBe(1);
    expect(answer.clock.descends((await a.store.get('k')).clock)).toBe(true);
    expect(c.store.seen.isEmpty).toBe(true); // nothing differed, so nothing was taken in
    const written = await c.store.put('k', 'y', { context: answer.context });
    await c.store.receiveReplica('k', {
      key: 'k',
      versions: [{ id: 'b~1', counter: 1, time: 1, value: 'x' }],
      context: b.store.seen.minus(a.store.seen).add('b~1', 1),
    });
    expect(shown(await c.store.get('k'))).toBe('live y');
    expect(written.dot.counter).toBe(1);
    // Nor does the session go back to where that is not known.
    expect(await refusalOf(() => env.run(c.group.get('other', { session, waitMs: 0 })))).toBe('BEHIND');
  });

  test('get applies the policies of the store to the merged answer', async () => {
    const all = await three(undefined, { ...NO_HINTS, store: { resolver: lastWriter } });
    const { cluster, env, a, b } = all;
    cluster.isolate('b');
    await b.store.put('k', 'early');
    await env.pass(10);
    await env.run(a.group.put('k', 'late'));
    cluster.isExchanging = false;
    cluster.isPushing = false;
    cluster.heal('a', 'b');
    cluster.cut('a', 'c');
    const { answer } = await env.run(a.group.get('k'));
    expect(shown(answer)).toBe('live late');
    expect(answer.siblings.length).toBe(2);
    expect(shown((await env.run(b.group.get('k'))).answer)).toBe('live late');
  });

  test('get answers when R have answered, and a late answer still repairs', async () => {
    const all = await missed();
    const { cluster, env, a, c } = all;
    cluster.heal('a', 'c');
    cluster.delays = (from, to) => ([from, to].includes('c') ? 400 : 1);
    const before = env.elapsed();
    expect(await read(all, a, 'k')).toBe('live x from a b');
    expect(env.elapsed() - before).toBeLessThan(100);
    expect(shown(await c.store.get('k'))).toBe('absent');
    await env.pass(2_000);
    expect(shown(await c.store.get('k'))).toBe('live x');
    expect(a.counts.repairedWithValue).toBe(1);
  });

  test('get repairs its own store with a late answer', async () => {
    const all = await missed();
    const { cluster, env, a, b } = all;
    await b.store.put('k', 'y');
    cluster.heal('a', 'c');
    cluster.delays = (from, to) => ([from, to].includes('b') ? 400 : 1);
    expect(await read(all, a, 'k')).toBe('live x from a c');
    await env.pass(2_000);
    expect(shown(await a.store.get('k'))).toBe('live y');
    expect(a.counts.repairedWithValue).toBe(2);
  });

  test('get fails at once when too few are connected, and in time when they do not answer', async () => {
    const all = await three(undefined, NO_HINTS);
    const { cluster, env, a } = all;
    cluster.delays = () => 10_000;
    let before = env.elapsed();
    const late = await failureOf(env.run(a.group.get('k', { timeoutMs: 700 })));
    expect(late).toMatchObject({ code: 'QUORUM_NOT_MET', outcome: 'not-done', details: { r: 2, answered: ['a'] } });
    expect(env.elapsed() - before).toBe(700);
    cluster.isolate('a');
    before = env.elapsed();
    expect(await failureOf(env.run(a.group.get('k')))).toMatchObject({
      code: 'QUORUM_NOT_MET',
      details: { answered: ['a'] },
    });
    expect(env.elapsed()).toBe(before);
    expect(a.counts.quorumFailures).toBe(2);
    expect(shown((await env.run(a.group.get('k', { r: 1 }))).answer)).toBe('absent');
    for (const r of [0, 4]) expect(await refusalOf(() => env.run(a.group.get('k', { r })))).toBe('RangeError');
    expect(await refusalOf(() => env.run(a.group.get('')))).toBe('RangeError');
  });

  test('get fails as soon as the links it waits for are lost', async () => {
    const { cluster, env, a } = await three(undefined, NO_HINTS);
    cluster.delays = () => 1_000;
    const get = a.group.get('k');
    await env.pass(10);
    const before = env.elapsed();
    cluster.isolate('a');
    expect(await refusalOf(() => env.run(get))).toBe('QUORUM_NOT_MET');
    expect(env.elapsed() - before).toBeLessThanOrEqual(1_000);
  });

  test('get believes no answer that names writes of its own replica that it never made', async () => {
    const all = await three(undefined, NO_HINTS);
    const { cluster, env, a, b } = all;
    await b.store.receiveReplica('k', {
      key: 'k',
      versions: [{ id: 'a~1', counter: 9, time: 1, value: 'forged' }],
      context: (await b.store.record('k')).context.add('a~1', 9),
    });
    cluster.cut('a', 'c');
    expect(await refusalOf(() => env.run(a.group.get('k', { timeoutMs: 100 })))).toBe('QUORUM_NOT_MET');
    cluster.heal('a', 'c');
    await env.pass(5);
    expect(shown(await a.store.get('k'))).toBe('absent');
  });

  test('get of a dot with two contents keeps both', async () => {
    const all = await three(undefined, NO_HINTS);
    const { cluster, env, a, b, c } = all;
    cluster.isPushing = false;
    const context = a.store.seen.add('z~1', 1);
    await b.store.receiveReplica('k', {
      key: 'k',
      versions: [{ id: 'z~1', counter: 1, time: 1, value: 'one' }],
      context,
    });
    await c.store.receiveReplica('k', {
      key: 'k',
      versions: [{ id: 'z~1', counter: 1, time: 1, value: 'two' }],
      context,
    });
    const { answer } = await env.run(a.group.get('k', { r: 3 }));
    expect(answer.siblings.map((sibling) => (sibling.tombstone ? '†' : sibling.value)).sort()).toEqual(['one', 'two']);
  });
});
