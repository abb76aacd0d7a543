import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, expect, test } from 'vitest';
import { commandOfRun } from '../command.ts';
import { until } from '../torture/cluster-processes.ts';
import { Namespaces } from './namespaces.ts';

const run = promisify(execFile);
const cleanups: (() => void)[] = [];
afterAll(() => {
  for (const cleanup of cleanups.splice(0).reverse()) cleanup();
});

const HOSTS = ['a', 'b'] as const;
const PORT = 4040;

test('replicas whose packets are dropped notice the silence, take writes, and come together when they pass again', async ({
  skip,
}) => {
  const lacking = Namespaces.lacking();
  if (process.env['REQUIRE_SERVICES'] === '1') expect(lacking).toBeUndefined();
  skip(lacking !== undefined, `packets cannot be dropped here: ${lacking}`);
  const program = commandOfRun();
  const directory = mkdtempSync(join(tmpdir(), 'cairn-dropped-'));
  cleanups.push(() => rmSync(directory, { recursive: true, force: true }));
  const spaces = new Namespaces(HOSTS);
  cleanups.push(() => spaces.close());
  const logs = new Map<string, string>();
  const start = (host: string): ChildProcess => {
    const peers = HOSTS.filter((other) => other !== host).map(
      (other) => `${other}=ws://${spaces.address(other)}:${PORT}`,
    );
    const [command = '', ...args] = [
      ...[...spaces.on(host), process.execPath, program, 'serve', '--name', host, '--data', join(directory, host)],
      ...['--listen', `${spaces.address(host)}:${PORT}`, '--insecure', '--members', HOSTS.join(',')],
      ...peers.flatMap((peer) => ['--peer', peer]),
    ];
    const child = spawn(command, args, { stdio: ['ignore', 'ignore', 'pipe'] });
    child.stderr.setEncoding('utf8').on('data', (chunk: string) => logs.set(host, (logs.get(host) ?? '') + chunk));
    return child;
  };
  for (const host of HOSTS) {
    const child = start(host);
    cleanups.push(() => child.kill('SIGKILL'));
  }
  const url = (host: string): string => `http://${spaces.address(host)}:${PORT}`;
  const cairn = async (host: string, ...args: readonly string[]): Promise<string> => {
    const [command = '', ...before] = spaces.on(host);
    const { stdout } = await run(command, [...before, process.execPath, program, ...args], { timeout: 60_000 });
    return stdout.trim();
  };
  const put = (host: string, key: string): Promise<string> => cairn(host, 'put', url(host), key, `"of ${host}"`);
  const shows = (host: string, key: string): Promise<string> => cairn(host, 'get', url(host), key).catch(String);
  const hears = (host: string, key: string, of: string): Promise<void> =>
    until(
      async () => (await shows(host, key)) === `"of ${of}"`,
      `${host} shows ${key}`,
      async () => `${await shows(host, key)}\n${logs.get(host)}`,
    );
  const says = (host: string, event: string): boolean => logs.get(host)?.includes(`"event":"${event}"`) === true;

  await until(
    () => HOSTS.every((host) => says(host, 'ready')),
    'both are ready',
    () => [...logs.values()].join('\n'),
  );
  await put('a', 'before');
  await hears('b', 'before', 'a');
  expect(HOSTS.some((host) => says(host, 'peer-lost'))).toBe(false);

  spaces.unplug('b');
  await Promise.all(HOSTS.map((host) => put(host, `cut/${host}`)));
  await until(
    () => HOSTS.every((host) => says(host, 'peer-lost')),
    'both have noticed',
    () => [...logs.values()].join('\n'),
  );
  expect(logs.get('a')).toContain('nothing came from the peer');
  await expect(cairn('a', 'get', url('a'), 'cut/b')).rejects.toThrow();

  spaces.plug('b');
  await Promise.all([hears('a', 'cut/b', 'b'), hears('b', 'cut/a', 'a')]);
}, 400_000);
