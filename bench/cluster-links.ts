/**
 * What links cost: how fast the writes of one replica come to another process, how long one write takes to get there
 * against a bare WebSocket that says back what it hears, and what two replicas say to each other that have nothing to say.
 */

import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { openStore } from 'cairndb';
import { level } from 'cairndb/level';
import { openReplica, type Replica } from 'cairndb/replica';
import { nodeWebSocketTransport } from 'cairndb/websocket-node';
import { WebSocket } from 'ws';
import type { Question, Told } from './cluster-child.ts';
import { ensure, median, timedAsync } from './measure.ts';
import type { StorageFigure } from './storage-report.ts';
import { inDirectories } from './storage-subjects.ts';
import { makeWorkload } from './workload.ts';

const CALLERS = 64;
const SEED = 4;

/** Replication, propagation and silence between two processes. */
export async function benchClusterLinks(options: { readonly small: boolean }): Promise<StorageFigure[]> {
  return inDirectories(async (fresh) => [
    await replication(options.small ? 2_000 : 100_000, fresh),
    ...(await propagation(options.small ? 100 : 10_000, fresh)),
    await silence(options.small ? 2_000 : 60_000),
  ]);
}

/** Puts by 64 callers into a durable store alone, then the same into one that another process follows. */
async function replication(count: number, fresh: () => string): Promise<StorageFigure> {
  const { keys, values } = makeWorkload(count, SEED);
  const putAll = (store: { readonly put: (key: string, value: unknown) => Promise<unknown> }): Promise<unknown> =>
    Promise.all(
      Array.from({ length: CALLERS }, async (_, caller) => {
        for (let at = caller; at < count; at += CALLERS) await store.put(keys[at] as string, values[at]);
      }),
    );
  const alone = await openStore<unknown>({ name: 'alone', storage: level(fresh()) });
  const aloneMs = await timedAsync(() => putAll(alone));
  await alone.close();
  return withPeer(fresh(), fresh(), async (here, child) => {
    let putMs = 0;
    const allMs = await timedAsync(async () => {
      putMs = await timedAsync(() => putAll(here.store));
      child.send({ ask: 'has', counter: count } satisfies Question);
      await told(child, 'has');
    });
    const rate = (ms: number): string => `${Math.round((count * 1000) / ms).toLocaleString('en')}/s`;
    return {
      name: `replication of ${count.toLocaleString('en')} durable puts, against local ones`,
      value: aloneMs / allMs,
      unit: 'times',
      floor: { atLeast: 0.3 },
      note: `local ${rate(aloneMs)}; durable in the other process too ${rate(allMs)}, here meanwhile ${rate(putMs)}`,
    };
  });
}

/**
 * From before a put here until a subscriber there hears of it, one write at a time. So many that most of them meet code
 * that Node has compiled, as in a replica that has run for a while: of the first 2,000 the median is mostly the interpreter,
 * which has far more to do here than for the echo. What is durable waits for the disk instead, and needs fewer.
 */
async function propagation(count: number, fresh: () => string): Promise<StorageFigure[]> {
  const echo = await echoes(count);
  const figures: StorageFigure[] = [];
  for (const kind of ['in memory', 'durable on both sides'] as const) {
    const [mine, theirs] = kind === 'in memory' ? ['', ''] : [fresh(), fresh()];
    const times = kind === 'in memory' ? count : Math.ceil(count / 5);
    const taken = await withPeer(mine, theirs, (here, child) => propagations(here, child, times));
    figures.push({
      name: `propagation of a live push, ${kind}, median`,
      value: median(taken) / echo,
      unit: 'times',
      ...(kind === 'in memory' ? { floor: { atMost: 3 } } : {}),
      note: `${median(taken).toFixed(3)} ms against ${echo.toFixed(3)} ms of a bare WebSocket echo`,
    });
  }
  return figures;
}

async function propagations(here: Replica<unknown>, child: ChildProcess, count: number): Promise<number[]> {
  child.send({ ask: 'watch', prefix: 'p' } satisfies Question);
  await told(child, 'watching');
  const taken: number[] = [];
  for (let at = -Math.ceil(count / 4); at < count; at += 1) {
    const from = machineNow();
    const heard = told(child, 'seen');
    await here.store.put(`p${at}`, at);
    const { keys, at: seenAt } = await heard;
    ensure(keys.includes(`p${at}`), `it heard of ${keys.join(' ')} after p${at} was put`);
    if (at >= 0) taken.push(seenAt - from);
  }
  return taken;
}

/** The median of a message and its echo. */
async function echoes(count: number): Promise<number> {
  const child = forkChild('echo', '');
  const { address } = await told(child, 'listening');
  const socket = new WebSocket(address, { perMessageDeflate: false });
  await once(socket, 'open');
  const message = new Uint8Array(100);
  const taken: number[] = [];
  for (let at = -Math.ceil(count / 4); at < count; at += 1) {
    const from = machineNow();
    socket.send(message);
    await once(socket, 'message');
    if (at >= 0) taken.push(machineNow() - from);
  }
  socket.close();
  child.kill();
  return median(taken);
}

/** Bytes of all frames between two replicas that have nothing to tell. */
async function silence(ms: number): Promise<StorageFigure> {
  return withPeer('', '', async (here) => {
    await here.store.put('k', 1);
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    const bytesOf = async (): Promise<number> => {
      const { bytesSent, bytesReceived } = (await here.status()).counters;
      return bytesSent + bytesReceived;
    };
    const before = await bytesOf();
    await new Promise((resolve) => setTimeout(resolve, ms));
    const bytes = (((await bytesOf()) - before) * 60_000) / ms;
    return { name: 'idle traffic, per peer and minute', value: bytes / 1_000, unit: 'kB', note: 'both directions' };
  });
}

async function withPeer<R>(
  mine: string,
  theirs: string,
  run: (here: Replica<unknown>, child: ChildProcess) => Promise<R>,
): Promise<R> {
  const child = forkChild('replica', theirs);
  const { address } = await told(child, 'listening');
  const storage = mine === '' ? {} : { storage: level(mine) };
  const store = await openStore<unknown>({ name: 'here', members: ['here', 'there'], ...storage });
  let meet: () => void = () => undefined;
  const met = new Promise<void>((resolve) => {
    meet = resolve;
  });
  const here = await openReplica<unknown>({
    ...{ store, transports: [nodeWebSocketTransport()], peers: [{ name: 'there', address }] },
    onEvent: ({ kind }) => {
      if (kind === 'exchanged') meet();
    },
  });
  await met;
  try {
    return await run(here, child);
  } finally {
    await here.close();
    child.kill();
  }
}

function forkChild(role: string, directory: string): ChildProcess {
  const path = fileURLToPath(new URL('./cluster-child.ts', import.meta.url));
  // Not with the arguments of this process: what tsx adds to them waits for an answer of its own parent.
  return fork(path, [role, directory], { execArgv: ['--import', 'tsx'] });
}

/** The next thing of a kind that a child tells. */
function told<Kind extends Told['kind']>(child: ChildProcess, kind: Kind): Promise<Told & { readonly kind: Kind }> {
  return new Promise((resolve, reject) => {
    const hear = (message: Told): void => {
      if (message.kind !== kind) return;
      child.off('message', hear);
      child.off('exit', fail);
      resolve(message as Told & { readonly kind: Kind }); // its kind was looked at
    };
    const fail = (): void => reject(new Error(`The other process of the bench ended before it told of "${kind}".`));
    child.on('message', hear);
    child.once('exit', fail);
  });
}

/** Milliseconds on the clock that all processes of the machine share. */
function machineNow(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}
