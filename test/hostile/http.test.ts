import { connect } from 'node:net';
import { describe, expect, test } from 'vitest';
import { Random } from '../../src/random.ts';
import { ERROR_CODES } from '../../src/server/problem.ts';
import { type ServedByNode, serveNode } from '../server/serving.ts';
import { distorted, joined } from './distort.ts';
import { shapeOf } from './shape.ts';

const SECRET = 'a secret of the writer, 0123456789';
const TOKENS = [{ name: 'writer', secret: SECRET, scopes: ['read', 'write', 'admin'] as const }];
const AS = `authorization: Bearer ${SECRET}\r\n`;

/** What a server answers to bytes sent in pieces; it is given up after a while. */
function say(port: number, pieces: readonly Uint8Array[]): Promise<string> {
  return new Promise((resolve) => {
    let text = '';
    const socket = connect(port, '127.0.0.1', () => {
      for (const piece of pieces) socket.write(piece);
      socket.end();
    });
    socket.on('data', (chunk) => {
      text += chunk.toString('latin1');
    });
    socket.on('error', () => undefined);
    socket.on('close', () => resolve(text));
    socket.setTimeout(5_000, () => socket.destroy());
  });
}

function request(line: string, headers = '', body = ''): Buffer {
  const length = body === '' ? '' : `content-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}\r\n`;
  return Buffer.from(`${line} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n${headers}${length}\r\n${body}`);
}

type Answer = { readonly status: number; readonly code: string | undefined; readonly text: string };

/** The answers in what a server said; each must be one of HTTP, and each refusal with a body one of ours. */
function answersIn(text: string): Answer[] {
  return text
    .split(/(?=HTTP\/1\.1 \d\d\d )/)
    .filter((one) => one !== '')
    .map((one) => {
      const [, status] = /^HTTP\/1\.1 (\d\d\d) /.exec(one) ?? [];
      if (status === undefined) throw new Error(`that is no answer: ${one.slice(0, 80)}`);
      const isProblem = /content-type: application\/problem\+json/i.test(one);
      const [, code] = isProblem ? (/"code":"([A-Z_]+)"/.exec(one) ?? []) : [];
      return { status: Number(status), code, text: one };
    });
}

/** A server that asks for a token, and what its store holds. */
async function guarded(): Promise<ServedByNode & { readonly shape: () => string }> {
  const served = await serveNode({ tokens: TOKENS });
  await served.replica.store.put('k', 'as it was');
  return { ...served, shape: () => JSON.stringify(shapeOf(served.replica.store as never)) };
}

describe('the HTTP interface', () => {
  const bad = (body: string): Buffer => request('PUT /v1/kv/k', AS, body);
  const batch = (body: string): Buffer => request('POST /v1/batch', AS, body);
  const deep = '['.repeat(200_000);
  test.each<[string, Buffer, number, string?]>([
    ['a percent that begins nothing', request('GET /v1/kv/%', AS), 400, 'BAD_REQUEST'],
    ['a percent-encoding of half a character', request('PUT /v1/kv/%ED%A0%80', AS, '1'), 400, 'BAD_REQUEST'],
    [
      'a percent-encoding of a longer form than there need be',
      request('PUT /v1/kv/%C0%AF', AS, '1'),
      400,
      'BAD_REQUEST',
    ],
    ['a NUL that is not encoded', request('GET /v1/kv/\u0000', AS), 400],
    ['a path that climbs', request('GET /v1/kv/../../status', AS), 400, 'BAD_REQUEST'],
    ['a path that climbs in secret', request('GET /v1/%2e%2e/healthz', AS), 404, 'NOT_FOUND'],
    ['a path of two slashes', request('GET //v1/status', AS), 404, 'NOT_FOUND'],
    ['a path with a backslash', request('GET /v1\\status', AS), 404, 'NOT_FOUND'],
    ['a whole URL of another host', request('GET http://evil.example/v1/kv/k', AS), 404, 'NOT_FOUND'],
    ['the name of an object', request('GET /__proto__', AS), 404, 'NOT_FOUND'],
    ['the name of an object, of a link', request('POST /v1/links/__proto__/constructor', AS), 404, 'NOT_FOUND'],
    ['a key of the replica itself', request('PUT /v1/kv/%00cairn%2Fmember%2Fx', AS, '1'), 400, 'BAD_REQUEST'],
    ['a method that nobody has', request('PROPFIND /v1/kv/k', AS), 405, 'METHOD_NOT_ALLOWED'],
    ['a method that is none', request('__proto__ /v1/kv/k', AS), 400],
    ['a token that is empty', request('GET /v1/kv/k', 'authorization: Bearer \r\n'), 401, 'UNAUTHENTICATED'],
    [
      'a token of another scheme',
      request('GET /v1/kv/k', `authorization: Basic ${SECRET}\r\n`),
      401,
      'UNAUTHENTICATED',
    ],
    ['two tokens', request('GET /v1/kv/k', `${AS}authorization: Bearer other\r\n`), 200],
    ['a token in the path', request(`GET /v1/kv/k?access_token=${encodeURIComponent(SECRET)}`), 401, 'UNAUTHENTICATED'],
    ['a token of bytes', request('GET /v1/kv/k', 'authorization: Bearer \u00ff\u00fe\r\n'), 401, 'UNAUTHENTICATED'],
    [
      'a long token',
      request('GET /v1/kv/k', `authorization: Bearer ${'x'.repeat(60_000)}\r\n`),
      401,
      'UNAUTHENTICATED',
    ],
    ['JSON without an end', bad('{"a":'), 400, 'ENCODING_INVALID'],
    ['JSON as deep as it is long', bad(deep), 400, 'ENCODING_INVALID'],
    ['JSON with a field twice', bad('{"a":1,"a":2}'), 400, 'ENCODING_INVALID'],
    ['JSON with a number beyond numbers', bad('1e999'), 400, 'ENCODING_INVALID'],
    ['JSON with half a character', bad('"\\ud800"'), 400, 'BAD_REQUEST'],
    ['a batch that is a number', batch('1'), 400, 'BAD_REQUEST'],
    ['a batch of names of objects', batch('{"__proto__":[],"operations":[]}'), 400, 'BAD_REQUEST'],
    ['an operation with the prototype as its key', batch('{"operations":[{"constructor":"k"}]}'), 400, 'BAD_REQUEST'],
    [
      'a context of another key',
      request('PUT /v1/kv/other', `${AS}cairn-context: AQCotS11L-xAWgIDYX4xAQ\r\n`, '1'),
      400,
      'CONTEXT_INVALID',
    ],
    ['a session of noise', request('GET /v1/kv/k', `${AS}cairn-session: ${'A'.repeat(5_000)}\r\n`), 400],
    ['more headers than anybody reads', request('GET /v1/kv/k', `${AS}${'x: y\r\n'.repeat(3_000)}`), 200],
    ['one long header', request('GET /v1/kv/k', `${AS}x: ${'y'.repeat(90_000)}\r\n`), 431, 'LIMIT_EXCEEDED'],
    [
      'an upgrade to nothing',
      request('GET /v1/replicate', 'connection: upgrade\r\nupgrade: nothing\r\n'),
      404,
      'NOT_FOUND',
    ],
  ])('answers %s as it should, and holds what it held', async (_what, bytes, status, code) => {
    const { server, shape, ask } = await guarded();
    const before = shape();
    const [answer, more] = answersIn(await say(server.port, [bytes]));
    expect([answer?.status, ...(code === undefined ? [] : [answer?.code])]).toEqual([
      status,
      ...(code === undefined ? [] : [code]),
    ]);
    expect(more).toBeUndefined();
    expect(answer?.text).not.toContain(SECRET);
    expect(shape()).toBe(before);
    expect((await ask('/healthz')).status).toBe(200);
  });

  test('keeps a field named __proto__ as a field, and no object has it afterwards', async () => {
    const { server, replica } = await guarded();
    const [answer] = answersIn(await say(server.port, [bad('{"__proto__":{"isAdmin":true},"constructor":1}')]));
    expect(answer?.status).toBe(200);
    const read = await replica.store.get('k');
    expect(JSON.stringify(read.status === 'live' && read.value)).toBe('{"__proto__":{"isAdmin":true},"constructor":1}');
    expect(({} as { readonly isAdmin?: boolean }).isAdmin).toBeUndefined();
  });

  test('answers thousands of distorted requests with codes, lets nobody in who has no token, and goes on', async () => {
    const { server, shape, ask } = await guarded();
    const before = shape();
    const seed = Number(process.env['CAIRN_SEED'] ?? Math.floor(Math.random() * 2 ** 40));
    const random = new Random(seed);
    const true_ = [
      request('GET /v1/kv/k?r=1'),
      request('PUT /v1/kv/k', 'if-match: "x"\r\n', '{"a":[1,2,{"b":null}]}'),
      request('DELETE /v1/kv/k'),
      request('GET /v1/kv?prefix=a&limit=3&after=b'),
      request('POST /v1/batch', '', '{"operations":[{"put":"a","value":1},{"delete":"b"}]}'),
      request('GET /v1/changes?live=false', 'last-event-id: x\r\n'),
      request('POST /v1/members', '', '{"join":"x"}'),
      Buffer.from(
        'PUT /v1/kv/k HTTP/1.1\r\nhost: localhost\r\ntransfer-encoding: chunked\r\n\r\n3\r\n"a"\r\n0\r\n\r\n',
      ),
    ].map((bytes) => Uint8Array.from(bytes));
    const statuses = new Map<number, number>();
    const send = async (): Promise<void> => {
      const one = distorted(true_[random.below(true_.length)] as Uint8Array, random, true_);
      const cut = random.below(one.length + 1);
      const pieces = random.chance(0.3) ? [one.slice(0, cut), one.slice(cut)] : [one];
      const bytes = random.chance(0.1) ? [...pieces, joined(one, one)] : pieces;
      for (const { status, code, text } of answersIn(await say(server.port, bytes))) {
        statuses.set(status, (statuses.get(status) ?? 0) + 1);
        expect(status, `seed ${seed}: ${text}`).toBeLessThan(500);
        if (code !== undefined) expect(ERROR_CODES).toContain(code);
      }
    };
    for (let round = 0; round < 60; round += 1) await Promise.all(Array.from({ length: 20 }, send));
    expect([...statuses.keys()]).toEqual(expect.arrayContaining([400, 401]));
    expect(shape()).toBe(before);
    expect((await ask('/v1/kv/k', { headers: { authorization: `Bearer ${SECRET}` } })).status).toBe(200);
  });
});
