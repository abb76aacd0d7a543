import { describe, expect, it } from 'vitest';
import { inConflict, json, serveNode, told } from './serving.ts';

describe('LIST_ROUTE', () => {
  it('LIST_ROUTE shows keys in order of their bytes, page after page, and nothing deleted', async () => {
    const { ask, replica } = await serveNode();
    for (const key of ['b', 'a', 'ü', 'a/1', 'a/2', 'z']) await replica.store.put(key, `of ${key}`);
    await replica.store.delete('b');
    const first = await told(await ask('/v1/kv?limit=2'));
    expect(first.entries).toMatchObject([
      { key: 'a', status: 'live', value: 'of a' },
      { key: 'a/1', status: 'live', value: 'of a/1' },
    ]);
    expect(first.next).toBe('a/1');
    const rest = await told(await ask(`/v1/kv?after=${encodeURIComponent(first.next ?? '')}`));
    expect(rest.entries.map(({ key }) => key)).toEqual(['a/2', 'z', 'ü']);
    expect(rest.next).toBeUndefined();
    expect((await told(await ask('/v1/kv?prefix=a/'))).entries.map(({ key }) => key)).toEqual(['a/1', 'a/2']);
    expect((await told(await ask('/v1/kv?limit=3&prefix=a'))).next).toBeUndefined();
  });

  it('LIST_ROUTE gives contexts to write with, ends a page that gets long, refuses one that is asked to be', async () => {
    const { ask, replica } = await serveNode({ limits: { pageBytesMax: 300, pageMax: 50 } });
    for (let i = 0; i < 9; i++) await replica.store.put(`k${i}`, 'x'.repeat(100));
    const { entries, next } = await told(await ask('/v1/kv?limit=50'));
    expect(entries.length).toBeLessThan(4);
    expect(next).toBe(entries.at(-1)?.key);
    await ask('/v1/kv/k0', json('PUT', 'y', { 'cairn-context': entries[0]?.context ?? '' }));
    expect(await (await ask('/v1/kv/k0')).json()).toBe('y');
    expect((await ask('/v1/kv?limit=51')).status).toBe(400);
  });

  it('LIST_ROUTE is not behind the session it is asked in', async () => {
    const { ask } = await serveNode({ name: 'berlin' });
    const lima = await serveNode({ name: 'lima' });
    const { session } = await told(await ask('/v1/kv/k', json('PUT', 1, { 'cairn-session': '' })));
    const behind = await lima.ask('/v1/kv', { headers: { 'cairn-session': session } });
    expect([behind.status, (await told(behind)).code]).toEqual([503, 'BEHIND']);
  });
});

describe('CONFLICTS_ROUTE', () => {
  it('CONFLICTS_ROUTE shows the keys in conflict with their siblings', async () => {
    const { ask, replica } = await serveNode();
    await replica.store.put('fine', 1);
    await inConflict(replica, 'colour', 'red', 'blue');
    const { entries } = await told(await ask('/v1/conflicts'));
    expect(entries).toMatchObject([
      { key: 'colour', status: 'conflict', siblings: [{ value: 'red' }, { value: 'blue' }] },
    ]);
  });
});

describe('READ_ROUTE', () => {
  it('READ_ROUTE reads several keys, those that no path can name among them, with session and contexts in the body', async () => {
    const { ask, replica } = await serveNode();
    await replica.store.put('..', 'up');
    await replica.store.put('.', { deep: new Uint8Array([1]) });
    const answer = await told(await ask('/v1/read', json('POST', { keys: ['..', '.', 'none'], session: '' })));
    expect(answer.answers).toMatchObject([
      { key: '..', status: 'live', value: 'up', from: ['berlin'], etag: expect.any(String) },
      { key: '.', status: 'live', value: { deep: { $bytes: 'AQ' } } },
      { key: 'none', status: 'absent', context: expect.any(String) },
    ]);
    expect(answer.session).toBe(replica.sessionToken());
    expect(await told(await ask('/v1/read', json('POST', { keys: [] })))).toMatchObject({ answers: [] });
  });
});

describe('BATCH_ROUTE', () => {
  it('BATCH_ROUTE writes all or nothing', async () => {
    const { ask, replica } = await serveNode();
    await replica.store.put('old', 1);
    await inConflict(replica, 'colour', 'red', 'blue');
    const operations = [{ put: 'new', value: { n: { $bigint: '7' } } }, { delete: 'old' }];
    const refused = await ask('/v1/batch', json('POST', { operations: [...operations, { put: 'colour', value: 1 }] }));
    expect([refused.status, (await told(refused)).code]).toEqual([409, 'CONFLICT']);
    expect((await ask('/v1/kv/new')).status).toBe(404);
    const { context } = await replica.store.get('colour');
    const settled = { put: 'colour', value: 'violet', context };
    const done = await ask('/v1/batch', json('POST', { operations: [...operations, settled] }));
    expect((await told(done)).results).toMatchObject([{ key: 'new' }, { key: 'old' }, { key: 'colour' }]);
    expect(await replica.store.get('new')).toMatchObject({ value: { n: 7n } });
    expect((await ask('/v1/kv/old')).status).toBe(410);
    expect(await (await ask('/v1/kv/colour')).json()).toBe('violet');
  });

  it.each([
    [{ operations: [{ put: 'k', value: 1 }, { delete: 'k' }] }, 'BAD_REQUEST'],
    [{ operations: [{ put: 'k' }] }, 'BAD_REQUEST'],
    [{ operations: [{ delete: 'k', value: 1 }] }, 'BAD_REQUEST'],
    [{ operations: [{ put: 'k', delete: 'k', value: 1 }] }, 'BAD_REQUEST'],
    [{ operations: [{ put: '', value: 1 }] }, 'BAD_REQUEST'],
    [{ operations: [{ put: 7, value: 1 }] }, 'BAD_REQUEST'],
    [{ operations: [{ put: 'k', value: 1, extra: 1 }] }, 'BAD_REQUEST'],
    [{ operations: [{ put: 'k', value: 1, context: 7 }] }, 'BAD_REQUEST'],
    [{ operations: [{ put: 'k', value: 1, context: 'x' }] }, 'CONTEXT_INVALID'],
    [{ operations: { length: 1 } }, 'BAD_REQUEST'],
    [{ operations: [], session: 7 }, 'BAD_REQUEST'],
    [{ operations: [null] }, 'BAD_REQUEST'],
    [[], 'BAD_REQUEST'],
    [{ operations: Array.from({ length: 1_001 }, (_, i) => ({ delete: `k${i}` })) }, 'LIMIT_EXCEEDED'],
  ])('BATCH_ROUTE refuses %#: %j', async (body, code) => {
    const { ask, replica } = await serveNode();
    expect((await told(await ask('/v1/batch', json('POST', body)))).code).toBe(code);
    expect(replica.store.seen.isEmpty).toBe(true);
  });

  it('BATCH_ROUTE takes nothing but JSON: a page of another origin cannot send that without asking', async () => {
    const { ask } = await serveNode();
    const init = { method: 'POST', body: '{"operations":[]}', headers: { 'content-type': 'text/plain' } };
    expect((await ask('/v1/batch', init)).status).toBe(415);
    expect((await ask('/v1/batch', json('POST', { operations: [] }))).status).toBe(200);
  });
});
