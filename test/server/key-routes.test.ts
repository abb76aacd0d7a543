import { describe, expect, it } from 'vitest';
import { inConflict, json, serveFetch, serveNode, told } from './serving.ts';

const enc = encodeURIComponent;

describe.each([
  ['node', serveNode],
  ['fetch', serveFetch],
])('KEY_ROUTE through the %s adapter', (_, serve) => {
  it('KEY_ROUTE answers 404 for what is absent, 200 for what is live, 410 for what is deleted', async () => {
    const { ask } = await serve();
    const absent = await ask('/v1/kv/colour');
    expect(absent.status).toBe(404);
    expect(await told(absent)).toEqual({ status: 'absent' });
    expect(absent.headers.get('cairn-context')).not.toBeNull();
    expect(absent.headers.get('etag')).toBeNull();

    const put = await ask('/v1/kv/colour', json('PUT', { name: 'red', rgb: [255, 0, 0] }, { 'cairn-session': '' }));
    expect(put.status).toBe(200);
    const written = await told(put);
    expect(written).toMatchObject({
      key: 'colour',
      dot: [expect.stringMatching(/^berlin~/), 1],
      durableAt: ['berlin'],
    });

    const live = await ask('/v1/kv/colour', { headers: { 'cairn-session': '' } });
    expect(live.status).toBe(200);
    expect(live.headers.get('content-type')).toBe('application/json');
    expect(live.headers.get('etag')).toBe(written.etag);
    expect(live.headers.get('cairn-session')).toBe(written.session);
    expect(await live.text()).toBe('{"name":"red","rgb":[255,0,0]}');

    expect((await ask('/v1/kv/colour', { method: 'DELETE' })).status).toBe(200);
    const deleted = await ask('/v1/kv/colour');
    expect(deleted.status).toBe(410);
    expect(await told(deleted)).toEqual({ status: 'deleted' });
    expect(deleted.headers.get('etag')).not.toBeNull();
  });

  it('KEY_ROUTE answers 300 with every sibling of a conflict, tombstones among them, and takes its context', async () => {
    const { ask, replica } = await serve();
    await replica.store.put('colour', 'red');
    const lima = await inConflict(replica, 'colour', 'green', 'blue');
    await lima.pull(replica);
    await replica.store.put('colour', 'red', { context: (await replica.store.get('colour')).context });
    await lima.store.delete('colour', { context: (await lima.store.get('colour')).context });
    await replica.pull(lima);

    const conflict = await ask('/v1/kv/colour');
    expect(conflict.status).toBe(300);
    const { status, siblings } = await told(conflict);
    expect(status).toBe('conflict');
    expect(siblings).toEqual([
      { dot: [expect.stringMatching(/^berlin~/), 3], time: expect.any(Number), value: 'red' },
      { dot: [expect.stringMatching(/^lima~/), 2], time: expect.any(Number), tombstone: true },
    ]);

    const refused = await ask('/v1/kv/colour', json('PUT', 'violet'));
    expect(refused.status).toBe(409);
    expect(refused.headers.get('content-type')).toBe('application/problem+json');
    const problem = await refused.json();
    expect(problem).toMatchObject({ code: 'CONFLICT', outcome: 'not-done', status: 409 });
    expect(JSON.stringify(problem)).not.toContain('red');

    const context = conflict.headers.get('cairn-context') ?? '';
    expect((await ask('/v1/kv/colour', json('PUT', 'violet', { 'cairn-context': context }))).status).toBe(200);
    expect(await told(await ask('/v1/kv/colour'))).toBe('violet');
  });

  it('KEY_ROUTE writes with a context cover exactly what was read: what came later stays beside', async () => {
    const { ask } = await serve();
    await ask('/v1/kv/k', json('PUT', 'one'));
    const context = (await ask('/v1/kv/k')).headers.get('cairn-context') ?? '';
    await ask('/v1/kv/k', json('PUT', 'two'));
    await ask('/v1/kv/k', json('PUT', 'three', { 'cairn-context': context }));
    const values = (await told(await ask('/v1/kv/k'))).siblings.map(({ value }) => value);
    expect(values).toEqual(['two', 'three']);
    await ask('/v1/kv/blind', json('PUT', 'one'));
    await ask('/v1/kv/blind', json('PUT', 'two', { 'cairn-context': 'none' }));
    expect((await ask('/v1/kv/blind')).status).toBe(300);
    const foreign = await ask('/v1/kv/other', json('PUT', 1, { 'cairn-context': context }));
    expect([foreign.status, (await told(foreign)).code]).toEqual([400, 'CONTEXT_INVALID']);
  });

  it('KEY_ROUTE If-Match writes on the answer whose tag it is, and gives 412 and writes nothing for any other', async () => {
    const { ask } = await serve();
    const none = await ask('/v1/kv/k', json('PUT', 0, { 'if-match': '*' }));
    expect([none.status, (await told(none)).code]).toEqual([412, 'PRECONDITION_FAILED']);
    expect((await ask('/v1/kv/k')).status).toBe(404);
    await ask('/v1/kv/k', json('PUT', 1));
    const etag = (await ask('/v1/kv/k')).headers.get('etag') ?? '';
    expect((await ask('/v1/kv/k', json('PUT', 2, { 'if-match': `"other", ${etag}` }))).status).toBe(200);
    const stale = await ask('/v1/kv/k', json('PUT', 3, { 'if-match': etag }));
    expect(stale.status).toBe(412);
    expect((await ask('/v1/kv/k', { method: 'DELETE', headers: { 'if-match': etag } })).status).toBe(412);
    const now = (await ask('/v1/kv/k')).headers.get('etag') ?? '';
    expect((await told(stale)).details).toEqual({ etag: now });
    expect((await ask('/v1/kv/k', json('PUT', 4, { 'if-match': `W/${now}` }))).status).toBe(412);
    expect(await told(await ask('/v1/kv/k'))).toBe(2);
    expect((await ask('/v1/kv/k', { method: 'DELETE', headers: { 'if-match': now } })).status).toBe(200);
    const gone = (await ask('/v1/kv/k')).headers.get('etag') ?? '';
    expect((await ask('/v1/kv/k', json('PUT', 5, { 'if-match': '*' }))).status).toBe(412);
    expect((await ask('/v1/kv/k', json('PUT', 5, { 'if-match': gone }))).status).toBe(200);
  });

  it('KEY_ROUTE If-Match settles a conflict when the tag is of all siblings', async () => {
    const { ask, replica } = await serve();
    await inConflict(replica, 'k', 'a', 'b');
    const etag = (await ask('/v1/kv/k')).headers.get('etag') ?? '';
    expect((await ask('/v1/kv/k', json('PUT', 'c', { 'if-match': etag }))).status).toBe(200);
    expect(await told(await ask('/v1/kv/k'))).toBe('c');
  });

  it('KEY_ROUTE If-None-Match: * writes only what is absent or deleted; on a read the tag gives 304', async () => {
    const { ask } = await serve();
    expect((await ask('/v1/kv/k', json('PUT', 1, { 'if-none-match': '*' }))).status).toBe(200);
    expect((await ask('/v1/kv/k', json('PUT', 2, { 'if-none-match': '*' }))).status).toBe(412);
    const etag = (await ask('/v1/kv/k')).headers.get('etag') ?? '';
    const same = await ask('/v1/kv/k', { headers: { 'if-none-match': `W/${etag}` } });
    expect([same.status, await same.text()]).toEqual([304, '']);
    await ask('/v1/kv/k', { method: 'DELETE' });
    expect((await ask('/v1/kv/k', json('PUT', 3, { 'if-none-match': '*' }))).status).toBe(200);
    expect((await ask('/v1/kv/k', { headers: { 'if-none-match': etag } })).status).toBe(200);
  });

  it('KEY_ROUTE lets exactly one of many conditional writes with one tag through', async () => {
    const { ask } = await serve();
    await ask('/v1/kv/k', json('PUT', 0));
    const etag = (await ask('/v1/kv/k')).headers.get('etag') ?? '';
    const writes = Array.from({ length: 20 }, (_, i) => ask('/v1/kv/k', json('PUT', i + 1, { 'if-match': etag })));
    const statuses = (await Promise.all(writes)).map(({ status }) => status).sort();
    expect(statuses).toEqual([200, ...Array.from({ length: 19 }, () => 412)]);
    expect((await ask('/v1/kv/k')).status).toBe(200);
  });

  it('KEY_ROUTE gives bytes back as they were sent, under their content type', async () => {
    const { ask, replica } = await serve();
    const bytes = new Uint8Array([0, 255, 13, 10, 128]);
    await ask('/v1/kv/pic', { method: 'PUT', body: bytes, headers: { 'content-type': 'image/png' } });
    const answer = await ask('/v1/kv/pic');
    expect(answer.headers.get('content-type')).toBe('image/png');
    expect(answer.headers.get('content-security-policy')).toContain('sandbox');
    expect(new Uint8Array(await answer.arrayBuffer())).toEqual(bytes);
    expect(await replica.store.get('pic')).toMatchObject({ value: { contentType: 'image/png', bytes } });

    await ask('/v1/kv/text', { method: 'PUT', body: 'grün', headers: { 'content-type': 'text/plain; charset=utf-8' } });
    expect(await (await ask('/v1/kv/text')).text()).toBe('grün');
    await ask('/v1/kv/raw', { method: 'PUT', body: bytes });
    expect((await ask('/v1/kv/raw')).headers.get('content-type')).toBe('application/octet-stream');
    expect(await replica.store.get('raw')).toMatchObject({ value: bytes });
    await replica.store.put('own', { contentType: 'application/json', bytes });
    expect((await told(await ask('/v1/kv/own'))).bytes).toEqual({ $bytes: 'AP8NCoA' });
    const form = await ask('/v1/kv/form', {
      ...{ method: 'PUT', body: 'a=b', headers: { 'content-type': 'application/x-www-form-urlencoded' } },
    });
    expect([form.status, (await told(form)).code]).toEqual([415, 'UNSUPPORTED_MEDIA_TYPE']);
  });

  it('KEY_ROUTE shows what JSON lacks with tags', async () => {
    const { ask, replica } = await serve();
    await ask(
      '/v1/kv/k',
      json('PUT', { at: { $date: '2026-01-31T12:00:00.000Z' }, n: { $bigint: '12' }, $bytes: 'x', z: 1 }),
    );
    const answer = await replica.store.get('k');
    const value = { at: new Date('2026-01-31T12:00:00.000Z'), n: 12n, $bytes: 'x', z: 1 };
    expect(answer).toMatchObject({ value });
    expect((await told(await ask('/v1/kv/k'))).n).toEqual({ $bigint: '12' });
  });

  it.each(['a/b', 'a b', 'ü€😀', 'a%2Fb', '?x=1#y', '__proto__', 'constructor', '%', 'a+b', '..a', '"', '\u0001'])(
    'KEY_ROUTE reads back the key %j',
    async (key) => {
      const { ask, replica } = await serve();
      expect((await ask(`/v1/kv/${enc(key)}`, json('PUT', key))).status).toBe(200);
      expect(await (await ask(`/v1/kv/${enc(key)}`)).json()).toBe(key);
      expect(await replica.store.keys().toArray()).toEqual([key]);
    },
  );

  it.each([
    ['/v1/kv/a/b', 400, 'BAD_REQUEST'],
    ['/v1/kv/', 400, 'BAD_REQUEST'],
    ['/v1/kv/%ff', 400, 'BAD_REQUEST'],
    ['/v1/kv/%zz', 400, 'BAD_REQUEST'],
    [`/v1/kv/${enc('\u0000cairn/member/x')}`, 400, 'BAD_REQUEST'],
    [`/v1/kv/${'k'.repeat(1_025)}`, 413, 'LIMIT_EXCEEDED'],
    ['/v1/kv/k?r=0', 400, 'BAD_REQUEST'],
    ['/v1/kv/k?r=1&r=1', 400, 'BAD_REQUEST'],
    ['/v1/kv/k?timeoutMs=1e3', 400, 'BAD_REQUEST'],
    ['/v1/kv/k?waitMs=999999', 400, 'BAD_REQUEST'],
    ['/v1/kv/k?access_token=secret', 400, 'BAD_REQUEST'],
    ['/v1/kv/k?r=2', 503, 'QUORUM_NOT_MET'],
    ['/v1/nothing', 404, 'NOT_FOUND'],
    ['/__proto__', 404, 'NOT_FOUND'],
    ['/v1/kv/{key}/x', 400, 'BAD_REQUEST'],
    ['/v1/links/{peer}/cut', 405, 'METHOD_NOT_ALLOWED'],
  ])('KEY_ROUTE refuses GET %s with %i %s', async (path, status, code) => {
    const { ask } = await serve();
    const answer = await ask(path);
    expect([answer.status, (await told(answer)).code]).toEqual([status, code]);
  });

  it('KEY_ROUTE has HEAD beside GET, says what is possible, and refuses the rest with 405', async () => {
    const { ask } = await serve();
    await ask('/v1/kv/k', json('PUT', 'value'));
    const head = await ask('/v1/kv/k', { method: 'HEAD' });
    expect([head.status, await head.text()]).toEqual([200, '']);
    expect(head.headers.get('etag')).not.toBeNull();
    const post = await ask('/v1/kv/k', { method: 'POST' });
    expect([post.status, post.headers.get('allow')]).toEqual([405, 'GET, PUT, DELETE, HEAD, OPTIONS']);
    const options = await ask('/v1/kv/k', { method: 'OPTIONS' });
    expect([options.status, options.headers.get('allow')]).toEqual([204, 'GET, PUT, DELETE, HEAD, OPTIONS']);
  });

  it('KEY_ROUTE passes sessions on: a replica that is behind answers BEHIND', async () => {
    const berlin = await serve({ name: 'berlin' });
    const lima = await serve({ name: 'lima' });
    const put = await berlin.ask('/v1/kv/k', json('PUT', 1, { 'cairn-session': '' }));
    const session = put.headers.get('cairn-session') ?? '';
    const headers = { 'cairn-session': session };
    const behind = await lima.ask('/v1/kv/k', { headers });
    expect([behind.status, (await told(behind)).code]).toEqual([503, 'BEHIND']);
    expect((await lima.ask('/v1/kv/k', json('PUT', 2, headers))).status).toBe(503);
    await lima.replica.pull(berlin.replica);
    expect(await (await lima.ask('/v1/kv/k', { headers })).json()).toBe(1);
    const bad = await lima.ask('/v1/kv/k', { headers: { 'cairn-session': 'nonsense' } });
    expect([bad.status, (await told(bad)).code]).toEqual([400, 'CONTEXT_INVALID']);
  });

  it('KEY_ROUTE tells its session to whoever has one or begins one', async () => {
    const { ask } = await serve();
    const put = await ask('/v1/kv/k', json('PUT', 1));
    expect([put.headers.get('cairn-session'), (await told(put)).session]).toEqual([null, undefined]);
    expect((await ask('/v1/kv/k')).headers.get('cairn-session')).toBeNull();
    const begun = await ask('/v1/kv/k', { headers: { 'cairn-session': '' } });
    const session = begun.headers.get('cairn-session') ?? '';
    expect(session).not.toBe('');
    const several = await ask('/v1/kv/k', { headers: { 'cairn-session': `${session}, ${session}` } });
    expect(several.headers.get('cairn-session')).toBe(session);
  });

  it('KEY_ROUTE leaves out of the headers what is too long for them, and says so', async () => {
    const { ask } = await serve({ limits: { tokenHeaderBytesMax: 10 } });
    await ask('/v1/kv/k', json('PUT', 1));
    const { headers } = await ask('/v1/kv/k', { headers: { 'cairn-session': '' } });
    expect(headers.get('cairn-context')).toBeNull();
    expect(headers.get('cairn-session')).toBeNull();
    expect(headers.get('cairn-omitted')).toBe('context, session');
  });

  it('KEY_ROUTE shows a bounded number of siblings, and then gives no context to write over the others with', async () => {
    const { ask } = await serve({ limits: { siblingsShownMax: 2 } });
    for (const n of [1, 2, 3]) await ask('/v1/kv/k', json('PUT', n, { 'cairn-context': 'none' }));
    const answer = await ask('/v1/kv/k');
    expect(await told(answer)).toMatchObject({ status: 'conflict', siblings: [{ value: 1 }, { value: 2 }], total: 3 });
    expect(answer.headers.get('cairn-context')).toBeNull();
    expect(answer.headers.get('etag')).toBeNull();
  });

  it.each([
    ['{"a":1,"a":2}', 400, 'ENCODING_INVALID'],
    ['{"__proto__":{"admin":true}}', 200, undefined],
    ['12345678901234567890', 400, 'ENCODING_INVALID'],
    ['1e999', 400, 'ENCODING_INVALID'],
    ['"\\ud800"', 400, 'BAD_REQUEST'],
    ['['.repeat(100_000) + ']'.repeat(100_000), 400, 'ENCODING_INVALID'],
    ['{"a":', 400, 'ENCODING_INVALID'],
    ['', 400, 'ENCODING_INVALID'],
    ['{"$bigint":"x"}', 400, 'ENCODING_INVALID'],
  ])('KEY_ROUTE refuses or stores exactly the hostile body %#', async (body, status, code) => {
    const { ask } = await serve();
    const answer = await ask('/v1/kv/k', { method: 'PUT', body, headers: { 'content-type': 'application/json' } });
    expect([answer.status, (await told(answer)).code]).toEqual([status, code]);
    const read = await ask('/v1/kv/k');
    if (status === 200) expect(await read.text()).toBe(body);
    else expect(read.status).toBe(404);
  });

  it('KEY_ROUTE refuses bytes that are no UTF-8 as JSON, and values over the limit', async () => {
    const { ask } = await serve({ limits: { valueBytesMax: 100 } });
    const headers = { 'content-type': 'application/json' };
    const broken = await ask('/v1/kv/k', { method: 'PUT', body: new Uint8Array([34, 255, 34]), headers });
    expect([broken.status, (await told(broken)).code]).toEqual([400, 'ENCODING_INVALID']);
    const large = await ask('/v1/kv/k', json('PUT', 'x'.repeat(100)));
    expect([large.status, (await told(large)).code]).toEqual([413, 'LIMIT_EXCEEDED']);
    const chunks = new ReadableStream({
      pull: (controller) => controller.enqueue(new Uint8Array(64)),
    });
    const endless = await ask('/v1/kv/k', { method: 'PUT', body: chunks, duplex: 'half' } as RequestInit);
    expect(endless.status).toBe(413);
  });
});
