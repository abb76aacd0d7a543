import { describe, expect, test } from 'vitest';
import { exchange } from '../../src/repair/exchange-local.ts';
import { memoryStorage } from '../../src/storage/memory.ts';
import type { Change } from '../../src/store/change-feed.ts';
import { openStore } from '../../src/store/open-store.ts';
import type { VersionedKVStore } from '../../src/store/versioned-kv-store.ts';
import { open, recordOf, share } from './replicas.ts';

/** Everything up to now: `a b` are changed keys, `!` is a rebase. */
async function read(
  store: VersionedKVStore<string>,
  after?: string,
): Promise<{ changes: string; token: string | undefined }> {
  const found: Change[] = [];
  for await (const change of store.changes({ live: false, ...(after === undefined ? {} : { after }) }))
    found.push(change);
  return { changes: show(found), token: found.at(-1)?.token };
}

function show(changes: readonly Change[]): string {
  const keys = changes.map((change) => (change.kind === 'rebase' ? '!' : change.key));
  return keys[0] === '!' ? ['!', ...keys.slice(1).sort()].join(' ') : keys.sort().join(' ');
}

describe('changes', () => {
  test('changes tell every key that holds anything, then only what is new after the token', async () => {
    const store = await open<string>('a');
    expect(await read(store)).toEqual({ changes: '', token: undefined });
    await store.put('a', 'x');
    await store.put('b', 'x');
    const first = await read(store);
    expect(first.changes).toBe('a b');
    expect((await read(store, first.token)).changes).toBe('');
    await store.put('b', 'y');
    await store.delete('a');
    await store.put('c', 'x', { context: 'none' });
    await store.receiveReplica('d', recordOf('d', 'x1=y'));
    expect((await read(store, first.token)).changes).toBe('a b c d');
    expect((await read(store, first.token)).changes).toBe('a b c d');
    expect((await read(store)).changes).toBe('a b c d');
  });

  test('changes after a token tell what came to be shown without a new dot: what a mend brought back, what went by hearsay', async () => {
    const [a, b] = [await open<string>('a'), await open<string>('b')];
    await a.delete('k');
    await exchange(a, b);
    await b.reap({ force: true });
    await a.put('k', 'x', { context: 'none' });
    await share(a, b, 'k');
    const shown = async (): Promise<number> => (await b.get('k')).siblings.length;
    const before = await read(b);
    const many = await shown();
    await exchange(a, b);
    expect([many, await shown()]).toEqual([1, 2]);
    const mended = await read(b, before.token);
    expect(mended.changes).toBe('! k');
    expect((await read(b, mended.token)).changes).toBe('');
    // Somebody who has let go of the tombstone, and has nothing else to say.
    await b.receiveReplica('k', { ...(await a.record('k')), versions: (await a.record('k')).versions.slice(1) });
    expect(await shown()).toBe(1);
    expect((await read(b, mended.token)).changes).toBe('! k');
  });

  test('changes refuse a token that says another number of mends than it was given with', async () => {
    const store = await open<string>('a');
    await store.put('k', 'x');
    const { token } = await read(store);
    expect(() => store.changes({ after: `${token}.1` })).toThrow(expect.objectContaining({ code: 'CONTEXT_INVALID' }));
  });

  test('changes of one key between two reads come as one', async () => {
    const store = await open<string>('a');
    for (let n = 0; n < 5; n += 1) await store.put('k', `${n}`);
    expect((await read(store)).changes).toBe('k');
  });

  test('changes read in part are resumed without a gap from the token of any of them', async () => {
    const store = await open<string>('a');
    for (const key of ['a', 'b', 'c', 'd']) await store.put(key, 'x');
    const seen = new Set<string>();
    let after: string | undefined;
    for (let take = 1; take <= 5; take += 1) {
      const feed = store.changes({ live: false, ...(after === undefined ? {} : { after }) });
      for (let at = 0; at < take; at += 1) {
        const { value } = await feed.next();
        if (value === undefined) break;
        if (value.kind === 'change') seen.add(value.key);
        after = value.token;
      }
      await feed.return?.();
    }
    expect([...seen].sort()).toEqual(['a', 'b', 'c', 'd']);
    expect((await read(store, after)).changes).toBe('');
  });

  test('changes name a key whose version went by a context alone, without a new dot', async () => {
    const store = await open<string>('a');
    await store.put('k', 'x');
    await store.put('other', 'x');
    const { token } = await read(store);
    const context = (await store.record('k')).context.add('z', 4);
    const feed = store.changes();
    for (let at = 0; at < 2; at += 1) await feed.next();
    await store.receiveReplica('k', { key: 'k', versions: [], context });
    expect((await read(store, token)).changes).toBe('k');
    expect((await feed.next()).value).toMatchObject({ kind: 'change', key: 'k' });
    await feed.return?.();
  });

  test('changes begin anew with a rebase after a reaping: every key follows, what is not named is gone', async () => {
    const store = await open<string>('a');
    for (const key of ['a', 'b', 'c']) await store.put(key, 'x');
    const { token } = await read(store);
    await store.delete('b');
    await store.reap();
    await store.put('d', 'x');
    const rebased = await read(store, token);
    expect(rebased.changes).toBe('! a c d');
    expect((await read(store, rebased.token)).changes).toBe('');
    await store.put('a', 'y');
    expect((await read(store, rebased.token)).changes).toBe('a');
  });

  test('changes need no rebase for a reaping whose deletes the token knows', async () => {
    const store = await open<string>('a');
    await store.put('a', 'x');
    await store.delete('b');
    const { token, changes } = await read(store);
    expect(changes).toBe('a b');
    await store.reap();
    await store.put('c', 'x');
    expect((await read(store, token)).changes).toBe('c');
  });

  test('changes rebase when a reconciling exchange dropped keys without any tombstone left', async () => {
    const [a, b] = [await open<string>('a'), await open<string>('b')];
    for (const key of ['a', 'b', 'c']) await a.put(key, 'x');
    await exchange(a, b);
    const { token } = await read(b);
    const live = b.changes();
    for (let at = 0; at < 3; at += 1) await live.next();
    await a.delete('b');
    await a.reap({ force: true });
    expect((await exchange(a, b)).mode).toBe('reconcile');
    expect((await read(b, token)).changes).toBe('! a c');
    expect((await live.next()).value).toMatchObject({ kind: 'rebase' });
    await live.return?.();
  });

  test('changes left live tell what is written while the reader waits, until the feed or the store is closed', async () => {
    const store = await open<string>('a');
    const found: Change[] = [];
    const feed = store.changes();
    const reading = (async (): Promise<void> => {
      for await (const change of feed) found.push(change);
    })();
    for (const key of ['a', 'b', 'c']) {
      await store.put(key, 'x');
      await new Promise(setImmediate);
    }
    expect(show(found)).toBe('a b c');
    await store.join('somebody');
    await new Promise(setImmediate);
    expect(show(found)).toBe('a b c');
    await store.close();
    await reading;
    expect(await feed.next()).toEqual({ done: true, value: undefined });
  });

  test('changes returned early end, and other feeds go on', async () => {
    const store = await open<string>('a');
    const [one, two] = [store.changes(), store.changes()];
    const pending = one.next();
    await one.return?.();
    expect(await pending).toEqual({ done: true, value: undefined });
    await store.put('k', 'x');
    expect((await two.next()).value).toMatchObject({ key: 'k' });
    await two.return?.();
  });

  test('changes ends also when it is ended while a durable store reads its keys', async () => {
    const store = await openStore<string>({ name: 'a', storage: memoryStorage() });
    const feed = store.changes();
    const pending = feed.next();
    await feed.return?.();
    expect(await pending).toEqual({ done: true, value: undefined });
    await store.close();
  });
});

describe('subscribe', () => {
  test('subscribe tells the keys of each commit that changed something, until it is ended', async () => {
    const [store, peer] = [await open<string>('a'), await open<string>('b')];
    const commits: string[] = [];
    const end = store.subscribe((keys) => commits.push(keys.join(' ')));
    await store.put('a', 'x');
    await store.batch([{ put: 'b', value: 'x' }, { delete: 'c' }]);
    await peer.put('d', 'x');
    await peer.put('e', 'x');
    await share(peer, store, 'd', 'd');
    await store.receiveReplica('nothing', recordOf('nothing', ''));
    await exchange(peer, store);
    await exchange(peer, store);
    await store.join('somebody');
    end();
    end();
    await store.put('a', 'y');
    expect(commits).toEqual(['a', 'b c', 'd', 'e']);
  });

  test('subscribe reports a listener that throws, and the write and the other listeners are unharmed', async () => {
    const reports: unknown[] = [];
    const store = await open<string>('a', { onReport: (report) => reports.push(report) });
    const cause = new Error('of the listener');
    const heard: string[] = [];
    store.subscribe(() => {
      throw cause;
    });
    store.subscribe((keys) => heard.push(...keys));
    await store.put('k', 'x');
    expect(reports).toEqual([{ kind: 'listener-failed', cause }]);
    expect([heard, store.peek('k').status]).toEqual([['k'], 'live']);
  });
});
