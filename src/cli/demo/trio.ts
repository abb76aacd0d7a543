/**
 * Three replicas on this machine, each a process of `cairn serve` with a directory of its own. They end with the process
 * that started them, however that ends.
 */

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream, existsSync } from 'node:fs';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { CommandError } from '../command.ts';
import { Remote } from '../remote.ts';
import { engineFor, engineIn } from '../store-engine.ts';

export const NAMES = ['berlin', 'oslo', 'lima'] as const;

/** The port people are used to, and the two after it, where they are free. */
const PORT = 4040;

/** One of the three. */
export type TrioReplica = {
  readonly name: string;
  readonly url: string;
  readonly remote: Remote;
  readonly process: ChildProcess;
};

/** Tells that the replicas in a directory are those of a demo, and may be removed. */
const MARKER = 'CAIRN-DEMO';
const MARKED = 'cairn demo has made berlin, oslo and lima beside this file, and removes them when it begins anew.\n';

/** Removes what an earlier run left. Throws: CommandError while that run is still up, or for what no demo has made. */
export async function clearTrio(directory: string): Promise<void> {
  const there = NAMES.map((name) => join(directory, name)).filter((place) => existsSync(place));
  if (there.length > 0 && !existsSync(join(directory, MARKER)))
    throw new CommandError(
      `Cannot begin anew in ${directory}: nothing says that a demo made ${there.join(', ')}; give another --dir, or, if nobody needs them (an earlier release left no sign of its demo), remove them`,
    );
  for (const name of NAMES) {
    const place = join(directory, name);
    if (engineIn(place) === undefined) continue;
    try {
      await (await engineFor(place).open()).close();
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      throw new CommandError(`Cannot begin anew in ${directory}: ${why}`);
    }
    await rm(place, { recursive: true, force: true });
  }
}

/** Starts the three, each linked with those before it. Throws: CommandError when one does not come up. */
export async function startTrio(directory: string): Promise<readonly TrioReplica[]> {
  await mkdir(directory, { recursive: true });
  await writeFile(join(directory, MARKER), MARKED);
  const ports = await freePorts();
  const started: TrioReplica[] = [];
  try {
    for (const [at, name] of NAMES.entries()) {
      const peers = started.flatMap((peer) => ['--peer', `${peer.name}=${peer.url.replace(/^http/, 'ws')}`]);
      started.push(await start(directory, name, ports[at] ?? 0, peers));
    }
    return started;
  } catch (error) {
    await stopTrio(started);
    throw error;
  }
}

/** Lets them end, and waits for it. */
export async function stopTrio(replicas: readonly TrioReplica[]): Promise<void> {
  await Promise.all(replicas.map(({ process: child }) => stop(child)));
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill('SIGTERM');
  await ended;
}

async function start(directory: string, name: string, port: number, peers: readonly string[]): Promise<TrioReplica> {
  const [, main = ''] = process.argv;
  const settings = [
    ...['--name', name, '--data', join(directory, name), '--listen', `127.0.0.1:${port}`],
    ...['--members', NAMES.join(','), '--exchange-every-ms', '5000', '--reap-every-ms', '1000'],
  ];
  const child = spawn(process.execPath, [...process.execArgv, main, 'serve', ...settings, ...peers], {
    // The channel tells it when this process is gone. Of its own group, so that Ctrl-C comes here first.
    ...{ stdio: ['ignore', 'pipe', 'pipe', 'ipc'], detached: true },
    env: ownSettingsOnly(),
  });
  const log = createWriteStream(join(directory, `${name}.log`));
  child.stderr?.pipe(log);
  const ready = await Promise.race([firstLine(child), once(child, 'exit').then(() => undefined)]);
  const url = ready?.split(' ')[2];
  if (url === undefined) throw new CommandError(`Cannot start "${name}": see ${join(directory, `${name}.log`)}`);
  return { name, url, remote: new Remote(url, undefined), process: child };
}

/** What is set for another replica is none of theirs. */
function ownSettingsOnly(): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('CAIRN_')));
}

function firstLine(child: ChildProcess): Promise<string> {
  return new Promise((resolve) => {
    let text = '';
    child.stdout?.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk;
      const end = text.indexOf('\n');
      if (end !== -1) resolve(text.slice(0, end));
    });
  });
}

/** Three ports, 0 where any will do. */
async function freePorts(): Promise<readonly number[]> {
  return Promise.all(NAMES.map(async (_, at) => ((await isFree(PORT + at)) ? PORT + at : 0)));
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}
