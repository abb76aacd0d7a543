import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { get as httpsGet } from 'node:https';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createHttpHandler } from '../../src/server/handler.ts';
import type { HttpStream } from '../../src/server/http-types.ts';
import { serveHttp } from '../../src/server/node-server.ts';
import type { Link } from '../../src/transport/transport.ts';
import { nodeWebSocketTransport } from '../../src/transport/websocket-node.ts';
import { oneReplica } from './one-replica.ts';
import { json, serveNode, told } from './serving.ts';

/** What a server says to these bytes until it closes the connection, or until `enough` holds. */
function say(port: number, bytes: string, enough: (text: string) => boolean = () => false): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = '';
    const socket: Socket = connect(port, '127.0.0.1', () => socket.write(bytes));
    socket.on('data', (chunk) => {
      text += chunk.toString('latin1');
      if (enough(text)) socket.destroy();
    });
    socket.on('error', reject);
    socket.on('close', () => resolve(text));
  });
}

/** A call that waits until it is released, and tells when it was begun. */
function gate(): { readonly begun: Promise<void>; readonly begin: () => Promise<void>; readonly release: () => void } {
  let release = (): void => undefined;
  let tell = (): void => undefined;
  const held = new Promise<void>((resolve) => {
    release = resolve;
  });
  const begun = new Promise<void>((resolve) => {
    tell = resolve;
  });
  return {
    begun,
    release,
    begin: () => {
      tell();
      return held;
    },
  };
}

describe('serveHttp', () => {
  it('serveHttp listens on loopback unless told otherwise, and says where', async () => {
    const { server } = await serveNode();
    expect(server.host).toBe('127.0.0.1');
    expect(server.url).toBe(`http://127.0.0.1:${server.port}`);
    const second = serveNode({ serve: { port: server.port } });
    await expect(second).rejects.toMatchObject({ code: 'LINK_FAILED', outcome: 'not-done' });
  });

  it('serveHttp refuses a public address without tokens unless told to', async () => {
    const handler = await createHttpHandler({ replica: await oneReplica('berlin') });
    for (const host of ['0.0.0.0', '::', '192.0.2.1', 'example.org']) {
      await expect(serveHttp({ handler, host })).rejects.toThrow(/no tokens are configured/);
    }
    const told = await serveHttp({ handler, host: '0.0.0.0', isInsecure: true });
    await told.close();
    const tokens = [{ name: 'a', secret: '0123456789abcdef', scopes: [] }];
    const guarded = await createHttpHandler({ replica: await oneReplica('berlin'), tokens });
    await (await serveHttp({ handler: guarded, host: '0.0.0.0' })).close();
  });

  it('serveHttp answers requests sent one behind the other in order, on one connection', async () => {
    const { server } = await serveNode();
    const head = (method: string, i: number, more = ''): string =>
      `${method} /v1/kv/k${i} HTTP/1.1\r\nhost: localhost\r\n${more}\r\n`;
    const put = (i: number): string =>
      `${head('PUT', i, 'content-type: application/json\r\ncontent-length: 1\r\n')}${i}`;
    const all = [1, 2, 3].map(put).join('') + [1, 2, 3].map((i) => head('GET', i)).join('');
    const text = await say(
      server.port,
      all,
      (sofar) => sofar.split('HTTP/1.1 200').length === 7 && sofar.endsWith('3'),
    );
    expect([...text.matchAll(/\r\n\r\n(\d)/g)].map(([, value]) => value)).toEqual(['1', '2', '3']);
  });

  it('serveHttp refuses a connection that sends more and more without waiting for answers', async () => {
    const replica = await oneReplica('berlin');
    const { begun, begin, release } = gate();
    let reads = 0;
    const get: typeof replica.get = async (key) => {
      reads += 1;
      await begin();
      return replica.get(key);
    };
    const { server } = await serveNode({ replica: { ...replica, get } });
    const all = new Promise<void>((resolve) => {
      let asked = 0;
      server.server.on('request', () => ++asked === 120 && resolve());
    });
    const said = say(server.port, 'GET /v1/kv/k HTTP/1.1\r\nhost: localhost\r\n\r\n'.repeat(300));
    await begun;
    await all;
    expect(reads).toBe(1);
    release();
    const text = await said;
    expect(text.split('HTTP/1.1 404 ').length - 1).toBe(101);
    expect(text).toContain('HTTP/1.1 429 ');
    expect(reads).toBe(101);
  });

  it('serveHttp takes a body in pieces, and one that is chunked', async () => {
    const { server, ask } = await serveNode();
    const head = 'PUT /v1/kv/k HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n';
    const chunked = `${head}transfer-encoding: chunked\r\nconnection: close\r\n\r\n2\r\n[1\r\n3\r\n,2]\r\n0\r\n\r\n`;
    expect(await say(server.port, chunked)).toContain('200 OK');
    expect(await (await ask('/v1/kv/k')).json()).toEqual([1, 2]);
  });

  it.each([
    ['nonsense\r\n\r\n', '400', 'ENCODING_INVALID'],
    ['GET / HTTP/1.1\r\n\r\n', '400', ''],
    [`GET / HTTP/1.1\r\nhost: localhost\r\nx: ${'y'.repeat(70_000)}\r\n\r\n`, '431', 'LIMIT_EXCEEDED'],
    ['PUT /v1/kv/k HTTP/1.1\r\nhost: localhost\r\ncontent-length: 99999999\r\n\r\n', '413', 'LIMIT_EXCEEDED'],
    ['PUT /v1/kv/k HTTP/1.1\r\nhost: localhost\r\ncontent-length: 3\r\ntransfer-encoding: chunked\r\n\r\n', '400', ''],
    ['GET /v1/kv/k HTTP/1.1\r\nhost: evil.example\r\nconnection: close\r\n\r\n', '403', 'FORBIDDEN'],
  ])('serveHttp answers %# with a refusal and closes the connection', async (bytes, status, code) => {
    const { server, ask } = await serveNode();
    const text = await say(server.port, bytes);
    expect(text).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
    expect(text).toContain(code);
    expect((await ask('/healthz')).status).toBe(200);
  });

  it('serveHttp gives up callers who send too slowly, and those over the number', async () => {
    const limits = { headersMs: 150, requestMs: 150, connectionsMax: 2 };
    const { server, ask } = await serveNode({ serve: { limits } });
    const slow = [
      'GET / HTTP/1.1\r\nhost: loc',
      'PUT /v1/kv/k HTTP/1.1\r\nhost: localhost\r\ncontent-length: 9\r\n\r\nab',
    ];
    const waiting = slow.map((bytes) => say(server.port, bytes).catch(() => 'closed'));
    await expect.poll(() => server.server.listening).toBe(true);
    const third = await say(server.port, 'GET /healthz HTTP/1.1\r\nhost: localhost\r\n\r\n').catch(() => '');
    expect(third).toBe('');
    for (const text of await Promise.all(waiting)) expect(text).toMatch(/^(HTTP\/1\.1 (400|408) |closed|$)/);
    expect((await ask('/healthz')).status).toBe(200);
  });

  it('serveHttp bounds requests under way, but answers probes', async () => {
    const replica = await oneReplica('berlin');
    const [a, b] = [gate(), gate()];
    const get: typeof replica.get = async (key) => {
      await (key === 'a' ? a : b).begin();
      return replica.get(key);
    };
    const { ask } = await serveNode({ replica: { ...replica, get }, limits: { requestsMax: 2 } });
    const waiting = [ask('/v1/kv/a'), ask('/v1/kv/b')];
    await Promise.all([a.begun, b.begun]);
    const refused = await ask('/v1/kv/c');
    expect([refused.status, (await told(refused)).code]).toEqual([429, 'OVERLOADED']);
    expect((await ask('/healthz')).status).toBe(200);
    a.release();
    b.release();
    expect((await Promise.all(waiting)).map(({ status }) => status)).toEqual([404, 404]);
  });

  it('serveHttp lets what is under way end before it closes, and takes nothing new', async () => {
    const replica = await oneReplica('berlin');
    const { begun, begin, release } = gate();
    const put: typeof replica.put = async (...given) => {
      await begin();
      return replica.put(...given);
    };
    const { ask, server } = await serveNode({ replica: { ...replica, put } });
    const writing = ask('/v1/kv/k', json('PUT', 1));
    await begun;
    const closing = server.close({ drainMs: 5_000 });
    await expect(ask('/healthz')).rejects.toThrow();
    release();
    const answer = await writing;
    expect([answer.status, answer.headers.get('connection')]).toEqual([200, 'close']);
    await closing;
  });

  it('serveHttp cuts what is under way when draining takes too long', async () => {
    const replica = await oneReplica('berlin');
    const { begun, begin } = gate();
    const get: typeof replica.get = async (key) => {
      await begin();
      return replica.get(key);
    };
    const { ask, server } = await serveNode({ replica: { ...replica, get } });
    const waiting = ask('/v1/kv/k').catch(() => 'cut');
    await begun;
    await server.close({ drainMs: 50 });
    expect(await waiting).toBe('cut');
  });

  it('serveHttp asks a stream for no more than the reader takes, and cuts a reader who takes nothing', async () => {
    const { handler, server } = await serveNode({ serve: { limits: { stallMs: 200 } } });
    let asked = 0;
    let isEnded = false;
    const endless: HttpStream = {
      [Symbol.asyncIterator]: () => endless,
      next: async () => {
        asked += 1;
        await new Promise((resolve) => setImmediate(resolve));
        return isEnded ? { done: true, value: undefined } : { done: false, value: 'x'.repeat(100_000) };
      },
      return: async () => {
        isEnded = true;
        return { done: true, value: undefined };
      },
    };
    handler.handle = async () => ({ status: 200, headers: ['content-type', 'text/plain'], body: endless });
    const socket = connect(server.port, '127.0.0.1', () => socket.write('GET / HTTP/1.1\r\nhost: localhost\r\n\r\n'));
    socket.on('error', () => undefined);
    socket.pause();
    await expect.poll(() => isEnded, { timeout: 10_000 }).toBe(true);
    // What the operating system takes in is not ours to bound; without back-pressure it would be thousands.
    expect(asked).toBeLessThan(200);
    socket.destroy();
  });

  it('serveHttp ends a request whose body never comes to its end, and writes nothing of it', async () => {
    const replica = await oneReplica('berlin');
    let tell = (_status: number): void => undefined;
    const answered = new Promise<number>((resolve) => {
      tell = resolve;
    });
    const { server } = await serveNode({ replica, onAnswer: ({ status }) => tell(status) });
    const head =
      'PUT /v1/kv/a HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: 9\r\n\r\n';
    const socket = connect(server.port, '127.0.0.1', () => socket.write(`${head}1234`));
    await once(server.server, 'request');
    socket.destroy();
    expect(await answered).toBe(502);
    expect((await replica.store.get('a')).status).toBe('absent');
  });

  it('serveHttp hands a connection that wants to become a WebSocket to whoever takes it', async () => {
    const taken: string[] = [];
    const { server } = await serveNode({
      serve: {
        onUpgrade: (request, socket, head) => {
          taken.push(request.url ?? '', String(head));
          socket.end('HTTP/1.1 101 Switching Protocols\r\n\r\nhello');
        },
      },
    });
    const bytes = 'GET /v1/peer HTTP/1.1\r\nhost: localhost\r\nupgrade: websocket\r\nconnection: upgrade\r\n\r\nfirst';
    expect(await say(server.port, bytes)).toContain('hello');
    expect(taken).toEqual(['/v1/peer', 'first']);
  });

  it('serveHttp hands over no connection under a name that is not its own', async () => {
    let taken = 0;
    const { server } = await serveNode({ serve: { onUpgrade: () => (taken += 1) } });
    const bytes = 'GET / HTTP/1.1\r\nhost: evil.example\r\nupgrade: websocket\r\nconnection: upgrade\r\n\r\n';
    expect(await say(server.port, bytes)).toMatch(/^HTTP\/1.1 403 /);
    expect(taken).toBe(0);
  });

  it('serveHttp leaves room for links of replicas, which it does not wait for when it closes', async () => {
    const { server, url, ask } = await serveNode();
    const transport = nodeWebSocketTransport();
    const links: Link[] = [];
    transport.attach(server.server, { onLink: (link) => links.push(link) });
    const link = await transport.connect(`${url.replace('http', 'ws')}/v1/replicate`);
    expect((await ask('/healthz')).status).toBe(200);
    await expect(transport.connect(`${url.replace('http', 'ws')}/other`)).rejects.toMatchObject({
      code: 'LINK_FAILED',
    });
    const began = performance.now();
    await server.close({ drainMs: 10_000 });
    expect(performance.now() - began).toBeLessThan(5_000);
    await link.send(new Uint8Array([1]));
    for await (const frame of links[0] ?? []) {
      expect(frame).toEqual(new Uint8Array([1]));
      break;
    }
    await link.close();
  });

  it('serveHttp speaks TLS with a certificate', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'cairn-tls-'));
    try {
      const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
      const make = 'req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=localhost';
      execFileSync('openssl', [...make.split(' '), '-keyout', key, '-out', cert], { stdio: 'pipe' });
      const tls = { key: readFileSync(key), cert: readFileSync(cert) };
      const { server } = await serveNode({ serve: { tls } });
      expect(server.url).toMatch(/^https:/);
      const status = await new Promise((resolve, reject) => {
        const options = {
          port: server.port,
          host: '127.0.0.1',
          path: '/healthz',
          ca: tls.cert,
          servername: 'localhost',
        };
        httpsGet(options, (answer) => {
          answer.resume();
          resolve(answer.statusCode);
        }).on('error', reject);
      });
      expect(status).toBe(200);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });

  it('serveHttp tells of every answer to whoever logs: who, what, how long, and no keys', async () => {
    const log: unknown[] = [];
    const tokens = [{ name: 'a', secret: '0123456789abcdef', scopes: ['read'] as const }];
    const { ask } = await serveNode({ tokens, onAnswer: (answered) => log.push(answered) });
    await ask('/v1/kv/private', { headers: { authorization: 'Bearer 0123456789abcdef' } });
    expect(log).toEqual([
      {
        ...{ method: 'GET', route: '/v1/kv/{key}', status: 404, by: 'a', address: '127.0.0.1' },
        tookMs: expect.any(Number),
      },
    ]);
  });
});
