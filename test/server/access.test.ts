import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { Access, type TokenOptions, webDigest } from '../../src/server/access.ts';
import { nodeHost } from '../../src/server/node-host.ts';
import { json, serveFetch, serveNode, told } from './serving.ts';

const secret = (name: string): string => `secret-of-${name}-0123456789`;
const token = (name: string, scopes: TokenOptions['scopes'], prefix?: string): TokenOptions => ({
  ...{ name, secret: secret(name), scopes },
  ...(prefix === undefined ? {} : { prefix }),
});
const as = (name: string): Record<string, string> => ({ authorization: `Bearer ${secret(name)}` });
const tokens = [
  token('reader', ['read']),
  token('writer', ['write']),
  token('keeper', ['admin']),
  token('tenant', ['read', 'write'], 'tenant/'),
];

describe.each([
  ['node', serveNode],
  ['fetch', serveFetch],
])('Access through the %s adapter', (_, serve) => {
  it('Access lets a token do what its scopes say and nothing else', async () => {
    const { ask } = await serve({ tokens });
    const asking = async (by: string, path: string, init: RequestInit = {}) =>
      (await ask(path, { ...init, headers: { ...(init.headers as Record<string, string>), ...as(by) } })).status;
    const deeds: readonly (readonly [scope: string, path: string, init: RequestInit])[] = [
      ['reader', '/v1/kv/k', {}],
      ['reader', '/v1/kv', {}],
      ['reader', '/v1/read', json('POST', { keys: ['k'] })],
      ['reader', '/v1/changes?live=false', {}],
      ['reader', '/v1/conflicts', {}],
      ['reader', '/v1/status', {}],
      ['reader', '/v1/members', {}],
      ['reader', '/metrics', {}],
      ['writer', '/v1/kv/k', json('PUT', 1)],
      ['writer', '/v1/kv/k', { method: 'DELETE' }],
      ['writer', '/v1/batch', json('POST', { operations: [] })],
      ['keeper', '/v1/members', json('POST', { join: 'x' })],
      ['keeper', '/v1/exchange', { method: 'POST' }],
      ['keeper', '/v1/links/x/cut', { method: 'POST' }],
    ];
    for (const [allowed, path, init] of deeds) {
      for (const by of ['reader', 'writer', 'keeper']) {
        const status = await asking(by, path, init);
        if (by === allowed) expect([path, [200, 204, 404, 410].includes(status)]).toEqual([path, true]);
        else expect([by, path, status]).toEqual([by, path, 403]);
      }
      expect([path, (await ask(path, init)).status]).toEqual([path, 401]);
    }
    for (const open of ['/healthz', '/readyz', '/openapi.json']) expect((await ask(open)).status).toBe(200);
  });

  it('Access keeps a token with a prefix to its keys, everywhere', async () => {
    const { ask, replica } = await serve({ tokens });
    const headers = as('tenant');
    await replica.store.put('other/1', 'theirs');
    expect((await ask('/v1/kv/tenant%2F1', json('PUT', 'mine', headers))).status).toBe(200);
    for (const path of ['/v1/kv/other%2F1', '/v1/kv?prefix=other', '/v1/kv?prefix=', '/v1/changes?prefix=o']) {
      const refused = await ask(path, { headers });
      expect([path, refused.status, (await told(refused)).code]).toEqual([path, 403, 'FORBIDDEN']);
    }
    expect((await ask('/v1/read', json('POST', { keys: ['tenant/1', 'other/1'] }, headers))).status).toBe(403);
    const batch = { operations: [{ put: 'tenant/2', value: 1 }, { delete: 'other/1' }] };
    expect((await ask('/v1/batch', json('POST', batch, headers))).status).toBe(403);
    expect((await told(await ask('/v1/kv', { headers }))).entries.map(({ key }) => key)).toEqual(['tenant/1']);
    const changes = await (await ask('/v1/changes?live=false', { headers })).text();
    expect(changes).toContain('tenant/1');
    expect(changes).not.toContain('other/1');
    for (const path of ['/v1/status', '/metrics', '/v1/members']) {
      expect((await ask(path, { headers })).status).toBe(403);
    }
  });

  it.each([
    ['Basic dXNlcjpwYXNz'],
    ['Bearer'],
    ['Bearer '],
    [`Bearer ${secret('nobody')}`],
    [`Bearer ${secret('reader')}x`],
    [`Bearer ${secret('reader').slice(0, -1)}`],
  ])('Access knows nobody by %j', async (authorization) => {
    const { ask } = await serve({ tokens });
    const answer = await ask('/v1/kv/k', { headers: { authorization } });
    expect([answer.status, answer.headers.get('www-authenticate')]).toEqual([401, 'Bearer realm="cairn"']);
    expect((await told(answer)).code).toBe('UNAUTHENTICATED');
  });

  it('Access stops listening to wrong tokens of an address that guesses, and to no right one of it', async () => {
    const { ask } = await serve({ tokens, limits: { failuresPerSecond: 0.001, failuresBurst: 3 } });
    const guess = { headers: { authorization: 'Bearer wrong' } };
    expect(await Promise.all([1, 2, 3, 4].map(async () => (await ask('/v1/kv/k', guess)).status))).toContain(401);
    const stopped = await ask('/v1/kv/k', guess);
    expect([stopped.status, (await told(stopped)).code]).toEqual([429, 'OVERLOADED']);
    expect(Number(stopped.headers.get('retry-after'))).toBeGreaterThan(100);
    // Behind a proxy others come from the same address.
    expect((await ask('/v1/kv/k', { headers: as('reader') })).status).toBe(404);
    expect((await ask('/v1/kv/k', guess)).status).toBe(429);
    expect((await ask('/healthz')).status).toBe(200);
  });
});

describe('Access', () => {
  it('Access takes secrets and digests alike', async () => {
    const sha256 = createHash('sha256').update(secret('a')).digest('hex');
    for (const digest of [webDigest, nodeHost.digest ?? webDigest]) {
      const access = await Access.of([{ name: 'a', sha256, scopes: ['read'] }, token('b', ['write'])], digest);
      expect((await access.grantOf(`bearer ${secret('a')}`))?.name).toBe('a');
      expect((await access.grantOf(`Bearer ${secret('b')}`))?.name).toBe('b');
      expect(await access.grantOf(`Bearer ${sha256}`)).toBeUndefined();
    }
  });

  it.each([
    [{ name: '', secret: secret('a'), scopes: [] }],
    [{ name: 'a', scopes: [] }],
    [{ name: 'a', secret: 'short', scopes: [] }],
    [{ name: 'a', secret: secret('a'), sha256: 'ab'.repeat(32), scopes: [] }],
    [{ name: 'a', sha256: 'abc', scopes: [] }],
    [{ name: 'a', secret: secret('a'), scopes: ['root' as 'read'] }],
  ])('Access refuses the token %j', async (bad) => {
    await expect(Access.of([bad], webDigest)).rejects.toThrow(/Cannot use/);
  });

  it('Access tells the same token whatever other tokens there are', async () => {
    const many = Array.from({ length: 100 }, (_, i) => token(`t${i}`, ['read']));
    const access = await Access.of(many, webDigest);
    for (const { name } of many) expect((await access.grantOf(`Bearer ${secret(name)}`))?.name).toBe(name);
    await expect(
      Access.of(
        [...Array(1_001)].map((__, i) => token(`t${i}`, [])),
        webDigest,
      ),
    ).rejects.toThrow(RangeError);
  });
});
