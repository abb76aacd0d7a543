/**
 * What it costs to ask a replica over HTTP: puts and gets by many connections at once, each waiting for its answer,
 * against a bare server of node:http that keeps what it is sent in a Map. Servers are processes of their own and are
 * asked in turns, so that what else the machine does meets both.
 */

import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { fileURLToPath } from 'node:url';
import { ensure, median } from './measure.ts';
import type { StorageFigure } from './storage-report.ts';

const CONNECTIONS = 32;
const KEYS = 1_000;
const ROUNDS = 7;
export const SECRET = 'a-secret-of-the-bench';
const BODY = JSON.stringify({ name: 'alice', email: 'alice@example.org', visits: 12_345, isActive: true });

type Role = 'bare' | 'replica' | 'replica with tokens';
type Turn = { readonly perSecond: number; readonly cpuMicros: number };

/** Puts and gets, with and without tokens. */
export async function benchClusterHttp(options: { readonly small: boolean }): Promise<StorageFigure[]> {
  const count = options.small ? 500 : 20_000;
  const servers = new Map<Role, { readonly child: ChildProcess; readonly port: number }>();
  for (const role of ['bare', 'replica', 'replica with tokens'] as const) servers.set(role, await forkServer(role));
  const figures: StorageFigure[] = [];
  try {
    for (const method of ['PUT', 'GET'] as const) {
      const turns = new Map<Role, Turn[]>([...servers.keys()].map((role) => [role, []]));
      for (let round = -1; round < ROUNDS; round++) {
        for (const [role, { child, port }] of servers) {
          const before = await cpuOf(child);
          const perSecond = await askAll(port, method, count);
          const cpuMicros = ((await cpuOf(child)) - before) / count;
          if (round >= 0) turns.get(role)?.push({ perSecond, cpuMicros });
        }
      }
      const middle = (role: Role, of: keyof Turn): number => median((turns.get(role) ?? []).map((turn) => turn[of]));
      for (const role of ['replica', 'replica with tokens'] as const) {
        const shown = (who: Role): string =>
          `${Math.round(middle(who, 'perSecond')).toLocaleString('en')}/s and ${middle(who, 'cpuMicros').toFixed(0)} µs of processor`;
        figures.push({
          name: `HTTP ${method.toLowerCase()}, ${role}, against a bare server with a Map`,
          value: middle(role, 'perSecond') / middle('bare', 'perSecond'),
          unit: 'times',
          ...(role === 'replica' ? { floor: { atLeast: 0.5 } } : {}),
          note: `${shown(role)}; bare ${shown('bare')}`,
        });
      }
    }
  } finally {
    for (const { child } of servers.values()) child.kill();
  }
  return figures;
}

/** Asks `count` times over connections that stay open; how often a second. */
async function askAll(port: number, method: 'GET' | 'PUT', count: number): Promise<number> {
  const sockets = await Promise.all(Array.from({ length: CONNECTIONS }, () => opened(port)));
  const began = performance.now();
  let next = 0;
  await Promise.all(sockets.map((socket) => askOne(socket, method, () => (next < count ? next++ : undefined))));
  const took = performance.now() - began;
  for (const socket of sockets) socket.destroy();
  return (count / took) * 1_000;
}

async function opened(port: number): Promise<Socket> {
  const socket = connect(port, '127.0.0.1');
  socket.setNoDelay(true);
  await once(socket, 'connect');
  return socket;
}

/** One connection: asks, waits for the answer, asks again. An answer of a few hundred bytes comes in one piece. */
function askOne(socket: Socket, method: 'GET' | 'PUT', nextOf: () => number | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const ask = (): void => {
      const next = nextOf();
      if (next === undefined) {
        resolve();
        return;
      }
      const head = `${method} /v1/kv/key${next % KEYS} HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer ${SECRET}\r\n`;
      const body = `content-type: application/json\r\ncontent-length: ${BODY.length}\r\n\r\n${BODY}`;
      socket.write(method === 'PUT' ? head + body : `${head}\r\n`);
    };
    socket.on('data', (answer: Buffer) => {
      const status = answer.toString('latin1', 0, 12);
      try {
        ensure(status.startsWith('HTTP/1.1 20'), `${method} was answered with ${status}`);
        ask();
      } catch (error) {
        reject(error);
      }
    });
    socket.on('error', reject);
    ask();
  });
}

async function forkServer(role: Role): Promise<{ readonly child: ChildProcess; readonly port: number }> {
  const path = fileURLToPath(new URL('./cluster-http-child.ts', import.meta.url));
  // Not with the arguments of this process: what tsx adds to them waits for an answer of its own parent.
  const child = fork(path, [role], { execArgv: ['--import', 'tsx'] });
  return { child, port: await numberFrom(child) }; // what a child tells first
}

async function cpuOf(child: ChildProcess): Promise<number> {
  child.send('cpu');
  return numberFrom(child);
}

/** The next number that a child tells. */
async function numberFrom(child: ChildProcess): Promise<number> {
  const over = new AbortController();
  const { signal } = over;
  const ended = once(child, 'exit', { signal }).then(() => {
    throw new Error('The server of the bench ended before it answered.');
  });
  ended.catch(() => undefined);
  const [told] = (await Promise.race([once(child, 'message', { signal }), ended])) as [number]; // it tells nothing else
  over.abort();
  return told;
}
