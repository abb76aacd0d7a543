/**
 * A cluster of real processes on loopback: one `cairn serve` for each replica, and a proxy on every way from one to
 * another, so that what goes over a link can be lost, doubled, reordered, delayed or cut. Owns processes, ports and
 * directories; knows nothing of what is written.
 */

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Status } from '../../src/client/client-types.ts';
import { makeCommand, removeCommand } from '../command.ts';
import { type FaultCounts, type Faults, type FaultyProxy, faultyProxy } from './faulty-proxy.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
/** Generous: other work may go on on this machine. */
const PATIENCE_MS = 90_000;
const LOG_LINES = 200;
/** Below the ports that connections take for themselves, so that a replica finds its own again. */
const PORTS = { from: 20_000, to: 30_000 } as const;

export type ClusterOptions = {
  readonly names?: readonly string[];
  readonly seed: number;
  /** Given to each `cairn serve` beside what it needs. */
  readonly args?: readonly string[];
};

/** How a replica is cut off: connections break, or nothing passes and nobody is told, or `POST /v1/links/{peer}/cut`. */
export type Cut = 'breaks' | 'silence' | 'by hand';

type Running = { readonly child: ChildProcess; readonly exited: Promise<unknown>; isExpectedToEnd: boolean };

/** Replicas that can be killed, cut off and brought back. */
export class ClusterProcesses {
  readonly names: readonly string[];
  /** What processes ended of themselves, with the last of their logs. */
  readonly crashes: string[] = [];
  readonly #options: ClusterOptions;
  readonly #directory = mkdtempSync(join(tmpdir(), 'cairn-cluster-'));
  readonly #ports = new Map<string, number>();
  readonly #proxies = new Map<string, FaultyProxy>();
  readonly #running = new Map<string, Running>();
  readonly #logs = new Map<string, string[]>();
  #program = '';

  private constructor(options: ClusterOptions) {
    this.#options = options;
    this.names = options.names ?? ['a', 'b', 'c'];
  }

  /** Every replica started and ready. Close it, whatever happens. */
  static async start(options: ClusterOptions): Promise<ClusterProcesses> {
    const cluster = new ClusterProcesses(options);
    try {
      await cluster.#prepare();
      await Promise.all(cluster.names.map((name) => cluster.startReplica(name)));
      return cluster;
    } catch (error) {
      await cluster.close();
      throw error;
    }
  }

  get alive(): readonly string[] {
    return this.names.filter((name) => this.#running.has(name));
  }

  others(name: string): readonly string[] {
    return this.names.filter((other) => other !== name);
  }

  url(name: string): string {
    return `http://127.0.0.1:${this.#ports.get(name)}`;
  }

  /** Where a link to the replica is opened without a proxy. */
  peerUrl(name: string): string {
    return targetOf(this.#ports.get(name) ?? 0);
  }

  directory(name: string): string {
    return join(this.#directory, name);
  }

  log(name: string): readonly string[] {
    return this.#logs.get(name) ?? [];
  }

  async startReplica(name: string): Promise<void> {
    const peers = this.others(name).flatMap((other) => ['--peer', `${other}=${this.#proxy(name, other).address}`]);
    const child = spawn(
      process.execPath,
      [
        ...['--enable-source-maps', this.#program, 'serve', '--name', name, '--data', this.directory(name)],
        ...['--listen', `127.0.0.1:${this.#ports.get(name)}`, ...peers],
        ...['--members', this.names.join(','), '--n', String(this.names.length)],
        ...(this.#options.args ?? []),
      ],
      { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] },
    );
    const exited = once(child, 'exit');
    const running: Running = { child, exited, isExpectedToEnd: false };
    this.#running.set(name, running);
    const log = this.#logs.get(name) ?? [];
    this.#logs.set(name, log);
    child.stderr?.setEncoding('utf8').on('data', (chunk: string) => {
      log.push(...chunk.split('\n').filter((line) => line !== ''));
      log.splice(0, log.length - LOG_LINES);
    });
    const isReady = new Promise<boolean>((resolve) => {
      let said = '';
      child.stdout?.setEncoding('utf8').on('data', (chunk: string) => {
        said += chunk;
        if (said.startsWith('ready ') && said.includes('\n')) resolve(true);
      });
      void exited.then(([code, signal]) => {
        if (!running.isExpectedToEnd)
          this.crashes.push(`${name} ended with ${code ?? signal}:\n${log.slice(-12).join('\n')}`);
        if (this.#running.get(name) === running) this.#running.delete(name);
        resolve(false);
      });
    });
    if (!(await within(isReady, PATIENCE_MS, `${name} is ready`)))
      throw new Error(`Replica ${name} ended before it was ready:\n${log.slice(-20).join('\n')}`);
  }

  /** kill -9. */
  async kill(name: string): Promise<void> {
    await this.#end(name, 'SIGKILL');
  }

  /** SIGTERM, and waits for the end. */
  async stop(name: string): Promise<void> {
    await this.#end(name, 'SIGTERM');
  }

  /** Cuts a replica off from all others. */
  async cut(name: string, how: Cut): Promise<void> {
    if (how !== 'by hand') for (const proxy of this.#around(name)) proxy.cut(how);
    else await Promise.all(this.others(name).map((other) => this.post(name, `/v1/links/${other}/cut`)));
  }

  /** Ends every cut and every fault; replicas that are down stay so. */
  async heal(): Promise<void> {
    this.faults({});
    for (const proxy of this.#proxies.values()) proxy.heal();
    for (const name of this.alive)
      await Promise.all(this.others(name).map((other) => this.post(name, `/v1/links/${other}/heal`)));
  }

  /** The same on every way, in both directions. */
  faults(faults: Faults): void {
    for (const proxy of this.#proxies.values()) proxy.setFaults({ there: faults, back: faults });
  }

  faultCounts(): FaultCounts {
    const all = { passed: 0, lost: 0, duplicated: 0, reordered: 0, delayed: 0 };
    for (const proxy of this.#proxies.values()) {
      const counts = proxy.counts();
      for (const name of Object.keys(all) as (keyof FaultCounts)[]) all[name] += counts[name];
    }
    return all;
  }

  async status(name: string): Promise<Status> {
    return (await this.ask(name, '/v1/status')) as Status;
  }

  /** GET of JSON. */
  async ask(name: string, path: string): Promise<unknown> {
    const answer = await fetch(this.url(name) + path, { signal: AbortSignal.timeout(PATIENCE_MS) });
    if (!answer.ok) throw new Error(`GET ${path} at ${name}: ${answer.status} ${await answer.text()}`);
    return answer.json();
  }

  /** POST, without a body or with one of JSON. */
  async post(name: string, path: string, body?: unknown): Promise<void> {
    const answer = await fetch(this.url(name) + path, {
      method: 'POST',
      signal: AbortSignal.timeout(PATIENCE_MS),
      ...(body === undefined ? {} : { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
    });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`POST ${path} at ${name}: ${answer.status} ${text}`);
  }

  /** Waits until every replica that runs has a link to every other that runs. */
  async linked(): Promise<void> {
    const { alive } = this;
    const lacking = async (): Promise<string> => {
      const lists = alive.map(async (name) =>
        (await this.status(name)).peers
          .filter((peer) => alive.includes(peer.name) && peer.state !== 'connected')
          .map((peer) => `${name} to ${peer.name}: ${peer.state}`),
      );
      return (await Promise.all(lists)).flat().join(', ');
    };
    await until(async () => (await lacking()) === '', 'every replica is linked with every other', lacking);
  }

  /** Ends all processes, and removes their directories. */
  async close(): Promise<void> {
    await Promise.all(this.alive.map((name) => this.kill(name)));
    await Promise.all([...this.#proxies.values()].map((proxy) => proxy.close()));
    rmSync(this.#directory, { recursive: true, force: true });
    if (this.#program !== '') removeCommand(this.#program);
  }

  async #prepare(): Promise<void> {
    this.#program = await makeCommand();
    for (const name of this.names) this.#ports.set(name, await freePort());
    let seed = this.#options.seed;
    for (const from of this.names) {
      for (const to of this.others(from)) {
        seed += 1;
        this.#proxies.set(`${from}>${to}`, await faultyProxy({ target: targetOf(this.#ports.get(to) ?? 0), seed }));
      }
    }
  }

  async #end(name: string, signal: NodeJS.Signals): Promise<void> {
    const running = this.#running.get(name);
    if (running === undefined) return;
    running.isExpectedToEnd = true;
    running.child.kill(signal);
    try {
      await within(running.exited, PATIENCE_MS, `${name} has ended`);
    } finally {
      running.child.kill('SIGKILL');
      this.#running.delete(name);
    }
  }

  #proxy(from: string, to: string): FaultyProxy {
    return this.#proxies.get(`${from}>${to}`) as FaultyProxy; // there is one for each way
  }

  #around(name: string): readonly FaultyProxy[] {
    return this.others(name).flatMap((other) => [this.#proxy(name, other), this.#proxy(other, name)]);
  }
}

function targetOf(port: number): string {
  return `ws://127.0.0.1:${port}/v1/replicate`;
}

/** Begun anywhere, because others may look for ports at the same moment. */
let nextPort = PORTS.from + Math.floor(Math.random() * (PORTS.to - PORTS.from));

async function freePort(): Promise<number> {
  for (;;) {
    nextPort = nextPort + 1 < PORTS.to ? nextPort + 1 : PORTS.from;
    const port = nextPort;
    const isFree = await new Promise<boolean>((resolve) => {
      const server = createServer();
      server.once('error', () => resolve(false));
      server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
    });
    if (isFree) return port;
  }
}

/** Asks until it is so. Throws, with `describe`, when it takes longer than anything here should. */
export async function until(
  isSo: () => Promise<boolean> | boolean,
  what: string,
  describe: () => Promise<string> | string = () => '',
  patienceMs: number = PATIENCE_MS,
): Promise<void> {
  const end = performance.now() + patienceMs;
  while (!(await isSo())) {
    if (performance.now() > end) throw new Error(`not within ${patienceMs / 1_000} s: ${what}. ${await describe()}`);
    await pause(50);
  }
}

export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

async function within<R>(promise: Promise<R>, ms: number, what: string): Promise<R> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`not within ${ms / 1_000} s: ${what}`)), ms);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}
