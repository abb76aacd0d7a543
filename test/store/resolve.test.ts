import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  type Decision,
  type DeletePolicy,
  decideConflict,
  deleteWins,
  keepSiblings,
  lastWriter,
  type Resolver,
  type Sibling,
  toSibling,
  updateWins,
} from '../../src/store/resolve.ts';
import { open, recordOf, SEED, shown, versions } from './replicas.ts';

type S = Sibling<string>;
/** `a1=x@3 b1@9`: versions with their times. */
const siblings = (text: string): S[] =>
  text.split(' ').map((word) => {
    const [version = '', time] = word.split('@');
    return toSibling<string>(versions(version, Number(time))[0] ?? expect.fail(text));
  });
const showDecision = (decision: Decision<string>): string =>
  decision.kind === 'value' ? `value ${decision.value}` : decision.kind;

describe('resolvers', () => {
  test('lastWriter, deleteWins and updateWins keep what is nothing', () => {
    expect([lastWriter([]), deleteWins([]), updateWins([])]).toEqual(Array(3).fill({ kind: 'keep' }));
  });

  //  siblings                 lastWriter   deleteWins  updateWins
  test.each([
    ['a1=x@1 b1=y@2', 'value y', 'keep', 'keep'],
    ['a1=x@2 b1=y@1', 'value x', 'keep', 'keep'],
    ['a1=x@2 b1=y@2', 'value y', 'keep', 'keep'],
    ['a1=x@1 b1@2', 'delete', 'delete', 'value x'],
    ['a1=x@3 b1@2', 'value x', 'delete', 'value x'],
    ['a1@3 b1=y@3', 'value y', 'delete', 'value y'],
    ['a1=x@1 b1=y@2 c1@0', 'value y', 'delete', 'keep'],
    ['a1@1 b1@2', 'delete', 'delete', 'keep'],
  ])('lastWriter, deleteWins and updateWins of %s decide', (text, last, deletes, updates) => {
    const list = siblings(text);
    expect([lastWriter, deleteWins, updateWins].map((resolve) => showDecision(resolve(list)))).toEqual([
      last,
      deletes,
      updates,
    ]);
    expect(showDecision(keepSiblings([], 'k'))).toBe('keep');
  });
});

describe('decideConflict', () => {
  //  siblings            policy           without a resolver   with the last writer
  test.each<[string, DeletePolicy, string, string]>([
    ['a1=x@1 b1=y@2', 'keep', 'keep', 'value y'],
    ['a1=x@1 b1@2', 'keep', 'keep', 'delete'],
    ['a1=x@1 b1@2', 'delete-wins', 'delete', 'delete'],
    ['a1=x@9 b1@2', 'delete-wins', 'delete', 'delete'],
    ['a1=x@1 b1@2', 'update-wins', 'value x', 'value x'],
    ['a1=x@1 b1=y@2 c1@9', 'update-wins', 'keep', 'value y'],
    ['a1=x@1 b1=y@2 c1@9', 'delete-wins', 'delete', 'delete'],
    ['a1=x@1 b1=y@2', 'delete-wins', 'keep', 'value y'],
  ])('decideConflict of %s under %s decides', (text, policy, without, withLast) => {
    expect(showDecision(decideConflict(siblings(text), 'k', { deletePolicy: policy, resolver: undefined }))).toBe(
      without,
    );
    expect(showDecision(decideConflict(siblings(text), 'k', { deletePolicy: policy, resolver: lastWriter }))).toBe(
      withLast,
    );
  });
});

describe('a store with a policy', () => {
  test.each<[DeletePolicy, string, string]>([
    ['keep', 'conflict x|†', 'conflict x|y'],
    ['delete-wins', 'deleted', 'conflict x|y'],
    ['update-wins', 'live x', 'conflict x|y'],
  ])(
    'get under %s shows update beside delete as %j, update beside update as %j',
    async (deletePolicy, mixed, updates) => {
      const store = await open<string>('a', { deletePolicy });
      await store.receiveReplica('mixed', recordOf('mixed', 'x1=x x2'));
      await store.receiveReplica('updates', recordOf('updates', 'y1=x y2=y'));
      expect(shown(await store.get('mixed'))).toBe(mixed);
      expect(shown(await store.get('updates'))).toBe(updates);
      expect([...store.keys()]).toEqual(mixed === 'deleted' ? ['updates'] : ['mixed', 'updates']);
      expect([...store.conflicts()].map(([key]) => key)).toEqual(['mixed', 'updates']);
      expect((await store.get('mixed')).siblings.length).toBe(2);
      expect(store.stats()).toMatchObject({ keys: 2, conflicts: 2, siblings: 4, live: 0, tombstones: 0 });
      if (deletePolicy === 'keep') return;
      await store.put('mixed', 'decided');
      expect(store.stats()).toMatchObject({ conflicts: 1, live: 1 });
    },
  );

  test('get asks the resolver of the store with the siblings in dot order and the key', async () => {
    const calls: string[] = [];
    const resolver: Resolver<string> = (list, key) => {
      calls.push(`${key}: ${list.map(({ dot }) => dot.id).join('')}`);
      return { kind: 'value', value: 'shown' };
    };
    const store = await open<string>('a', { resolver });
    await store.receiveReplica('k', recordOf('k', 'c1=z'));
    await store.receiveReplica('k', recordOf('k', 'b1=y'));
    await store.receiveReplica('k', recordOf('k', 'd1'));
    expect(shown(await store.get('k'))).toBe('live shown');
    expect(new Set(calls)).toEqual(new Set(['k: bcd']));
    expect((await store.get('k')).siblings.length).toBe(3);
  });

  test('get shows the same whatever the order of delivery (L4, L18)', async () => {
    const records = ['a1=x', 'b1=y', 'c1', 'c2=z'].map((text) => recordOf('k', text));
    const orders = fc.shuffledSubarray([...records, ...records], { minLength: 8 });
    await fc.assert(
      fc.asyncProperty(
        orders,
        fc.constantFrom<DeletePolicy>('keep', 'delete-wins', 'update-wins'),
        async (order, deletePolicy) => {
          const [store, other] = [await open<string>('r', { deletePolicy }), await open<string>('s', { deletePolicy })];
          for (const record of order) await store.receiveReplica('k', record);
          for (const record of records) await other.receiveReplica('k', record);
          expect(shown(await store.get('k'))).toBe(shown(await other.get('k')));
          expect(store.peek('k').siblings).toEqual(other.peek('k').siblings);
        },
      ),
      { seed: SEED, numRuns: 60 },
    );
  });
});
