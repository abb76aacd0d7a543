import { describe, expect, test } from 'vitest';
import { exchange } from '../../src/repair/exchange-local.ts';
import type { StandardSchema } from '../../src/store/schema.ts';
import { expectRefused, open, recordOf, share, shown } from './replicas.ts';

type Result = ReturnType<StandardSchema<string>['~standard']['validate']>;

/** Texts of up to five letters, trimmed on the way in. */
function short(wrap: (result: Awaited<Result>) => Result = (result) => result): StandardSchema<string> {
  const validate = (value: unknown): Result => {
    if (typeof value !== 'string') return wrap({ issues: [{ message: 'it is no text' }] });
    const trimmed = value.trim();
    return wrap(
      trimmed.length > 5 ? { issues: [{ message: 'it is too long' }, { message: 'really' }] } : { value: trimmed },
    );
  };
  return { '~standard': { version: 1, vendor: 'by hand', validate } };
}

const sync = short();
const slow = short((result) => Promise.resolve(result));

describe.each([
  ['synchronous', sync],
  ['asynchronous', slow],
])('a store with a %s schema', (_, schema) => {
  test('put, update, resolve and batch store what the schema gives back', async () => {
    const store = await open<string>('a', { schema });
    await store.put('k', ' x ');
    expect(shown(await store.get('k'))).toBe('live x');
    await store.update('k', (value) => ` ${value}y `);
    expect(shown(await store.get('k'))).toBe('live xy');
    await store.resolve('k', { kind: 'value', value: ' z' });
    await store.batch([{ put: 'b', value: ' b' }, { delete: 'k' }]);
    expect((await store.getMany(['k', 'b'])).map(shown)).toEqual(['deleted', 'live b']);
  });

  test('put, update, resolve and batch are refused with SCHEMA_REJECTED and change nothing (L21)', async () => {
    const store = await open<string>('a', { schema });
    await store.put('k', 'x');
    const bad = 'far too long';
    await expectRefused(store, 'SCHEMA_REJECTED', () => store.put('k', bad));
    await expectRefused(store, 'SCHEMA_REJECTED', () => store.put('k', bad, { context: 'none' }));
    await expectRefused(store, 'SCHEMA_REJECTED', () => store.put('k', 7 as unknown as string));
    await expectRefused(store, 'SCHEMA_REJECTED', () => store.update('k', () => bad));
    await expectRefused(store, 'SCHEMA_REJECTED', () => store.resolve('k', { kind: 'value', value: bad }));
    await expectRefused(store, 'SCHEMA_REJECTED', () =>
      store.batch([
        { put: 'a', value: 'ok' },
        { put: 'b', value: bad },
      ]),
    );
    await expectRefused(store, 'TypeError', () => store.put('k', undefined as unknown as string));
    await expect(store.put('k', bad)).rejects.toMatchObject({
      message: expect.stringContaining('it is too long'),
      outcome: 'not-done',
      details: { key: 'k', issues: [{ message: 'it is too long' }, { message: 'really' }] },
    });
  });

  test('get shows what a peer sent that does not fit with its issues, and drops nothing', async () => {
    const [store, peer] = [await open<string>('a', { schema }), await open<string>('b')];
    await peer.put('k', 'far too long');
    await peer.put('ok', 'fits');
    await exchange(peer, store);
    const answer = await store.get('k');
    expect(shown(answer)).toBe('live far too long');
    expect(answer.siblings).toMatchObject([{ value: 'far too long', issues: [{ message: 'it is too long' }, {}] }]);
    expect((await store.get('ok')).siblings[0]).not.toHaveProperty('issues');
    const found: string[] = [];
    for await (const [key, { siblings }] of store.entries())
      found.push(`${key} ${siblings[0] !== undefined && 'issues' in siblings[0]}`);
    expect(found).toEqual(['k true', 'ok false']);
    await store.put('k', 'x', { context: answer.context });
    expect((await store.get('k')).siblings[0]).not.toHaveProperty('issues');
    await share(store, peer, 'k');
    expect(shown(await peer.get('k'))).toBe('live x');
  });

  test('get marks the siblings that do not fit, and a tombstone never', async () => {
    const store = await open<string>('a', { schema });
    await store.put('k', 'mine');
    await store.receiveReplica('k', recordOf('k', 'x1=far-too-long x2 x3=ok'));
    const { siblings } = await store.get('k');
    expect(siblings.map((sibling) => 'issues' in sibling)).toEqual([false, true, false, false]);
    const [[, scanned] = expect.fail('in conflict')] = await store.conflicts().toArray();
    expect(scanned.siblings).toEqual(siblings);
    expect(await store.keys().toArray()).toEqual(['k']);
  });
});

describe('a store with an asynchronous schema', () => {
  test('peek and a scan at once refuse with TypeError where a promise is needed, and answer where none is', async () => {
    const store = await open<string>('a', { schema: slow });
    await store.put('k', 'mine');
    expect(shown(store.peek('k'))).toBe('live mine');
    await store.receiveReplica('k', recordOf('k', 'x1=ok'));
    expect(() => store.peek('k')).toThrow(TypeError);
    expect(() => [...store.entries()]).toThrow(TypeError);
    expect([...store.keys()]).toEqual(['k']);
    await store.get('k');
    expect(shown(store.peek('k'))).toBe('conflict mine|ok');
  });

  test('get answers as of the moment it was asked, however long the schema takes', async () => {
    const gates: (() => void)[] = [];
    const gated = short((result) => new Promise((resolve) => gates.push(() => resolve(result))));
    const store = await open<string>('a', { schema: gated });
    await store.receiveReplica('k', recordOf('k', 'x1=old'));
    const pending = store.get('k');
    await store.delete('k');
    for (const open of gates) open();
    const answer = await pending;
    expect(shown(answer)).toBe('live old');
    const resolving = store.put('k', 'new', { context: answer.context });
    for (const open of gates) open();
    await resolving;
    expect(shown(await store.get('k'))).toBe('conflict †|new');
  });

  test('put passes on what a throwing or failing schema says', async () => {
    const boom = (): never => {
      throw new SyntaxError('of the schema');
    };
    const throwing = await open<string>('a', { schema: short(boom) });
    const failing = await open<string>('a', { schema: short(async () => boom()) });
    for (const store of [throwing, failing]) {
      await expectRefused(store, 'SyntaxError', () => store.put('k', 'x'));
      await store.receiveReplica('k', recordOf('k', 'x1=y'));
      await expectRefused(store, 'SyntaxError', () => store.get('k'));
    }
  });

  test('put refuses a value of which the schema says nothing but that it does not fit', async () => {
    const schema: StandardSchema<string> = {
      '~standard': { version: 1, vendor: 'test', validate: () => ({ issues: [] }) },
    };
    const store = await open<string>('a', { schema });
    await expect(store.put('k', 'v')).rejects.toThrow('Cannot write "k": it is refused');
  });

  test('resolve and update with a schema are based on what was shown when it was asked', async () => {
    for (const schema of [short(), short(async (result) => result)]) {
      const store = await open<string>('a', { schema });
      await store.put('k', 'one');
      const { context } = await store.get('k');
      const updating = store.update('k', (draft) => `${draft}!`);
      await Promise.all([updating, store.receiveReplica('k', recordOf('k', 'x1=unread'))]);
      expect(shown(await store.get('k'))).toBe('conflict one!|unread');
      await store.resolve('k', { kind: 'value', value: 'two' }, { context });
      expect(shown(await store.get('k'))).toBe('conflict one!|two|unread');
      await store.resolve('k', { kind: 'delete' });
      expect(shown(await store.get('k'))).toBe('deleted');
    }
  });
});
