import { request } from 'node:http';
import { describe, expect, it } from 'vitest';
import { checkHost, hostsAllowed, isLoopback } from '../../src/server/origin.ts';
import { json, serveNode, told } from './serving.ts';

describe('corsHeaders', () => {
  it('corsHeaders are given to configured origins; pages of other origins are refused whatever they ask', async () => {
    const { ask, url } = await serveNode({ origins: ['https://app.example'] });
    const from = (origin: string) => ({ headers: { origin } });
    const allowed = await ask('/v1/kv', from('https://app.example'));
    expect(allowed.headers.get('access-control-allow-origin')).toBe('https://app.example');
    expect(allowed.headers.get('vary')).toBe('origin');
    expect(allowed.headers.get('access-control-expose-headers')).toContain('cairn-context');
    for (const origin of ['https://evil.example', 'null', 'https://app.example.evil.example']) {
      const refused = await ask('/v1/kv', from(origin));
      expect([refused.status, refused.headers.get('access-control-allow-origin')]).toEqual([403, null]);
      expect((await ask('/v1/batch', json('POST', { operations: [] }, { origin }))).status).toBe(403);
    }
    const own = await ask('/v1/kv', from(url));
    expect([own.status, own.headers.get('access-control-allow-origin')]).toEqual([200, null]);
  });

  it('corsHeaders answer a preflight without a token', async () => {
    const { ask } = await serveNode({
      origins: ['https://app.example'],
      tokens: [{ name: 'a', secret: '0123456789abcdef', scopes: ['read'] }],
    });
    const headers = { origin: 'https://app.example', 'access-control-request-method': 'PUT' };
    const answer = await ask('/v1/kv/k', { method: 'OPTIONS', headers });
    expect(answer.status).toBe(204);
    expect(answer.headers.get('access-control-allow-methods')).toContain('PUT');
    expect(answer.headers.get('access-control-allow-headers')).toContain('cairn-context');
    const refused = await ask('/v1/kv/k', {
      method: 'OPTIONS',
      headers: { ...headers, origin: 'https://evil.example' },
    });
    expect(refused.status).toBe(403);
    expect((await ask('/v1/kv/k', { headers: { origin: 'https://app.example' } })).status).toBe(401);
  });
});

describe('checkHost', () => {
  it.each([
    ['localhost:4040', true],
    ['LOCALHOST', true],
    ['127.0.0.1:1', true],
    ['[::1]:4040', true],
    ['cairn.internal', true],
    ['evil.example:4040', false],
    ['localhost.evil.example', false],
    ['[::2]', false],
    ['', false],
    [undefined, false],
  ])('checkHost on loopback with Host %j: %s', (host, isFine) => {
    const allowed = hostsAllowed('127.0.0.1', ['Cairn.internal']);
    if (isFine) expect(() => checkHost(host, allowed)).not.toThrow();
    else expect(() => checkHost(host, allowed)).toThrow(expect.objectContaining({ code: 'FORBIDDEN' }));
  });

  it('checkHost asks for nothing on a public address, unless names are configured', () => {
    expect(() => checkHost('anything', hostsAllowed('0.0.0.0', []))).not.toThrow();
    expect(() => checkHost('anything', hostsAllowed('0.0.0.0', ['cairn.example']))).toThrow();
    expect(['127.0.0.1', '127.9.9.9', '::1', 'localhost'].every(isLoopback)).toBe(true);
    expect(['0.0.0.0', '::', '10.0.0.1', '127.0.0.1.example', 'localhost.example'].some(isLoopback)).toBe(false);
  });

  it('checkHost refuses what a page reaches by a name of a stranger that points here', async () => {
    const { server } = await serveNode();
    const status = await new Promise((resolve, reject) => {
      const headers = { host: `evil.example:${server.port}` };
      request({ port: server.port, host: '127.0.0.1', path: '/v1/kv', headers }, (answer) => {
        answer.resume();
        resolve(answer.statusCode);
      })
        .on('error', reject)
        .end();
    });
    expect(status).toBe(403);
  });
});

describe('corsHeaders and checkHost', () => {
  it('corsHeaders take a page of the server itself for no stranger, whatever it sends', async () => {
    const { ask, url } = await serveNode();
    const answer = await ask('/v1/kv/k', json('PUT', 1, { origin: url }));
    expect((await told(answer)).etag).toBeDefined();
  });
});
