import { describe, expect, test } from 'vitest';
import { refusalOf, shown } from '../store/replicas.ts';
import { failureOf, read, three } from './three.ts';

describe('Group.put', () => {
  test('put answers when W members have taken the write in, and names them', async () => {
    const { env, a, b, c } = await three();
    const written = await env.run(a.group.put('k', 'x'));
    expect(written.durableAt).toEqual(['a', 'b']);
    expect(written.hintedAt).toEqual([]);
    expect(written.dot).toEqual({ id: 'a~1', counter: 1 });
    await env.pass(5);
    expect([shown(await b.store.get('k')), shown(await c.store.get('k'))]).toEqual(['live x', 'live x']);
    expect((await env.run(c.group.put('other', 'x', { w: 3 }))).durableAt).toEqual(['a', 'b', 'c']);
    const again = await env.run(b.group.put('k', 'y', { context: written.context }));
    expect(again.durableAt).toContain('b');
    expect(b.counts.puts).toBe(1);
  });

  test('put with W = 1 answers at once, and the others get it later', async () => {
    const { cluster, env, a, b } = await three({ n: 3 });
    cluster.delays = () => 500;
    expect((await env.run(a.group.put('k', 'x'))).durableAt).toEqual(['a']);
    expect(env.elapsed()).toBeLessThan(100);
    expect(shown(await b.store.get('k'))).toBe('absent');
    await env.pass(1_100);
    expect(shown(await b.store.get('k'))).toBe('live x');
  });

  test('put that cannot meet W is refused before anything is written (L17)', async () => {
    const { cluster, env, a, b } = await three();
    cluster.isolate('a');
    const error = await failureOf(env.run(a.group.put('k', 'x')));
    expect(error).toMatchObject({ code: 'QUORUM_NOT_MET', outcome: 'not-done', details: { w: 2, written: [] } });
    expect(shown(await a.store.get('k'))).toBe('absent');
    expect(a.store.seen.isEmpty).toBe(true);
    expect(a.counts.quorumFailures).toBe(1);
    cluster.rejoin('a');
    await env.pass(50);
    expect(shown(await b.store.get('k'))).toBe('absent');
  });

  test('put whose W is not met in time may have happened: it says who has it, and it spreads', async () => {
    const { cluster, env, a, b } = await three();
    cluster.isPushing = false;
    const error = await failureOf(env.run(a.group.put('k', 'x', { timeoutMs: 300 })));
    expect(error).toMatchObject({ code: 'QUORUM_NOT_MET', outcome: 'unknown' });
    expect(error.details).toMatchObject({ w: 2, written: ['a'], dot: { id: 'a~1', counter: 1 } });
    await env.run(cluster.exchange('a', 'b'));
    expect(shown(await b.store.get('k'))).toBe('live x');
  });

  test('put counts a member that confirmed and was cut off then', async () => {
    const { cluster, env, a } = await three({ n: 3, r: 2, w: 3 });
    cluster.delays = (_from, to) => (to === 'c' ? 100 : 1);
    const put = a.group.put('k', 'x', { timeoutMs: 1_000 });
    await env.pass(50);
    cluster.cut('a', 'b');
    expect((await env.run(put)).durableAt).toEqual(['a', 'b', 'c']);
  });

  test('put passes on what the store refuses, and closing says that a write may have happened', async () => {
    const { cluster, env, a } = await three();
    expect(await refusalOf(() => env.run(a.group.put('k', 'x', { context: 'damaged' })))).toBe('CONTEXT_INVALID');
    expect(await refusalOf(() => env.run(a.group.put('', 'x')))).toBe('RangeError');
    for (const w of [0, 4, 1.5])
      expect(await refusalOf(() => env.run(a.group.put('k', 'x', { w })))).toBe('RangeError');
    expect(a.store.seen.isEmpty).toBe(true);
    cluster.isPushing = false;
    const put = a.group.put('k', 'x');
    await env.pass(10);
    const closing = a.group.close();
    expect(await failureOf(env.run(put))).toMatchObject({ code: 'QUORUM_NOT_MET', outcome: 'unknown' });
    await env.run(closing);
    expect(env.timers).toBe(0);
  });

  test('put during which the store is closed says that it may have happened', async () => {
    const { cluster, env, a } = await three();
    cluster.isPushing = false;
    const put = a.group.put('k', 'x', { timeoutMs: 500 });
    await env.pass(10);
    await a.store.close();
    expect(await failureOf(env.run(put))).toMatchObject({ outcome: 'unknown', details: { dot: { counter: 1 } } });
  });

  test('batch is written whole and answered when W members have all of it', async () => {
    const { env, a, b } = await three();
    const written = await env.run(a.group.batch([{ put: 'k', value: 'x' }, { put: 'l', value: 'y' }, { delete: 'm' }]));
    expect(written.map(({ dot, durableAt }) => [dot.counter, durableAt.length >= 2])).toEqual([
      [1, true],
      [2, true],
      [3, true],
    ]);
    expect([shown(await b.store.get('k')), shown(await b.store.get('m'))]).toEqual(['live x', 'deleted']);
    expect([a.counts.puts, a.counts.deletes]).toEqual([2, 1]);
    expect(await refusalOf(() => env.run(a.group.batch([{ delete: 'k' }, { delete: 'k' }])))).toBe('TypeError');
    expect(await env.run(a.group.batch([]))).toEqual([]);
  });

  test('delete is seen by a quorum that the value never left', async () => {
    const all = await three();
    const { cluster, env, a } = all;
    await env.run(a.group.put('k', 'x', { w: 3 }));
    cluster.isolate('c');
    await env.run(a.group.delete('k'));
    cluster.isolate('b');
    cluster.isExchanging = false;
    cluster.isPushing = false;
    cluster.heal('a', 'c');
    expect(await read(all, a, 'k')).toBe('deleted from a c');
    expect(a.counts.deletes).toBe(1);
  });
});
