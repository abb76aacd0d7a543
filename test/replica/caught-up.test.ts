import { describe, expect, test } from 'vitest';
import type { GroupOptions } from '../../src/replica/replica-types.ts';
import { refusalOf, shown } from '../store/replicas.ts';
import { Cluster, type Replica } from './fake-peers.ts';
import { NAMES } from './three.ts';

type Named = Readonly<Record<'a' | 'b' | 'c', Replica<string>>>;

/** Three replicas whose links carry nothing but what is asked for, after `a` and `b` have acknowledged a write. */
async function acknowledged(
  group: GroupOptions,
): Promise<Named & { cluster: Cluster<string>; env: Cluster<string>['env'] }> {
  const cluster = new Cluster<string>();
  const [a, b, c] = (await cluster.openAll(NAMES, group)) as [Replica<string>, Replica<string>, Replica<string>];
  if ((group.w ?? 1) < 3) cluster.isolate('c');
  await cluster.env.run(a.group.put('k', 'x'));
  await cluster.env.run(a.group.idle());
  cluster.isExchanging = false;
  cluster.isPushing = false;
  return { cluster, env: cluster.env, a, b, c };
}

const get = async (cluster: Cluster<string>, { group }: Replica<string>, r?: number): Promise<string> => {
  const options = { timeoutMs: 300, ...(r === undefined ? {} : { r }) };
  return cluster.env.run(
    group.get('k', options).then(
      ({ answer, from }) => `${shown(answer)} from ${from.join(' ')}`,
      (error: Error & { code?: string }) => error.code ?? error.message,
    ),
  );
};

describe('CaughtUp', () => {
  test('a member that replaces another counts for R only when it has taken in what the others had (L13)', async () => {
    const group = { r: 2, w: 2 };
    const { cluster, env, c } = await acknowledged(group);
    // c, which has never heard of the write, puts d in the place of a, which has it.
    cluster.isolate('a');
    await env.run(c.group.replace('a', 'd'));
    const d = await cluster.open('d', { group: { members: ['b', 'c', 'd'], ...group } });
    cluster.heal('c', 'd');
    expect(await get(cluster, c)).toBe('QUORUM_NOT_MET');
    expect(await get(cluster, d)).toBe('QUORUM_NOT_MET');
    await env.run(cluster.exchange('c', 'd'));
    expect(d.group.isCaughtUp).toBe(false); // c alone says nothing of what a and b had
    expect(await get(cluster, c)).toBe('QUORUM_NOT_MET');
    expect(await get(cluster, d)).toBe('QUORUM_NOT_MET');
    cluster.heal('b', 'd');
    await env.run(cluster.exchange('b', 'd'));
    expect(d.group.isCaughtUp).toBe(true);
    cluster.cut('b', 'd');
    expect(await get(cluster, c)).toBe('live x from c d');
    expect(await get(cluster, d)).toBe('live x from c d');
  });

  test('a new member that asked somebody before that one knew of it asks again', async () => {
    const { cluster, env, b, c } = await acknowledged({ r: 2, w: 2 });
    const d = await cluster.open('d', { group: { members: ['b', 'c', 'd'], r: 2, w: 2 } });
    cluster.heal('b', 'd');
    await env.run(cluster.exchange('b', 'd'));
    expect(d.group.isCaughtUp).toBe(true); // as far as it knows it was there from the start
    cluster.isolate('a');
    cluster.cut('b', 'd');
    await b.store.put('k', 'y');
    await env.run(c.group.replace('a', 'd'));
    cluster.heal('c', 'd');
    // Now it knows better, and its answer to c shows c that it had not heard before.
    await env.run(cluster.exchange('c', 'd'));
    expect(d.group.isCaughtUp).toBe(false);
    expect(await get(cluster, c)).toBe('QUORUM_NOT_MET');
    cluster.heal('b', 'd');
    await env.run(cluster.exchange('b', 'd'));
    expect(d.group.isCaughtUp).toBe(true); // b has heard of it by the same exchange
    cluster.isolate('b');
    expect(await get(cluster, c)).toBe('live y from c d');
  });

  test('an answer from a member that has not heard of being one does not count', async () => {
    const { cluster, env, c } = await acknowledged({ r: 2, w: 2 });
    const d = await cluster.open('d', { group: { members: ['d', 'z'], r: 1 } });
    await cluster.open('z');
    cluster.heal('d', 'z');
    await env.run(cluster.exchange('d', 'z'));
    expect((await d.group.answer('k')).versions).toEqual([]);
    await env.run(c.group.replace('a', 'd'));
    cluster.heal('c', 'd');
    expect(await get(cluster, c)).toBe('QUORUM_NOT_MET');
  });

  test('a fresh member does not answer for itself with R = 1 before it has caught up', async () => {
    const { cluster, env, c } = await acknowledged({ r: 1, w: 3 });
    const d = await cluster.open('d', { group: { members: ['b', 'c', 'd'], r: 1, w: 3 } });
    expect(await get(cluster, d)).toBe('QUORUM_NOT_MET');
    await env.run(c.group.replace('a', 'd'));
    cluster.delays = (_from, _to, what) => (what === 'exchange' ? 250 : 1);
    cluster.heal('c', 'd'); // upon which it asks for an exchange, which takes its time
    // Another member may answer in its place.
    expect(await get(cluster, d)).toBe('live x from c');
    await env.pass(300);
    expect(await get(cluster, d)).toBe('live x from d');
  });

  test('a replica that lost its data counts for R only when it has taken in what enough others have', async () => {
    const cluster = new Cluster<string>();
    const group = { members: ['a', 'b', 'c'], r: 2, w: 2 };
    await cluster.open('b', { group });
    await cluster.open('c', { group });
    const first = await cluster.open('a', { group });
    for (const [one, other] of [
      ['a', 'b'],
      ['a', 'c'],
      ['b', 'c'],
    ] as const)
      cluster.heal(one, other);
    await cluster.env.pass(20);
    await cluster.env.run(first.group.put('known', 'x', { w: 3 }));
    cluster.isolate('c');
    await cluster.env.run(first.group.put('k', 'x'));
    cluster.isolate('a');
    cluster.isExchanging = false;
    cluster.isPushing = false;
    const again = await cluster.open('a', { group, store: { incarnation: '2' } });
    cluster.heal('a', 'c');
    await cluster.env.run(cluster.exchange('a', 'c'));
    expect(await get(cluster, again)).toBe('QUORUM_NOT_MET');
    cluster.heal('a', 'b');
    await cluster.env.run(cluster.exchange('a', 'b'));
    cluster.cut('a', 'b');
    expect(await get(cluster, again)).toBe('live x from a c');
  });

  test.each([1, 2, 3])(
    'a replica that lost its data serves the R and W of calls too, where the W of the group is %i',
    async (w) => {
      const cluster = new Cluster<string>();
      const { env } = cluster;
      const group = { r: 2, w };
      const [a, b, c] = (await cluster.openAll(NAMES, group)) as [Replica<string>, Replica<string>, Replica<string>];
      await env.run(b.group.put('known', 'x', { w: 3 }));
      cluster.isolate('c');
      await env.run(a.group.put('k', 'x', { w: 2 }));
      await env.run(a.group.idle());
      cluster.isExchanging = false;
      cluster.isPushing = false;
      // b, which has the write, begins anew and meets only c, which has not.
      const again = await cluster.open('b', { group, store: { incarnation: '2', members: NAMES } });
      cluster.heal('b', 'c');
      await env.run(cluster.exchange('b', 'c'));
      expect(await get(cluster, again, 2)).toBe('QUORUM_NOT_MET');
      expect(await get(cluster, c, 2)).toBe('QUORUM_NOT_MET');
      cluster.heal('a', 'b');
      await env.run(cluster.exchange('a', 'b'));
      cluster.cut('a', 'b');
      expect(await get(cluster, again, 2)).toBe('live x from b c');
      expect(await get(cluster, c, 2)).toBe('live x from b c');
    },
  );

  test('replicas that are there from the start count as soon as they have met one other', async () => {
    const cluster = new Cluster<string>();
    const group = { members: NAMES, r: 2, w: 2 };
    const a = await cluster.open('a', { group });
    await cluster.open('b', { group });
    expect(a.group.isCaughtUp).toBe(false);
    cluster.heal('a', 'b');
    expect(await get(cluster, a)).toBe('absent from a b');
    await cluster.env.run(a.group.put('k', 'x'));
    expect(await get(cluster, a)).toBe('live x from a b');
  });

  test('a read that begins before its replicas have caught up waits for it', async () => {
    const cluster = new Cluster<string>();
    cluster.delays = () => 100;
    const group = { members: NAMES, r: 2, w: 2 };
    const a = await cluster.open('a', { group });
    await cluster.open('b', { group });
    cluster.heal('a', 'b');
    expect(await cluster.env.run(a.group.get('k')).then(({ from }) => from)).toEqual(['a', 'b']);
  });

  test('a group whose R and W promise nothing reads what is here, met or not', async () => {
    const cluster = new Cluster<string>();
    const a = await cluster.open('a', { group: { members: NAMES } });
    await cluster.env.run(a.group.put('k', 'x'));
    expect(await get(cluster, a)).toBe('live x from a');
    expect(await refusalOf(() => a.group.answer('k'))).toBe('BEHIND');
    expect(a.group.n).toBe(3);
  });

  test('the list follows what is joined and retired anywhere, by name or by id', async () => {
    const { cluster, env, a, b, c } = await acknowledged({ n: 3, r: 1, w: 3 });
    await env.run(a.group.join('d'));
    await env.run(a.group.retire('b'));
    expect([a.group.members(), c.group.members()]).toEqual([['a', 'c', 'd'], NAMES]);
    await env.run(cluster.exchange('a', 'c'));
    expect(c.group.members()).toEqual(['a', 'c', 'd']);
    await env.run(cluster.exchange('a', 'b'));
    expect(b.group.members()).toEqual(['a', 'c', 'd']);
    expect(await refusalOf(() => env.run(b.group.put('k', 'y', { w: 3 })))).toBe('QUORUM_NOT_MET');
    await env.run(a.group.retire('d'));
    await env.run(a.group.join('b~1'));
    expect(a.group.members()).toEqual(NAMES);
    expect((await env.run(a.group.put('k', 'y', { w: 1 }))).durableAt).toEqual(['a']);
    await env.run(a.group.replace('b~1', 'e'));
    expect(a.group.members()).toEqual(['a', 'c', 'e']);
  });
});
