import { describe, expect, test } from 'vitest';
import { openStore, type StoreOptions } from '../../src/store/open-store.ts';
import { report, stateOf } from '../../src/store/versioned-kv-store.ts';
import { refusalOf, shown } from './replicas.ts';

describe('openStore', () => {
  test('openStore without options opens a replica of its own incarnation, alone among its members', async () => {
    const [one, two] = [await openStore(), await openStore()];
    expect(one.name).toBe('replica');
    expect(one.id).toMatch(/^replica~[0-9a-z]{8}$/);
    expect(one.id).not.toBe(two.id);
    expect([one.members(), one.seen.isEmpty, one.reaped.size, one.isClosed]).toEqual([['replica'], true, 0, false]);
    await one.put('k', { n: 1 });
    expect(shown(await one.get('k'))).toBe('live {"n":1}');
    expect(one.stats()).toEqual({
      keys: 1,
      live: 1,
      conflicts: 0,
      tombstones: 0,
      siblings: 0,
      residuals: 0,
      replicas: 1,
      reaped: 0,
      reapedByForce: 0,
      collisions: 0,
    });
  });

  test('openStore draws the incarnation from Env, so a seed gives it again', async () => {
    const drawn = (): number[] => [0, 0.5, 0.999, 0.1, 0.9, 0.2, 0.8, 0.3, 0.7, 0.4];
    const opened = async (): Promise<string> => {
      const numbers = drawn();
      return (await openStore({ env: { now: () => 0, random: () => numbers.shift() ?? 0 } })).id;
    };
    expect(await opened()).toBe(await opened());
  });

  test.each<[string, StoreOptions<string>]>([
    ['RangeError', { name: '' }],
    ['RangeError', { incarnation: '' }],
    ['RangeError', { incarnation: 'a~b' }],
    ['RangeError', { name: 'x'.repeat(250), incarnation: 'y'.repeat(6) }],
    ['RangeError', { name: '\u{1f5ff}'.repeat(64) }],
    ['TypeError', { name: '\ud800' }],
    ['TypeError', { incarnation: '\udc00' }],
    ['TypeError', { name: 7 as unknown as string }],
    ['TypeError', { deletePolicy: 'sometimes' as 'keep' }],
    ['TypeError', { onConflict: 'ask' as 'refuse' }],
  ])('openStore refuses with %s %j', async (kind, options) => {
    expect(await refusalOf(() => openStore(options))).toBe(kind);
  });

  test.each([['__proto__'], ['\u0000'], ['a~b'], ['~'], ['\u{1f5ff}'], ['x'.repeat(254)]])(
    'openStore takes the name %j',
    async (name) => {
      const store = await openStore<string>({ name, incarnation: '1' });
      expect([store.name, store.id]).toEqual([name, `${name}~1`]);
      const { dot, context } = await store.put('k', 'x');
      expect(dot).toEqual({ id: `${name}~1`, counter: 1 });
      await store.put('k', 'y', { context });
      expect(shown(await store.get('k'))).toBe('live y');
      expect((await store.get('k')).clock.get(store.id)).toBe(2);
    },
  );

  test('stateOf and report reach the state and the listener behind a store', async () => {
    const reports: unknown[] = [];
    const store = await openStore({ onReport: (about) => reports.push(about) });
    report(store, { kind: 'damage', dots: [] });
    expect(reports).toEqual([{ kind: 'damage', dots: [] }]);
    expect(stateOf(store).id).toBe(store.id);
    await store.close();
    expect(await refusalOf(() => stateOf(store))).toBe('STORE_CLOSED');
  });
});
