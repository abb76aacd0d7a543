import { describe, expect, test, vi } from 'vitest';
import { CausalError } from '../../src/errors.ts';
import type { GroupOptions } from '../../src/replica/replica-types.ts';
import { refusalOf, shown } from '../store/replicas.ts';
import { type Three, three } from './three.ts';

/** Three replicas between which nothing goes by itself. */
async function silent(group: GroupOptions = {}): Promise<Three> {
  const all = await three(group);
  all.cluster.isPushing = false;
  all.cluster.isExchanging = false;
  all.cluster.asked['exchange'] = 0;
  return all;
}

describe('Sessions', () => {
  test('a client that moves reads what it wrote: the replica fetches it from a peer (L15)', async () => {
    const { cluster, env, a, b } = await silent();
    const { session } = await env.run(a.group.put('k', 'x'));
    expect(shown(await b.store.get('k'))).toBe('absent');
    const moved = await env.run(b.group.get('k', { session }));
    expect(shown(moved.answer)).toBe('live x');
    expect(cluster.asked['exchange']).toBe(1);
    // The session goes on, and nothing has to be fetched any more.
    await env.run(b.group.put('k', 'y', { session: moved.session }));
    expect(cluster.asked['exchange']).toBe(1);
  });

  test('the peer that wrote what is missing is asked first, and the others when it cannot help', async () => {
    const { cluster, env, b, c } = await silent();
    const { session } = await env.run(c.group.put('k', 'x'));
    await env.run(b.group.catchUp(session));
    expect(cluster.asked['exchange']).toBe(1);
    const later = await env.run(c.group.put('k', 'y'));
    await env.run(cluster.exchange('a', 'c'));
    cluster.isolate('c');
    await env.run(b.group.catchUp(later.session));
    expect(shown(await b.store.get('k'))).toBe('live y');
  });

  test('a replica that cannot catch up in time answers BEHIND, with what it lacks, and does nothing', async () => {
    const { cluster, env, a, b } = await silent();
    cluster.isolate('a');
    const { session } = await env.run(a.group.put('k', 'x'));
    const before = env.elapsed();
    for (const attempt of [
      () => b.group.get('k', { session, waitMs: 300 }),
      () => b.group.put('k', 'y', { session, waitMs: 300 }),
      () => b.group.delete('k', { session, waitMs: 300 }),
      () => b.group.batch([{ put: 'k', value: 'y' }], { session, waitMs: 300 }),
    ]) {
      const error = await env.run(attempt().catch((failure: unknown) => failure));
      expect(error).toBeInstanceOf(CausalError);
      expect(error).toMatchObject({
        code: 'BEHIND',
        outcome: 'not-done',
        details: { id: 'b~1', missing: 1, from: ['a~1'] },
      });
    }
    expect(env.elapsed() - before).toBe(1_200);
    expect(b.store.seen.isEmpty).toBe(true);
    expect(b.counts.sessionsBehind).toBe(4);
    expect(await refusalOf(() => env.run(b.group.catchUp(session, 0)))).toBe('BEHIND');
    const start = env.elapsed();
    expect(await refusalOf(() => env.run(b.group.catchUp(session)))).toBe('BEHIND');
    expect(env.elapsed() - start).toBe(2_000);
  });

  test('a replica that closes ends its waiting with BEHIND at once', async () => {
    const { cluster, env, a, b } = await silent();
    cluster.isolate('a');
    const { session } = await env.run(a.group.put('k', 'x'));
    const waiting = refusalOf(() => b.group.catchUp(session, 8_000));
    await env.pass(500);
    // Time stands still from here on, and who looks at it again and again does nothing else.
    const at = env.elapsed();
    let looks = 0;
    vi.spyOn(env, 'elapsed').mockImplementation(() => {
      looks += 1;
      if (looks > 1_000) throw new Error('it goes round and round');
      return at;
    });
    await b.group.close();
    expect(await waiting).toBe('BEHIND');
  });

  test('a replica waits for what comes by itself, and for a peer that comes back', async () => {
    const { cluster, env, a, b, c } = await silent();
    cluster.isolate('a');
    const { session } = await env.run(a.group.put('k', 'x'));
    const waiting = b.group.get('k', { session });
    await env.pass(500);
    cluster.heal('a', 'b');
    expect(shown((await env.run(waiting)).answer)).toBe('live x');
    cluster.isolate('c');
    const alone = c.group.get('k', { session });
    await env.pass(500);
    await c.store.receiveReplica('k', await a.store.record('k'));
    expect(shown((await env.run(alone)).answer)).toBe('live x');
  });

  test('writes follow reads: what was read elsewhere is part of what the next write is based on', async () => {
    const { cluster, env, a, b, c } = await silent();
    await env.run(a.group.put('k', 'x'));
    const read = await env.run(a.group.get('k'));
    const written = await env.run(b.group.put('k', 'y', { session: read.session }));
    await env.run(cluster.exchange('a', 'b'));
    expect(shown(await a.store.get('k'))).toBe('live y');
    // Monotonic writes: who has the second has the first.
    const last = await env.run(b.group.put('other', 'z', { session: written.session }));
    await env.run(c.group.catchUp(last.session));
    expect(shown(await c.store.get('k'))).toBe('live y');
  });

  test('a session covers what a read heard from others, also where nothing differed', async () => {
    const { cluster, env, a, b, c } = await silent({ r: 2 });
    cluster.isPushing = false;
    const { context } = await b.store.put('k', 'x');
    await b.store.delete('k', { context });
    await b.store.reap({ force: true });
    cluster.isolate('c');
    const read = await env.run(a.group.get('k'));
    expect([shown(read.answer), read.from]).toEqual(['absent', ['a', 'b']]);
    // c has the old value: the session must not be shown it.
    await c.store.receiveReplica('k', {
      key: 'k',
      versions: [{ id: 'b~1', counter: 1, time: 1, value: 'x' }],
      context: c.store.seen.add('b~1', 1),
    });
    expect(await refusalOf(() => env.run(c.group.get('k', { r: 1, session: read.session, waitMs: 50 })))).toBe(
      'BEHIND',
    );
    cluster.heal('b', 'c');
    expect(shown((await env.run(c.group.get('k', { r: 1, session: read.session }))).answer)).toBe('absent');
  });

  test('sessionToken joins what was seen here to a session, and refuses what is no token', async () => {
    const { env, a, b } = await silent();
    const { session } = await env.run(a.group.put('k', 'x'));
    await env.run(b.group.put('l', 'y'));
    const both = b.group.sessionToken(session);
    expect(await refusalOf(() => env.run(a.group.catchUp(both, 0)))).toBe('BEHIND');
    await env.run(a.group.catchUp(both));
    expect(shown(await a.store.get('l'))).toBe('live y');
    expect(() => a.group.sessionToken('damaged')).toThrow('Cannot use the session token');
    expect(await refusalOf(() => env.run(a.group.get('k', { session: 'damaged' })))).toBe('CONTEXT_INVALID');
    for (const waitMs of [-1, Number.NaN]) {
      expect(await refusalOf(() => env.run(a.group.get('k', { session, waitMs })))).toBe('RangeError');
    }
  });
});
