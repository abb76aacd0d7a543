import { describe, expect, test } from 'vitest';
import { exchange } from '../../src/repair/exchange-local.ts';
import { Session } from '../../src/store/session.ts';
import { expectRefused, open, recordOf, share, shown } from './replicas.ts';

describe('Session', () => {
  test('Session moves to another replica with its token once that has exchanged, and is BEHIND before (L15)', async () => {
    const [a, b] = [await open<string>('a'), await open<string>('b')];
    const session = a.session();
    await session.put('k', 'x');
    await session.update('k', (value) => `${value}y`);
    const moved = b.session(session.token);
    await expectRefused(b, 'BEHIND', () => moved.get('k'));
    await expectRefused(b, 'BEHIND', () => moved.put('k', 'z'));
    await expectRefused(b, 'BEHIND', () => moved.delete('k'));
    await expectRefused(b, 'BEHIND', () => moved.update('k', () => 'z'));
    await exchange(a, b);
    expect(shown(await moved.get('k'))).toBe('live xy');
    await moved.delete('k');
    const back = a.session(moved.token);
    await expectRefused(a, 'BEHIND', () => back.get('k'));
    await exchange(a, b);
    expect(shown(await back.get('k'))).toBe('deleted');
  });

  test('Session reads monotonically: what was read at one replica is not unread at another', async () => {
    const [a, b, c] = [await open<string>('a'), await open<string>('b'), await open<string>('c')];
    await a.put('k', 'x');
    await exchange(a, b);
    const session = b.session();
    expect(shown(await session.get('k'))).toBe('live x');
    await expectRefused(c, 'BEHIND', () => c.session(session.token).get('k'));
    await share(a, c, 'k');
    expect(shown(await c.session(session.token).get('k'))).toBe('live x');
  });

  test('Session takes a token before anything was seen, and a refused operation adds nothing to it', async () => {
    const [a, b] = [await open<string>('a'), await open<string>('b')];
    const session = a.session();
    expect(shown(await b.session(session.token).get('k'))).toBe('absent');
    await a.put('k', 'x');
    await expectRefused(a, 'CONTEXT_INVALID', () => session.put('k', 'y', { context: 'damaged' }));
    expect(session.token).toBe(a.session().token);
    await session.get('k');
    expect(session.token).not.toBe(a.session().token);
    expect(session.token).toMatch(/^[\w-]+$/);
  });

  test('Session writes with a context as the store does', async () => {
    const store = await open<string>('a');
    const session = store.session();
    const { context } = await session.put('k', 'x');
    await store.receiveReplica('k', recordOf('k', 'x1=beside'));
    await session.put('k', 'y', { context });
    expect(shown(await session.get('k'))).toBe('conflict y|beside');
    await session.delete('k', { context: (await session.get('k')).context });
    expect(shown(await session.get('k'))).toBe('deleted');
    expect(session).toBeInstanceOf(Session);
  });

  test('Session says which replica is behind it', async () => {
    const [a, b] = [await open<string>('a'), await open<string>('b')];
    const session = a.session();
    await session.put('k', 'x');
    await expect(b.session(session.token).get('k')).rejects.toMatchObject({
      message: 'Cannot serve the session: "b~1" is behind it',
      details: { id: 'b~1' },
    });
  });

  test('Session gives what was done, although the key cannot be asked for afterwards', async () => {
    const store = await open<string>('a');
    const session = new Session<string>({
      id: store.id,
      get seen() {
        return store.seen;
      },
      record: () => Promise.reject(new RangeError('not now')),
      get: (key) => store.get(key),
      put: (key, value, options) => store.put(key, value, options),
      delete: (key, options) => store.delete(key, options),
      update: (key, recipe) => store.update(key, recipe),
    });
    expect((await session.put('k', 'x')).dot.counter).toBe(1);
    expect(shown(await store.session(session.token).get('k'))).toBe('live x');
  });
});
