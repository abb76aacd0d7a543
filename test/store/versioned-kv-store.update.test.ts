import { describe, expect, test } from 'vitest';
import { type Decision, lastWriter } from '../../src/store/resolve.ts';
import type { VersionedKVStore } from '../../src/store/versioned-kv-store.ts';
import { expectRefused, open, recordOf, share, showDots, shown } from './replicas.ts';

type Cart = { items: string[]; total: number; note?: string };

describe('update', () => {
  test('update changes a draft; the value handed out before stays as it was', async () => {
    const store = await open<Cart>('a');
    await store.put('k', { items: ['pen'], total: 1 });
    const before = await store.get('k');
    const { dot, context } = await store.update('k', (cart) => {
      cart.items.push('ink');
      cart.total += 2;
    });
    expect(showDots([dot])).toBe('a:2');
    expect(shown(before)).toBe('live {"items":["pen"],"total":1}');
    expect(shown(await store.get('k'))).toBe('live {"items":["pen","ink"],"total":3}');
    await store.put('k', { items: [], total: 0 }, { context });
    expect(shown(await store.get('k'))).toBe('live {"items":[],"total":0}');
  });

  test.each<[string, (store: VersionedKVStore<number>) => Promise<unknown>]>([
    ['absent', async () => undefined],
    ['deleted', (store) => store.delete('k')],
  ])('update makes a value where the key is %s, from undefined', async (_, prepare) => {
    const store = await open<number>('a');
    await prepare(store);
    const drafts: unknown[] = [];
    await store.update('k', (draft) => {
      drafts.push(draft);
      return 1;
    });
    await store.update('k', (n) => n + 1);
    expect(drafts).toEqual([undefined]);
    expect(shown(await store.get('k'))).toBe('live 2');
  });

  test('update may drop a field, replace the value, and change dates and bytes of its own copy', async () => {
    const store = await open('a');
    await store.put('k', { when: new Date(0), bytes: Uint8Array.of(1), note: 'x' });
    const read = await store.get('k');
    await store.update('k', (draft) => {
      const value = draft as { when: Date; bytes: Uint8Array; note?: string };
      delete value.note;
      value.when = new Date(5);
      value.bytes = Uint8Array.of(2);
    });
    expect(read.status === 'live' && read.value).toEqual({ when: new Date(0), bytes: Uint8Array.of(1), note: 'x' });
    const after = await store.get('k');
    expect(after.status === 'live' && after.value).toEqual({ when: new Date(5), bytes: Uint8Array.of(2) });
  });

  test('update freezes nothing that belongs to the recipe, and says so when it is asynchronous', async () => {
    const store = await open<{ list: number[] }>('a');
    const mine = { list: [1] };
    await store.update('k', () => mine);
    expect([Object.isFrozen(mine), Object.isFrozen(mine.list)]).toEqual([false, false]);
    await expect(store.update('k', async () => mine)).rejects.toThrow('Cannot update "k": the recipe is asynchronous');
  });

  test('update keeps an own field called `__proto__`', async () => {
    const store = await open<{ a: number }>('a');
    await store.put('k', JSON.parse('{"__proto__":{"x":1},"a":1}') as { a: number });
    await store.update('k', (draft) => {
      draft.a = 2;
    });
    expect(shown(await store.get('k'))).toBe('live {"__proto__":{"x":1},"a":2}');
  });

  test('update supersedes what it showed and leaves what came unread beside it', async () => {
    const [a, b] = [await open<number>('a'), await open<number>('b')];
    await a.put('k', 1);
    await share(a, b, 'k');
    await b.put('k', 10);
    await a.update('k', (n) => n + 1);
    await share(b, a, 'k');
    expect(shown(await a.get('k'))).toBe('conflict 2|10');
  });

  test('update called twice at once counts twice, and takes nothing from a put called after it', async () => {
    const store = await open<number>('a');
    await store.put('k', 0);
    await Promise.all([store.update('k', (n) => n + 1), store.update('k', (n) => n + 1)]);
    expect(shown(await store.get('k'))).toBe('live 2');
    await Promise.all([store.update('k', (n) => n + 1), store.put('k', 10)]);
    expect(shown(await store.get('k'))).toBe('live 10');
  });

  test('update is refused in conflict, for an asynchronous recipe, for no value and for a throwing recipe (L21)', async () => {
    const store = await open<unknown>('a');
    await store.put('k', 'x');
    await store.put('both', 1);
    await store.put('both', 2, { context: 'none' });
    await expectRefused(store, 'CONFLICT', () => store.update('both', () => 3));
    await expectRefused(store, 'TypeError', () => store.update('k', (async () => 'y') as () => unknown));
    await expectRefused(store, 'TypeError', () => store.update('absent', () => undefined));
    await expectRefused(store, 'SyntaxError', () => store.update('k', () => JSON.parse('{')));
  });

  test('update starts from what a resolver shows and settles the conflict', async () => {
    const store = await open<number>('a', { resolver: lastWriter });
    await store.put('k', 1);
    await store.put('k', 2, { context: 'none' });
    await store.update('k', (n) => n * 10);
    expect(shown(await store.get('k'))).toBe('live 20');
    expect(store.stats().conflicts).toBe(0);
  });
});

describe('resolve', () => {
  const conflict = async (): Promise<VersionedKVStore<string>> => {
    const store = await open<string>('a');
    await store.put('k', 'x');
    await store.receiveReplica('k', recordOf('k', 'x1=y x2'));
    return store;
  };

  test.each<[string, Parameters<VersionedKVStore<string>['resolve']>[1], string]>([
    ['a value', { kind: 'value', value: 'settled' }, 'live settled'],
    ['a delete', { kind: 'delete' }, 'deleted'],
    ['a resolver', (siblings, key) => ({ kind: 'value', value: `${key}${siblings.length}` }), 'live k3'],
    ['the last writer', lastWriter, 'live x'],
  ])('resolve by %s writes the result over every sibling', async (_, by, expected) => {
    const store = await conflict();
    await store.resolve('k', by);
    expect(shown(await store.get('k'))).toBe(expected);
    expect(store.stats()).toMatchObject({ conflicts: 0, siblings: 0 });
  });

  test('resolve without a decision uses the resolver and the policy of the store', async () => {
    const resolver = await open<string>('a', { resolver: lastWriter });
    const policy = await open<string>('a', { deletePolicy: 'delete-wins' });
    for (const store of [resolver, policy]) {
      await store.receiveReplica('k', recordOf('k', 'x1=x x2 x3=z'));
      await store.resolve('k');
      expect(store.stats().siblings).toBe(0);
    }
    expect([shown(await resolver.get('k')), shown(await policy.get('k'))]).toEqual(['live z', 'deleted']);
  });

  test('resolve with the context of an answer leaves what came later beside it', async () => {
    const store = await conflict();
    const { context } = await store.get('k');
    await store.receiveReplica('k', recordOf('k', 'z1=later'));
    await store.resolve('k', { kind: 'value', value: 'settled' }, { context });
    expect(shown(await store.get('k'))).toBe('conflict settled|later');
  });

  test('resolve supersedes what it was shown, and nothing that is written while it decides', async () => {
    const store = await conflict();
    const resolving = store.resolve('k', { kind: 'value', value: 'settled' });
    await Promise.all([store.put('k', 'unread', { context: 'none' }), resolving]);
    expect(shown(await store.get('k'))).toBe('conflict settled|unread');
  });

  test('update and resolve are based on what was shown, also where the recipe or the resolver writes itself', async () => {
    const store = await open<string>('a');
    const within: Promise<unknown>[] = [];
    await store.put('k', 'one');
    await store.update('k', (draft) => {
      within.push(store.put('k', 'within'));
      return `${draft}!`;
    });
    expect(shown(await store.get('k'))).toBe('conflict within|one!');
    const { context } = await store.get('k');
    await store.put('k', 'unread', { context: 'none' });
    const settle = (): Decision<string> => {
      within.push(store.put('elsewhere', 'x'));
      return { kind: 'value', value: 'settled' };
    };
    await store.resolve('k', settle, { context });
    expect(shown(await store.get('k'))).toBe('conflict unread|settled');
    await Promise.all(within);
  });

  test('resolve is refused while nothing decides, and changes nothing (L21)', async () => {
    const store = await conflict();
    await expectRefused(store, 'CONFLICT', () => store.resolve('k'));
    await expectRefused(store, 'CONFLICT', () => store.resolve('k', { kind: 'keep' }));
    await expectRefused(store, 'CONFLICT', () => store.resolve('k', () => ({ kind: 'keep' })));
    await expectRefused(store, 'SyntaxError', () => store.resolve('k', () => JSON.parse('{')));
  });
});
