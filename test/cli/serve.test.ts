import { chmodSync, existsSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { digestOf } from '../../src/cli/serve/token-file.ts';
import { cairn, Directories, MADE } from './directories.ts';
import { runCairn } from './drive-process.ts';
import { eventually, ServeProcess } from './serving.ts';

const directories = new Directories('serve');
const json = { 'content-type': 'application/json' };

function file(name: string, text: string, mode = 0o600): string {
  const path = join(directories.root, name);
  writeFileSync(path, text);
  chmodSync(path, mode);
  return path;
}

describe('serve', () => {
  it('serve prints ready, serves HTTP, ends on SIGTERM with status 0, and keeps what it took', async () => {
    const data = directories.next('berlin');
    const serving = await ServeProcess.start(['--data', data]);
    expect(serving.stdout).toMatch(
      /^ready berlin http:\/\/127\.0\.0\.1:(\d+) ws:\/\/127\.0\.0\.1:\1\/v1\/replicate\n$/,
    );
    const put = await fetch(`${serving.url}/v1/kv/k`, { method: 'PUT', headers: json, body: '{"a":1}' });
    expect(put.status).toBe(200);
    expect((await fetch(`${serving.url}/readyz`)).status).toBe(200);
    expect(await serving.stop()).toBe(0);
    expect(serving.events()).toEqual(['starting', 'ready', 'ending', 'ended']);
    expect(await cairn(['get', data, 'k'])).toBe('{"a":1}\n');
  });

  it('serve takes settings from the environment, and a flag before them', async () => {
    const env = { CAIRN_DATA: directories.next('x'), CAIRN_NAME: 'oslo', CAIRN_ENGINE: 'memory' };
    const serving = await ServeProcess.start(['--name', 'lima'], env);
    expect(serving.ready[1]).toBe('lima');
    expect((await serving.logged('starting'))['settings']).toMatchObject({ name: 'lima', engine: 'memory' });
    expect(await serving.stop('SIGINT')).toBe(0);
  });

  it('serve says no longer ready while it drains, and a second signal does not wait', async () => {
    const [a, b] = [directories.next('a'), directories.next('b')];
    const first = await ServeProcess.start(['--data', a, '--drain-ms', '60000']);
    const second = await ServeProcess.start(['--data', b, '--peer', first.peerUrl]);
    await first.logged('peer-connected');
    // A peer that stands still has not taken what is written now.
    second.child.kill('SIGSTOP');
    await fetch(`${first.url}/v1/kv/k`, { method: 'PUT', headers: json, body: '1' });
    first.child.kill('SIGTERM');
    await first.logged('ending');
    const probe = await fetch(`${first.url}/readyz`);
    expect([probe.status, await probe.json()]).toEqual([503, { status: 'draining' }]);
    // Peers dial meanwhile, and each is answered.
    expect(await answerTo(first.url, '/v1/replicate')).toMatch(/^HTTP\/1\.1 503 /);
    // One that comes at once is taken for the same.
    const status = await eventually(
      async () => {
        first.child.kill('SIGTERM');
        return first.child.exitCode;
      },
      (code) => code !== null,
    );
    expect(status).toBe(143);
    expect(first.events().at(-1)).toBe('ended at once');
    second.child.kill('SIGCONT');
    expect(await second.stop()).toBe(0);
  });

  it('serve refuses a directory that another one has, and a port that is taken', async () => {
    const data = directories.next('a');
    const serving = await ServeProcess.start(['--data', data]);
    const locked = await runCairn(['serve', '--data', data, '--listen', '127.0.0.1:0']);
    expect([locked.status, locked.stdout]).toEqual([1, '']);
    expect(JSON.parse(locked.stderr.trim().split('\n').at(-1)!)).toMatchObject({
      level: 'error',
      event: 'cannot-start',
      code: 'STORAGE_LOCKED',
      why: expect.stringContaining('another store has it open, close that one first'),
    });
    const taken = await runCairn(['serve', '--engine', 'memory', '--listen', new URL(serving.url).host]);
    expect([taken.status, taken.stderr]).toEqual([1, expect.stringContaining('EADDRINUSE')]);
    await serving.stop();
  });

  it('serve refuses settings that do not fit in one line, with status 2, and makes nothing', async () => {
    const open = await runCairn(['serve', '--engine', 'memory', '--listen', '0.0.0.0:0']);
    expect([open.status, open.stdout]).toEqual([2, '']);
    expect(open.stderr).toContain('other machines could read and write everything, give --token-file');
    const data = directories.next('a');
    const { status, stderr } = await runCairn(['serve', '--data', data, '--w', '3', '--members', 'a,b']);
    const last = stderr.trim().split('\n').at(-1);
    expect([status, last]).toEqual([2, 'Cannot use --w: it is 3, give at most 2, the members are a, b']);
    expect(existsSync(data)).toBe(false);
    const file = await runCairn(['serve', '--data', data, '--token-file', 'none/none']);
    expect([file.status, file.stderr]).toEqual([2, expect.stringMatching(/^Cannot read the token file .*\n$/)]);
  });

  it('serve refuses what does not fit the store that is there, with status 2 and without a stack', async () => {
    const data = directories.next('a');
    await cairn(['put', data, 'k', '1'], MADE);
    await cairn(['members', data, 'join', 'b']);
    for (const [args, why] of [
      [['--r', '3'], 'Cannot use --r: it is 3, give at most 2, the members are a, b'],
      [['--members', 'x,y'], 'Cannot serve as "a": it is not among the members x, y'],
    ] as const) {
      const { status, stderr } = await runCairn(['serve', '--data', data, '--listen', '127.0.0.1:0', ...args]);
      const entry = JSON.parse(stderr.trim().split('\n').at(-1)!);
      expect([status, entry]).toEqual([2, expect.objectContaining({ event: 'cannot-start', why })]);
      expect(entry).not.toHaveProperty('stack');
    }
  });

  it('serve asks for tokens, says what is unwise about their file, and logs no secret', async () => {
    const secret = 'a-secret-that-nobody-guesses';
    const peerSecret = 'another-secret-of-this-replica';
    const tokens = file('tokens', `app read,write ${secret} users/\n`, 0o644);
    const peerToken = file('peer-token', `${peerSecret}\n`);
    const args = ['--engine', 'memory', '--token-file', tokens, '--peer-token-file', peerToken, '--log-level', 'debug'];
    const serving = await ServeProcess.start(args);
    const put = (key: string, token?: string) =>
      fetch(`${serving.url}/v1/kv/${encodeURIComponent(key)}`, {
        method: 'PUT',
        headers: { ...json, ...(token === undefined ? {} : { authorization: `Bearer ${token}` }) },
        body: '1',
      });
    expect((await put('users/1')).status).toBe(401);
    expect((await put('users/1', 'a-secret-that-somebody-guesses')).status).toBe(401);
    expect((await put('users/1', secret)).status).toBe(200);
    expect((await put('others/1', secret)).status).toBe(403);
    expect(await serving.stop()).toBe(0);
    const { why } = await serving.logged('unwise');
    expect(why).toContain(`can be read by others, do: chmod 600 ${tokens}`);
    expect(serving.events()).toContain('answered');
    for (const hidden of [secret, peerSecret, digestOf(secret)]) expect(serving.stderr).not.toContain(hidden);
  });

  it('serve lets nobody in over HTTP by a file that names only replicas', async () => {
    const secret = 'the-secret-of-replica-oslo';
    const serving = await ServeProcess.start([
      '--engine',
      'memory',
      '--token-file',
      file('peers', `oslo peer ${secret}`),
    ]);
    for (const authorization of ['', `Bearer ${secret}`]) {
      const answer = await fetch(`${serving.url}/v1/kv/k`, { headers: authorization === '' ? {} : { authorization } });
      expect(answer.status).toBe(401);
    }
    await serving.stop();
  });

  it("serve gives strangers' bytes so that a browser runs nothing of them", async () => {
    const serving = await ServeProcess.start(['--engine', 'memory']);
    const url = `${serving.url}/v1/kv/page`;
    const body = '<script>alert(1)</script>';
    await fetch(url, { method: 'PUT', headers: { 'content-type': 'text/html' }, body });
    const { headers } = await fetch(url);
    expect(headers.get('content-security-policy')).toBe("default-src 'none'; sandbox");
    expect([headers.get('content-type'), headers.get('x-content-type-options')]).toEqual(['text/html', 'nosniff']);
    await serving.stop();
  });

  it('serve answers 404 to whoever wants a WebSocket elsewhere', async () => {
    const serving = await ServeProcess.start(['--engine', 'memory']);
    expect(await answerTo(serving.url, '/elsewhere')).toMatch(/^HTTP\/1\.1 404 /);
    await serving.stop();
  });

  it('serve keeps a store of lmdb, which the other commands then find', async () => {
    const data = directories.next('a');
    const serving = await ServeProcess.start(['--data', data, '--engine', 'lmdb']);
    await fetch(`${serving.url}/v1/kv/k`, { method: 'PUT', headers: json, body: '7' });
    await serving.stop();
    expect(await cairn(['get', data, 'k'])).toBe('7\n');
    const { status, stderr } = await runCairn([
      'serve',
      '--data',
      data,
      '--engine',
      'level',
      '--listen',
      '127.0.0.1:0',
    ]);
    expect([status, stderr]).toEqual([2, expect.stringContaining('it holds a store of lmdb, give --engine lmdb')]);
  });
});

describe('two replicas', () => {
  it('two replicas of cairn serve push writes to each other, and link again after one was killed', async () => {
    const [a, b] = [directories.next('a'), directories.next('b')];
    const first = await ServeProcess.start(['--data', a, '--members', 'a,b']);
    const second = await ServeProcess.start(['--data', b, '--members', 'a,b', '--peer', `a=${first.peerUrl}`]);
    await first.logged('peer-connected');
    const put = await fetch(`${first.url}/v1/kv/k?w=2`, { method: 'PUT', headers: json, body: '1' });
    expect([put.status, await put.json()]).toEqual([200, expect.objectContaining({ durableAt: ['a', 'b'] })]);
    expect(await (await fetch(`${second.url}/v1/kv/k`)).text()).toBe('1');
    expect(await (await fetch(`${second.url}/readyz`)).json()).toEqual({ status: 'ready' });
    await second.stop('SIGKILL');
    await fetch(`${first.url}/v1/kv/k`, { method: 'DELETE' });
    const again = await ServeProcess.start(['--data', b, '--members', 'a,b', '--peer', `a=${first.peerUrl}`]);
    await eventually(
      async () => (await fetch(`${again.url}/v1/kv/k`)).status,
      (status) => status === 410 || status === 404,
    );
    expect([await again.stop(), await first.stop()]).toEqual([0, 0]);
  });
});

/** What is answered to whoever wants a WebSocket there. */
function answerTo(url: string, path: string): Promise<string> {
  const { hostname, port } = new URL(url);
  return new Promise<string>((resolve) => {
    let text = '';
    const socket = connect(Number(port), hostname, () => {
      socket.write(`GET ${path} HTTP/1.1\r\nHost: ${hostname}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n`);
    });
    socket.on('data', (chunk) => (text += String(chunk))).on('close', () => resolve(text));
  });
}
