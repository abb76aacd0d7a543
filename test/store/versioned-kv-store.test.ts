import { describe, expect, test } from 'vitest';
import { DotSet } from '../../src/clock/dot-set.ts';
import { decodeToken } from '../../src/store/context-token.ts';
import type { BatchOperation } from '../../src/store/operations.ts';
import type { VersionedKVStore } from '../../src/store/versioned-kv-store.ts';
import { covers, digest, expectRefused, open, recordOf, refusalOf, share, showDots, shown } from './replicas.ts';

type Store = VersionedKVStore<string>;
type Act = (store: Store) => Promise<unknown>;
const put =
  (value: string, context?: string): Act =>
  (store) =>
    store.put('k', value, context === undefined ? {} : { context });
const del =
  (context?: string): Act =>
  (store) =>
    store.delete('k', context === undefined ? {} : { context });
const receive =
  (text: string, context?: string): Act =>
  (store) =>
    store.receiveReplica('k', recordOf('k', text, context));

describe('get', () => {
  test.each<[string, Act[], string, string]>([
    ['nothing known', [], 'absent', ''],
    ['a write', [put('x')], 'live x', 'a:1'],
    ['an overwrite', [put('x'), put('y')], 'live y', 'a:2'],
    ['a delete', [put('x'), del()], 'deleted', 'a:2'],
    ['a delete of nothing', [del()], 'deleted', 'a:1'],
    ['a write after a delete', [put('x'), del(), put('y')], 'live y', 'a:3'],
    ['a blind write beside a write', [put('x'), put('y', 'none')], 'conflict x|y', 'a:1 a:2'],
    ['a blind delete beside a write', [put('x'), del('none')], 'conflict x|†', 'a:1 a:2'],
    ['a blind write on nothing', [put('x', 'none')], 'live x', 'a:1'],
    ['two concurrent deletes', [del(), receive('x1')], 'deleted', 'a:1 x:1'],
    ['a write from a peer', [receive('x1=y')], 'live y', 'x:1'],
    ['a concurrent write from a peer', [put('x'), receive('x1=y')], 'conflict x|y', 'a:1 x:1'],
    ['a peer that had seen more', [receive('x2=y', 'x1-2'), receive('x1=old')], 'live y', 'x:2'],
    ['a peer that superseded what it never sent', [receive('x1=y'), receive('', 'x1-2')], 'absent', ''],
  ])('get after %s shows %j', async (_, acts, expected, dots) => {
    const store = await open<string>('a');
    for (const act of acts) await act(store);
    const answer = await store.get('k');
    expect(shown(answer)).toBe(expected);
    expect(showDots(answer.siblings.map(({ dot }) => dot))).toBe(dots);
    expect(shown(store.peek('k'))).toBe(expected);
    expect((await store.getMany(['k', 'other', 'k'])).map(shown)).toEqual([expected, 'absent', expected]);
  });

  test('get of an absent key has the context of the whole replica, so absence is an answer with a context', async () => {
    const store = await open<string>('a');
    await store.put('other', 'x');
    const answer = await store.get('k');
    expect(decodeToken('context', 'k', answer.context).equals(store.seen)).toBe(true);
    expect(answer.clock.get('a~1')).toBe(1);
    await store.put('k', 'later');
    await store.put('k', 'on what I read', { context: answer.context });
    expect(shown(await store.get('k'))).toBe('conflict later|on what I read');
  });

  test('get gives answers from two replicas whose clocks compare', async () => {
    const [a, b] = [await open<string>('a'), await open<string>('b')];
    await a.put('k', 'x');
    await share(a, b, 'k');
    expect((await b.get('k')).clock.compare((await a.get('k')).clock)).toBe('equal');
    await b.put('k', 'y');
    expect((await b.get('k')).clock.compare((await a.get('k')).clock)).toBe('after');
    await a.put('k', 'z');
    expect((await b.get('k')).clock.compare((await a.get('k')).clock)).toBe('concurrent');
  });

  test('get keeps showing the moment it was asked, with the context of that moment', async () => {
    const store = await open<string>('a');
    await store.put('k', 'x');
    const early = await store.get('k');
    await store.put('k', 'y');
    expect(shown(early)).toBe('live x');
    expect(covers(decodeToken('context', 'k', early.context), 'a:2')).toBe(false);
    expect(early.clock.get('a~1')).toBe(1);
    expect(JSON.parse(JSON.stringify(early))).toMatchObject({ status: 'live', value: 'x', clock: { 'a~1': 1 } });
  });
});

describe('put and delete', () => {
  test('put gives the dot of the write and a context to base the next write on', async () => {
    const store = await open<string>('a');
    const first = await store.put('k', 'x');
    const blind = await store.put('k', 'y', { context: 'none' });
    expect([first.dot, blind.dot]).toEqual([
      { id: 'a~1', counter: 1 },
      { id: 'a~1', counter: 2 },
    ]);
    await store.put('k', 'z', { context: first.context });
    expect(shown(await store.get('k'))).toBe('conflict y|z');
    await store.delete('k', { context: blind.context });
    expect(shown(await store.get('k'))).toBe('conflict z|†');
  });

  test('put gives a context that covers no sibling it was not based on, and all of this replica it was', async () => {
    const store = await open<string>('a');
    await store.put('k', 'one');
    const { context } = await store.put('k', 'two', { context: 'none' });
    await store.put('k', 'three', { context });
    expect(shown(await store.get('k'))).toBe('conflict one|three');
    const [a, b] = [await open<string>('a'), await open<string>('b')];
    await a.put('k', 'one');
    await share(a, b, 'k');
    await b.put('k', 'two', { context: (await a.put('k', 'unsent')).context });
    expect(shown(await b.get('k'))).toBe('live two');
  });

  test('batch takes a key in conflict with the context of what is shown', async () => {
    const store = await open<string>('a');
    await store.put('k', 'one');
    await store.put('k', 'two', { context: 'none' });
    await store.batch([{ put: 'k', value: 'three', context: 'none' }]);
    expect(shown(await store.get('k'))).toBe('conflict one|two|three');
    await store.batch([{ put: 'k', value: 'done', context: (await store.get('k')).context }]);
    expect(shown(await store.get('k'))).toBe('live done');
  });

  test('put, update and resolve say in CONFLICT which key, and what stands there', async () => {
    const store = await open<string>('a');
    await store.put('k', 'one');
    await store.put('k', 'two', { context: 'none' });
    const { siblings } = await store.get('k');
    for (const [verb, act] of [
      ['write', () => store.put('k', 'x')],
      ['update', () => store.update('k', () => 'x')],
      ['resolve', () => store.resolve('k')],
    ] as const)
      await expect(act()).rejects.toMatchObject({
        message: `Cannot ${verb} "k": it has 2 siblings, resolve it`,
        details: { key: 'k', siblings },
      });
  });

  test('put with the context of an answer supersedes exactly what that answer showed', async () => {
    const store = await open<string>('a');
    await store.put('k', 'x');
    const read = await store.get('k');
    await store.receiveReplica('k', recordOf('k', 'x1=unseen'));
    await store.put('k', 'y', { context: read.context });
    expect(shown(await store.get('k'))).toBe('conflict y|unseen');
  });

  test('put with a context from another replica keeps what it names as superseded, also when that arrives late', async () => {
    const [a, b] = [await open<string>('a'), await open<string>('b')];
    await b.put('k', 'old');
    const stale = await b.record('k');
    const { context } = await b.get('k');
    await a.put('k', 'new', { context });
    expect(a.stats().residuals).toBe(1);
    const result = await a.receiveReplica('k', stale);
    expect(showDots(result.stale)).toBe('b:1');
    expect(shown(await a.get('k'))).toBe('live new');
    expect(a.stats().residuals).toBe(0);
  });

  test('delete covers exactly its context: a concurrent write stays visible (L9)', async () => {
    const [a, b] = [await open<string>('a'), await open<string>('b')];
    await a.put('k', 'x');
    await share(a, b, 'k');
    await b.put('k', 'y');
    await a.delete('k');
    await share(a, b, 'k');
    await share(b, a, 'k');
    expect([shown(await a.get('k')), shown(await b.get('k'))]).toEqual(['conflict †|y', 'conflict †|y']);
  });
});

describe('a write without a context on a key in conflict', () => {
  const conflict = async (onConflict?: 'refuse' | 'overwrite'): Promise<Store> => {
    const store = await open<string>('a', onConflict === undefined ? {} : { onConflict });
    await store.put('k', 'x');
    await store.put('k', 'y', { context: 'none' });
    return store;
  };

  test('put, delete and batch are refused with CONFLICT and change nothing (L21)', async () => {
    const store = await conflict();
    await expectRefused(store, 'CONFLICT', () => store.put('k', 'z'));
    await expectRefused(store, 'CONFLICT', () => store.put('k', 'z', { context: 'local' }));
    await expectRefused(store, 'CONFLICT', () => store.delete('k'));
    await expectRefused(store, 'CONFLICT', () => store.batch([{ put: 'other', value: 'z' }, { delete: 'k' }]));
    await expectRefused(store, 'CONFLICT', () => store.update('k', () => 'z'));
    expect(shown(await store.get('k'))).toBe('conflict x|y');
  });

  test('put is accepted under onConflict overwrite, with a context, and once the conflict is gone', async () => {
    const lenient = await conflict('overwrite');
    await lenient.put('k', 'z');
    expect(shown(await lenient.get('k'))).toBe('live z');
    const strict = await conflict();
    await strict.put('k', 'z', { context: (await strict.get('k')).context });
    await strict.put('k', 'w');
    expect(shown(await strict.get('k'))).toBe('live w');
  });

  test('put on two concurrent deletes is no conflict', async () => {
    const store = await open<string>('a');
    await store.delete('k');
    await store.receiveReplica('k', recordOf('k', 'x1'));
    await store.put('k', 'again');
    expect(shown(await store.get('k'))).toBe('live again');
  });
});

describe('batch', () => {
  test('batch writes all keys in one commit, each with its own context', async () => {
    const store = await open<string>('a');
    await store.put('a', 'old');
    await store.put('b', 'old');
    const commits: (readonly string[])[] = [];
    store.subscribe((keys) => commits.push(keys));
    const written = await store.batch([
      { put: 'a', value: 'new' },
      { delete: 'b' },
      { put: 'c', value: 'new', context: 'none' },
    ]);
    expect(commits).toEqual([['a', 'b', 'c']]);
    expect(showDots(written.map(({ dot }) => dot))).toBe('a:3 a:4 a:5');
    expect((await store.getMany(['a', 'b', 'c'])).map(shown)).toEqual(['live new', 'deleted', 'live new']);
    await store.put('a', 'newer', { context: written[0]?.context ?? '' });
    expect(shown(await store.get('a'))).toBe('live newer');
    expect(await store.batch([])).toEqual([]);
  });

  const good: BatchOperation<string> = { put: 'good', value: 'x' };
  test.each<[string, string, BatchOperation<string>]>([
    ['TypeError', 'a key named twice', { delete: 'good' }],
    ['RangeError', 'an empty key', { put: '', value: 'x' }],
    ['TypeError', 'a value that cannot be stored', { put: 'k', value: (() => 'x') as unknown as string }],
    ['CONTEXT_INVALID', 'a damaged context', { put: 'k', value: 'x', context: 'damaged' }],
    ['CONFLICT', 'a key in conflict', { delete: 'conflict' }],
  ])('batch is refused as a whole with %s because of %s', async (code, _, bad) => {
    const store = await open<string>('a');
    await store.put('conflict', 'x');
    await store.put('conflict', 'y', { context: 'none' });
    await expectRefused(store, code, () => store.batch([good, bad]));
    await expectRefused(store, code, () => store.batch([bad, good]));
  });
});

describe('a closed store', () => {
  test('every method refuses with STORE_CLOSED, and close may be called again', async () => {
    const store = await open<string>('a');
    await store.put('k', 'x');
    const { context } = await store.get('k');
    const before = await digest(store);
    const session = store.session();
    expect(store.isClosed).toBe(false);
    await store[Symbol.asyncDispose]();
    await store.close();
    expect(store.isClosed).toBe(true);
    const attempts: readonly (() => unknown)[] = [
      () => store.get('k'),
      () => store.peek('k'),
      () => store.getMany(['k']),
      () => store.put('k', 'y'),
      () => store.put('k', 'y', { context }),
      () => store.put('k', 'y', { context: 'none' }),
      () => store.delete('k'),
      () => store.update('k', () => 'y'),
      () => store.resolve('k', { kind: 'delete' }),
      () => store.batch([{ delete: 'k' }]),
      () => store.record('k'),
      () => store.receiveReplica('k', { key: 'k', versions: [], context: DotSet.empty }),
      () => store.keys(),
      () => store.entries(),
      () => store.conflicts(),
      () => store.changes(),
      () => store.subscribe(() => undefined),
      () => store.session(),
      () => session.get('k'),
      () => store.stats(),
      () => store.reap(),
      () => store.join('b'),
      () => store.retire('b'),
      () => store.members(),
    ];
    for (const attempt of attempts)
      expect([attempt.toString(), await refusalOf(attempt)]).toEqual([attempt.toString(), 'STORE_CLOSED']);
    expect([store.id, store.name, store.seen.size, before.length > 0]).toEqual(['a~1', 'a', 1, true]);
  });
});
