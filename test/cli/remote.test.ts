import { chmodSync, existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { digestOf } from '../../src/cli/serve/token-file.ts';
import { cairn, cairnJson, Directories, damage, inStore, MADE } from './directories.ts';
import { runCairn } from './drive-process.ts';
import { asked, eventually, ServeProcess } from './serving.ts';

const directories = new Directories('remote');

/** Where nobody listens. */
const NOBODY = '127.0.0.1:1';

/** Two linked replicas, `a` and `b`, which reap nothing while the tests look. */
const SHARED = ['--members', 'a,b', '--reap-every-ms', '3600000'];
let a: ServeProcess;
let b: ServeProcess;
beforeAll(async () => {
  a = await ServeProcess.start(['--data', directories.next('a'), ...SHARED]);
  b = await ServeProcess.start(['--data', directories.next('b'), ...SHARED, '--peer', a.peerUrl]);
  await a.logged('peer-connected');
});

describe('commands on keys at a URL', () => {
  it('put, get, update and delete ask a running replica as they ask a directory', async () => {
    const written = (await cairnJson(['put', a.url, 'k', '{"n":{"$bigint":"9"}}'])) as { dot: unknown };
    expect(written.dot).toEqual([expect.stringMatching(/^a~/), 1]);
    expect(await cairn(['get', a.url, 'k'])).toBe('{"n":{"$bigint":"9"}}\n');
    await cairn(['update', a.url, 'k', '{"m":1}']);
    expect(await cairn(['get', a.peerUrl, 'k'])).toBe('{"n":{"$bigint":"9"},"m":1}\n');
    await cairn(['delete', a.url, 'k']);
    const gone = await runCairn(['get', a.url, 'k']);
    expect([gone.status, gone.stderr]).toEqual([1, '"k" is deleted.\n']);
  });

  it('conflicts and get show a conflict of a running replica, and its context settles it', async () => {
    await cairn(['put', a.url, 'c', '1']);
    await cairn(['put', a.url, 'c', '2', '--context', 'none']);
    expect(await cairn(['conflicts', a.url])).toMatch(
      /^"c"\n {2}a~\w+:\d+ {2}\S+Z {2}1\n {2}a~\w+:\d+ {2}\S+Z {2}2\n$/,
    );
    const { siblings, context } = (await cairnJson(['get', a.url, 'c'])) as { siblings: unknown[]; context: string };
    expect(siblings).toHaveLength(2);
    const blind = await runCairn(['put', a.url, 'c', '3']);
    expect([blind.status, blind.stderr]).toEqual([1, expect.stringMatching(/^Cannot write "c": .* \[CONFLICT\]\n$/)]);
    await cairn(['put', a.url, 'c', '3', '--context', context]);
    expect(await cairn(['get', a.url, 'c'])).toBe('3\n');
  });

  it('commands say in one line why a running replica cannot be asked', async () => {
    const nobody = await runCairn(['get', `http://${NOBODY}`, 'k']);
    expect(nobody.status).toBe(1);
    expect(nobody.stderr).toMatch(
      /^Cannot reach http:\/\/127\.0\.0\.1:1: .*see that a replica serves there \[LINK_FAILED\]\n$/,
    );
    const secret = await runCairn(['get', `${a.url}/?token=hunter2`, 'k']);
    expect([secret.status, secret.stderr]).toEqual([2, expect.stringContaining('tokens go into CAIRN_TOKEN')]);
    expect(secret.stderr).not.toContain('hunter2');
    const only = await runCairn(['compact', a.url]);
    expect([only.status, only.stderr]).toEqual([2, expect.stringContaining('give the directory of a store here')]);
  });
});

describe('status, members and link', () => {
  it('status shows a replica and its peers as a page, and all of it with --json', async () => {
    const page = await cairn(['status', b.url]);
    expect(page).toMatch(/^b {2}ready {2}b~\w{8}\n/);
    expect(page).toMatch(/ {2}members {3}a, b\n {2}group {5}N 2, R 1, W 1\n/);
    expect(page).toMatch(/ {2}PEER {2}LINK .*\n {2}a {5}connected {2}member {2}\d+ .* ago .*ws:/);
    expect(page.split('\n').filter((line) => line.length > 110)).toEqual([]);
    expect(await asked(['status', b.url])).toMatchObject({ name: 'b', isReady: true, listening: [b.peerUrl] });
  });

  it('members lists, joins, replaces and retires, at a replica and in a directory', async () => {
    expect(await cairn(['members', a.url])).toBe('a\nb\n');
    expect(await asked(['members', a.url, 'join', 'c'])).toEqual({ members: ['a', 'b', 'c'] });
    expect(await asked(['members', a.url, 'replace', 'c', 'd'])).toEqual({ members: ['a', 'b', 'd'] });
    await eventually(
      async () => (await fetch(`${b.url}/v1/members`)).text(),
      (text) => text.includes('"d"'),
    );
    expect(await asked(['members', b.url, 'retire', 'd'])).toEqual({ members: ['a', 'b'] });
    const directory = directories.next('x');
    await cairn(['put', directory, 'k', '1'], MADE);
    expect(await cairn(['members', directory, 'join', 'y'])).toBe('x\ny\n');
    const wrong = await runCairn(['members', directory, 'expel', 'y']);
    expect([wrong.status, wrong.stderr]).toEqual([2, expect.stringContaining('give join NAME, retire NAME')]);
  });

  it('link cuts a replica off, which goes on taking writes, and heals it', async () => {
    expect(await cairn(['link', a.url, 'cut', 'b'])).toBe('Cut from "b", until it is healed.\n');
    expect(await asked(['status', a.url])).toMatchObject({ peers: [{ name: 'b', state: 'cut' }] });
    await cairn(['put', a.url, 'l', '"of a"']);
    await cairn(['put', b.url, 'l', '"of b"']);
    expect(await cairn(['get', a.url, 'l'])).toBe('"of a"\n');
    expect(await cairn(['link', a.url, 'heal', 'b'])).toBe('Healed with "b".\n');
    await eventually(
      async () => (await fetch(`${b.url}/v1/kv/l`)).status,
      (status) => status === 300,
    );
    expect(await cairn(['get', b.url, 'l'])).toMatch(/^CONFLICT: 2 siblings.*\n.*"of a"\n.*"of b"\n/);
    const unknown = await runCairn(['link', a.url, 'cut', 'nobody']);
    expect([unknown.status, unknown.stderr]).toEqual([1, expect.stringContaining('there is no peer of this name')]);
  });
});

describe('exchange and verify with a running replica', () => {
  it('exchange brings a directory and a running replica to the same knowledge, and makes a store that is not there', async () => {
    await cairn(['put', a.url, 'of-a', '1']);
    const directory = directories.next('x');
    const { peer, records } = (await cairnJson(['exchange', directory, a.peerUrl], MADE)) as {
      peer: string;
      records: number;
    };
    expect([peer, records > 0]).toEqual(['a', true]);
    expect(await cairn(['get', directory, 'of-a'])).toBe('1\n');
    await cairn(['put', directory, 'of-x', '2']);
    await cairn(['exchange', directory, a.url, '--name', 'x']);
    expect(await cairn(['get', a.url, 'of-x'])).toBe('2\n');
    const named = await runCairn(['exchange', directory, a.url, '--name', 'y']);
    expect([named.status, named.stderr]).toEqual([1, expect.stringContaining('it is the store of "x"')]);
    const fresh = directories.next('fresh');
    for (const place of [directory, fresh]) {
      const nobody = await runCairn(['exchange', place, `ws://${NOBODY}`]);
      expect([nobody.status, nobody.stderr]).toEqual([1, expect.stringContaining('ECONNREFUSED')]);
      expect(nobody.stderr).not.toContain('Made a store');
    }
    expect([existsSync(directory), existsSync(fresh)]).toEqual([true, false]);
  });

  it('verify --repair fills in what was lost from a running replica', async () => {
    const directory = directories.next('y');
    await cairn(['put', a.url, 'lost', '"found"']);
    await cairn(['exchange', directory, a.peerUrl], MADE);
    await inStore(directory, (store) => store.load());
    await damage(directory, 'lost');
    const found = await runCairn(['verify', directory]);
    expect([found.status, found.stdout]).toEqual([1, expect.stringContaining('record-corrupt "lost"')]);
    const repaired = await runCairn(['verify', directory, '--repair', '--from', a.peerUrl]);
    expect([repaired.status, repaired.stdout]).toEqual([0, expect.stringContaining('Sound: ')]);
    expect(repaired.stderr).toMatch(/Exchanged \d+ records with "a" at ws:/);
    expect(await cairn(['get', directory, 'lost'])).toBe('"found"\n');
  });
});

describe('tokens of commands', () => {
  it('commands show a token from CAIRN_TOKEN or a file; a peer its own', async () => {
    const [app, peer, of] = ['the-secret-of-the-app', 'the-secret-of-replica-z', 'the-secret-of-replica-s'];
    const file = (name: string, text: string): string => {
      const path = join(directories.root, name);
      writeFileSync(path, text);
      chmodSync(path, 0o600);
      return path;
    };
    const tokens = file('tokens', `app read,write sha256:${digestOf(app)}\nz peer sha256:${digestOf(peer)}\n`);
    const args = ['--engine', 'memory', '--name', 's', '--token-file', tokens, '--peer-token-file', file('own', of)];
    const serving = await ServeProcess.start(args);
    const without = await runCairn(['put', serving.url, 'k', '1']);
    expect([without.status, without.stderr]).toEqual([1, expect.stringContaining('[UNAUTHENTICATED]')]);
    await cairn(['put', serving.url, 'k', '1', '--token-file', file('app', app)]);
    const shown = await runCairn(['get', serving.url, 'k'], '', { CAIRN_TOKEN: app });
    expect([shown.status, shown.stdout]).toEqual([0, '1\n']);
    const admin = await runCairn(['members', serving.url, 'join', 'z'], '', { CAIRN_TOKEN: app });
    expect([admin.status, admin.stderr]).toEqual([1, expect.stringContaining('[FORBIDDEN]')]);
    const z = directories.next('z');
    const refused = await runCairn(['exchange', z, serving.peerUrl], '', { CAIRN_TOKEN: app });
    expect([refused.status, refused.stderr]).toEqual([1, expect.stringContaining('its token is none of those known')]);
    expect(existsSync(z)).toBe(false);
    await cairn(['exchange', z, serving.peerUrl, '--token-file', file('z', peer)], MADE);
    expect(await cairn(['get', z, 'k'])).toBe('1\n');
    expect((await serving.logged('peer-refused'))['code']).toBe('UNAUTHENTICATED');
    await serving.stop();
  });
});
