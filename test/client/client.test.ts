import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { CairnClient } from '../../src/client/client.ts';
import type { ClientOptions } from '../../src/client/client-types.ts';
import { CausalError, type Value } from '../../src/index.ts';
import { oneReplica } from '../server/one-replica.ts';
import { inConflict, serveNode } from '../server/serving.ts';

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

/** A server that is none of Cairn's. */
async function stranger(answer: Parameters<typeof createServer>[1]): Promise<string> {
  const server = createServer(answer);
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** An address where nobody listens. */
async function nowhere(): Promise<string> {
  const url = await stranger(() => undefined);
  servers.pop()?.close();
  return url;
}

const clientOf = (urls: string | readonly string[], more: Partial<ClientOptions> = {}): CairnClient =>
  new CairnClient({ urls, timeoutMs: 3_000, ...more });

describe('CairnClient', () => {
  it('CairnClient puts, gets, deletes, and tells what a key shows as a union', async () => {
    const { url } = await serveNode();
    const client = clientOf(url);
    expect(await client.get('k')).toEqual({ status: 'absent', context: expect.any(String) });
    const written = await client.put('k', { n: 1n, at: new Date(7) });
    expect(written).toMatchObject({ key: 'k', dot: { id: expect.any(String), counter: 1 }, durableAt: ['berlin'] });
    const live = await client.get('k');
    expect(live).toEqual({
      status: 'live',
      value: { n: 1n, at: new Date(7) },
      context: expect.any(String),
      etag: written.etag,
    });
    await client.delete('k');
    expect(await client.get('k')).toMatchObject({ status: 'deleted', etag: expect.any(String) });
  });

  it.each<[string, Value]>([
    ['text', 'grün'],
    ['null', null],
    ['-0', -0],
    ['a bigint', 12n],
    ['a date', new Date(5)],
    ['octets', new Uint8Array([0, 255])],
    ['bytes with a type', { contentType: 'image/png', bytes: new Uint8Array([1]) }],
    ['bytes with the type of JSON', { contentType: 'application/json', bytes: new Uint8Array([1]) }],
    ['octets inside', { deep: [new Uint8Array([1]), { $bigint: '1' }] }],
    ['a field called __proto__', JSON.parse('{"__proto__":1}') as Value],
  ])('CairnClient gets back what it put: %s', async (_, value) => {
    const { url } = await serveNode();
    const client = clientOf(url);
    await client.put('k', value);
    expect(await client.get('k')).toMatchObject({ status: 'live', value });
    await client.batch([{ put: 'l', value }]);
    expect(await client.get('l')).toMatchObject({ status: 'live', value });
  });

  it.each(['.', '..', 'a/b', 'ü€😀', '__proto__', '%2e', ' '])('CairnClient reaches the key %j', async (key) => {
    const { url, replica } = await serveNode();
    const client = clientOf(url);
    await client.put(key, key);
    expect(await client.get(key)).toMatchObject({ value: key });
    expect(await replica.store.keys().toArray()).toEqual([key]);
    await client.delete(key);
    expect(await client.get(key)).toMatchObject({ status: 'deleted' });
  });

  it('CairnClient shows every sibling of a conflict, and settles it with its context', async () => {
    const { url, replica } = await serveNode();
    const client = clientOf(url);
    await inConflict(replica, 'colour', 'red', 'blue');
    const answer = await client.get('colour');
    if (answer.status !== 'conflict') throw new Error(answer.status);
    expect(answer.siblings).toMatchObject([
      { tombstone: false, value: 'red', dot: { counter: 1 } },
      { tombstone: false, value: 'blue' },
    ]);
    await expect(client.put('colour', 'violet')).rejects.toMatchObject({ code: 'CONFLICT', outcome: 'not-done' });
    await client.put('colour', 'violet', { context: answer.context ?? '' });
    expect(await client.get('colour')).toMatchObject({ value: 'violet' });
  });

  it('CairnClient writes under conditions', async () => {
    const { url } = await serveNode();
    const client = clientOf(url);
    const { etag } = await client.put('k', 1, { ifAbsent: true });
    await expect(client.put('k', 2, { ifAbsent: true })).rejects.toMatchObject({
      code: 'CONFLICT',
      outcome: 'not-done',
    });
    await client.put('k', 3, { ifMatch: etag });
    await expect(client.delete('k', { ifMatch: etag })).rejects.toMatchObject({ code: 'CONFLICT' });
    expect(await client.get('k')).toMatchObject({ value: 3 });
  });

  it('CairnClient update loses no change of those made at once', async () => {
    const { url } = await serveNode();
    const clients = [1, 2, 3, 4].map(() => clientOf(url));
    const add = (client: CairnClient) =>
      client.update('n', (n) => (typeof n === 'number' ? n + 1 : 1), { attempts: 100 });
    await Promise.all(clients.flatMap((client) => Array.from({ length: 5 }, () => add(client))));
    expect(await clients[0]?.get('n')).toMatchObject({ status: 'live', value: 20 });
  });

  it('CairnClient update deletes, begins at nothing, resolves, and refuses what it cannot decide', async () => {
    const { url, replica } = await serveNode();
    const client = clientOf(url);
    await client.update('k', (value) => (value === undefined ? 'first' : 'other'));
    await client.update('k', () => undefined);
    expect(await client.get('k')).toMatchObject({ status: 'deleted' });
    await client.update('k', (value) => (value === undefined ? 'again' : 'other'));
    expect(await client.get('k')).toMatchObject({ value: 'again' });
    await inConflict(replica, 'c', 'a', 'b');
    await expect(client.update('c', () => 'x')).rejects.toMatchObject({ code: 'CONFLICT' });
    const resolve: NonNullable<Parameters<typeof client.update>[2]>['resolve'] = (siblings) =>
      siblings.map((sibling) => (sibling.tombstone ? '' : sibling.value)).join('');
    await client.update('c', (value) => `${value}!`, { resolve });
    expect(await client.get('c')).toMatchObject({ value: 'ab!' });
  });

  it('CairnClient lists over pages, by prefix, and conflicts', async () => {
    const { url, replica } = await serveNode();
    const client = clientOf(url);
    await client.batch(Array.from({ length: 25 }, (_, i) => ({ put: `k${String(i).padStart(2, '0')}`, value: i })));
    await client.put('other', 1);
    const keys: string[] = [];
    for await (const entry of client.list({ prefix: 'k', pageSize: 10 })) {
      keys.push(entry.key);
      expect(entry.status === 'live' && entry.value).toBe(keys.length - 1);
    }
    expect(keys.length).toBe(25);
    await inConflict(replica, 'c', 'a', 'b');
    const found: string[] = [];
    for await (const { key, status } of client.conflicts()) found.push(`${key} ${status}`);
    expect(found).toEqual(['c conflict']);
  });

  it('CairnClient tells status and members, and changes members', async () => {
    const { url, replica } = await serveNode();
    const client = clientOf(`${url}/`);
    expect(await client.status()).toMatchObject({ name: 'berlin', id: replica.id, isReady: true });
    expect(await client.changeMembers({ join: 'lima' })).toEqual(['berlin', 'lima']);
    expect(await client.changeMembers({ replace: 'lima', by: 'oslo' })).toEqual(['berlin', 'oslo']);
    expect(await client.members()).toEqual(['berlin', 'oslo']);
  });

  it('CairnClient shows a token, and says who may not', async () => {
    const tokens = [{ name: 'reader', secret: 'secret-of-the-reader', scopes: ['read'] as const }];
    const { url } = await serveNode({ tokens });
    const client = clientOf(url, { token: 'secret-of-the-reader' });
    expect(await client.get('k')).toMatchObject({ status: 'absent' });
    await expect(client.put('k', 1)).rejects.toMatchObject({ code: 'FORBIDDEN', outcome: 'not-done' });
    await expect(clientOf(url).get('k')).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
    expect(() => clientOf('http://user:secret@localhost')).toThrow(TypeError);
    expect(() => clientOf('file:///etc')).toThrow(TypeError);
  });

  it('CairnClient refuses misuse before it asks anybody', async () => {
    const client = clientOf('http://127.0.0.1:9');
    await expect(client.get('')).rejects.toThrow(RangeError);
    await expect(client.put('\ud800', 1)).rejects.toThrow(TypeError);
    await expect(client.get('k'.repeat(2_000))).rejects.toThrow(RangeError);
    const { url } = await serveNode();
    await expect(clientOf(url).get('\u0000cairn/x')).rejects.toThrow(/reserved/);
  });
});

describe('CairnClient with several servers', () => {
  it('CairnClient reads its own writes when it moves to another server: BEHIND until that has caught up', async () => {
    const berlin = await serveNode({ name: 'berlin' });
    const lima = await serveNode({ name: 'lima' });
    const first = clientOf(berlin.url);
    await first.put('k', 'mine');
    const moved = clientOf(lima.url, { session: first.session, retries: 0 });
    await expect(moved.get('k')).rejects.toMatchObject({ code: 'BEHIND', outcome: 'not-done' });
    await expect(moved.put('k', 'other')).rejects.toMatchObject({ code: 'BEHIND' });
    await expect(moved.list().next()).rejects.toMatchObject({ code: 'BEHIND' });
    await lima.replica.pull(berlin.replica);
    expect(await moved.get('k')).toMatchObject({ value: 'mine' });
    await moved.put('k', 'then');
    await berlin.replica.pull(lima.replica);
    expect(await clientOf(berlin.url, { session: moved.session }).get('k')).toMatchObject({
      status: 'live',
      value: 'then',
    });
  });

  it('CairnClient goes on at the next server when one is gone, and with it the session', async () => {
    const berlin = await serveNode({ name: 'berlin' });
    const replica = await oneReplica('lima', { onBehind: () => replica.pull(berlin.replica) });
    const lima = await serveNode({ name: 'lima', replica });
    const client = clientOf([berlin.url, lima.url]);
    await client.put('k', 1);
    await berlin.server.close({ drainMs: 0 });
    expect(await client.get('k')).toMatchObject({ value: 1 });
    await client.put('k', 2);
    expect(await lima.replica.store.get('k')).toMatchObject({ status: 'live', value: 2 });
  });

  it('CairnClient writes elsewhere when nothing was sent, and when a server says that it did not', async () => {
    const busy = await stranger((_, answer) => {
      answer.writeHead(429, { 'content-type': 'application/problem+json' });
      answer.end(JSON.stringify({ code: 'OVERLOADED', outcome: 'not-done', detail: 'busy' }));
    });
    const { url, replica } = await serveNode();
    await clientOf([await nowhere(), busy, url]).put('k', 1);
    expect(replica.store.seen.vector.size).toBe(1);
    await expect(clientOf(await nowhere()).put('k', 1)).rejects.toMatchObject({
      code: 'LINK_FAILED',
      outcome: 'not-done',
    });
    await expect(clientOf(busy, { retries: 1 }).put('k', 1)).rejects.toMatchObject({ code: 'OVERLOADED' });
  });

  it('CairnClient never repeats a write that may have happened, and says so', async () => {
    let asked = 0;
    const cut = await stranger((request) => {
      asked += 1;
      request.resume();
      request.on('end', () => request.socket.destroy());
    });
    const mute = await stranger(() => {
      asked += 1;
    });
    const broken = await stranger((_, answer) => {
      asked += 1;
      answer.writeHead(502, { 'content-type': 'text/html' });
      answer.end('<h1>Bad gateway</h1>');
    });
    const { url, replica } = await serveNode();
    for (const bad of [cut, mute, broken]) {
      asked = 0;
      const client = clientOf([bad, url], { timeoutMs: 1_000 });
      await expect(client.put('k', 1)).rejects.toMatchObject({ code: 'LINK_FAILED', outcome: 'unknown' });
      await expect(clientOf([bad, url], { timeoutMs: 1_000 }).batch([{ put: 'k', value: 1 }])).rejects.toMatchObject({
        outcome: 'unknown',
      });
      expect(asked).toBe(2);
    }
    expect(replica.store.seen.isEmpty).toBe(true);
    for (const bad of [cut, broken]) expect(await clientOf([bad, url]).get('k')).toMatchObject({ status: 'absent' });
  });

  it('CairnClient does not write again when the answer breaks off in its middle', async () => {
    const half = await stranger((_, answer) => {
      answer.writeHead(200, { 'content-type': 'application/json', 'content-length': '1000' });
      answer.write('{"key":', () => answer.destroy());
    });
    await expect(clientOf(half).put('k', 1)).rejects.toMatchObject({ code: 'LINK_FAILED', outcome: 'unknown' });
    await expect(clientOf(half, { retries: 1 }).get('k')).rejects.toBeInstanceOf(CausalError);
  });

  it('CairnClient ends when its caller does not want to wait any more', async () => {
    const abort = new AbortController();
    const mute = await stranger(() => abort.abort(new Error('enough')));
    const waiting = clientOf(mute).get('k', { signal: abort.signal });
    await expect(waiting).rejects.toThrow('enough');
    await expect(clientOf(mute).get('k', { timeoutMs: 50 })).rejects.toMatchObject({ code: 'LINK_FAILED' });
  });

  it('CairnClient follows no redirect, which could carry its token elsewhere', async () => {
    let reached = 0;
    const elsewhere = await stranger((_, answer) => {
      reached += 1;
      answer.writeHead(404, { 'content-type': 'application/json' }).end('{"status":"absent"}');
    });
    const away = await stranger((_, answer) => {
      answer.writeHead(307, { location: elsewhere }).end();
    });
    await expect(clientOf(away, { retries: 0 }).get('k')).rejects.toMatchObject({ code: 'LINK_FAILED' });
    expect(reached).toBe(0);
  });
});

describe('CairnClient session', () => {
  it('CairnClient session has seen what every one of many calls at once has seen', async () => {
    const servers = [await serveNode({ name: 'a' }), await serveNode({ name: 'b' }), await serveNode({ name: 'c' })];
    let turn = 0;
    const client = clientOf('http://localhost:1', {
      fetch: (input, init) => fetch(String(input).replace('http://localhost:1', servers[turn++ % 3]?.url ?? ''), init),
    });
    // Each server would be BEHIND a session that has been elsewhere: only calls at once can reach all three.
    await Promise.all(Array.from({ length: 30 }, (_, i) => client.put(`k${i}`, i)));
    expect(client.session.split(',').length).toBeGreaterThan(1);
    for (const { replica } of servers) {
      for (const other of servers) if (other.replica !== replica) await replica.pull(other.replica);
    }
    await client.get('k0');
    const [only, ...more] = client.session.split(',');
    expect(more).toEqual([]);
    expect(servers[0]?.replica.sessionToken()).toBe(only);
  });

  it('CairnClient session goes on in bodies when headers are too short for it', async () => {
    const { url } = await serveNode({ limits: { tokenHeaderBytesMax: 10 } });
    const client = clientOf(url);
    await client.put('k', 1);
    const session = client.session;
    expect(await client.get('k')).toMatchObject({ value: 1, context: expect.any(String) });
    await client.put('k', 2);
    expect(client.session).not.toBe(session);
    await client.update('k', (n) => Number(n) + 1);
    expect(await client.get('k')).toMatchObject({ value: 3 });
  });
});

describe('CairnClient changes', () => {
  it('CairnClient changes tell what there is and what comes, over a lost connection and a lost server', async () => {
    const berlin = await serveNode({ name: 'berlin' });
    const lima = await serveNode({ name: 'lima' });
    const client = clientOf([berlin.url, lima.url]);
    const abort = new AbortController();
    const changes = client.changes({ hasValues: true, signal: abort.signal });
    const next = async (): Promise<string> => {
      const { value } = await changes.next();
      return value?.kind === 'change' ? `${value.key}=${value.entry?.status === 'live' && value.entry.value}` : 'none';
    };
    await berlin.replica.store.put('one', 1);
    expect(await next()).toBe('one=1');
    const waiting = next();
    berlin.server.server.closeAllConnections();
    await lima.replica.pull(berlin.replica);
    await lima.replica.store.put('two', 2);
    await berlin.replica.pull(lima.replica);
    expect(await waiting).toBe('two=2');
    await berlin.server.close({ drainMs: 0 });
    await lima.replica.store.put('three', 3);
    expect(await next()).toBe('three=3');
    abort.abort();
    expect(await changes.next()).toEqual({ done: true, value: undefined });
  });

  it('CairnClient changes end when all is told, if that is all that is wanted; and go on where they stopped', async () => {
    const { url, replica } = await serveNode();
    const client = clientOf(url);
    for (const key of ['a', 'b', 'c']) await replica.store.put(key, key);
    const keys: string[] = [];
    let after: string | undefined;
    for await (const change of client.changes({ isLive: false })) {
      if (change.kind === 'change') keys.push(change.key);
      after = change.token;
    }
    expect(keys).toEqual(['a', 'b', 'c']);
    await replica.store.put('d', 1);
    for await (const change of client.changes({ isLive: false, ...(after === undefined ? {} : { after }) })) {
      if (change.kind === 'change') keys.push(change.key);
    }
    expect(keys).toEqual(['a', 'b', 'c', 'd']);
  });

  it('CairnClient changes open a stream again that falls silent, and close it when nobody reads on', async () => {
    let streams = 0;
    let open = 0;
    const silent = await stranger((request, answer) => {
      streams += 1;
      open += 1;
      request.on('close', () => {
        open -= 1;
      });
      answer.writeHead(200, { 'content-type': 'text/event-stream' });
      answer.write(': hello\n\n');
      if (streams === 3) answer.write('id: x\nevent: change\ndata: {"key":"k"}\n\n');
    });
    for await (const change of clientOf(silent, { silenceMs: 50 }).changes()) {
      expect(change).toEqual({ kind: 'change', key: 'k', token: 'x' });
      break;
    }
    expect(streams).toBe(3);
    await expect.poll(() => open).toBe(0);
  });

  it('CairnClient changes fail with what trying again cannot mend', async () => {
    const { url } = await serveNode();
    await expect(clientOf(url).changes({ after: 'nonsense' }).next()).rejects.toMatchObject({
      code: 'CONTEXT_INVALID',
    });
  });
});
