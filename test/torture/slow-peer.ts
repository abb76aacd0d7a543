/**
 * What a bad peer costs: one that has greeted and then reads nothing, and one that floods a replica with questions whose
 * answers it does not read. Measured at a replica that is written to all the while: its resident memory, and how long a
 * write takes to reach a peer that behaves.
 */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { CairnClient } from '../../src/client/client.ts';
import { ClusterProcesses } from './cluster-processes.ts';

export type BadPeer = 'slow' | 'flood' | 'asks' | 'pings' | 'gives' | 'big' | 'writes';

/** Resident memory may grow so far beyond what it was before the peer came; what is written to it is more. */
export const GROWTH_BYTES_MAX: number = 96 * 2 ** 20;
const WARM_UP_BYTES = 32 * 2 ** 20;
const LOAD_BYTES = 128 * 2 ** 20;
const VALUE_BYTES = 256 * 1_024;
const KEYS = 8;

export type BadPeerReport = {
  readonly peer: BadPeer;
  readonly writtenBytes: number;
  readonly before: number;
  /** The most that was seen while the peer was there. */
  readonly most: number;
  /** Whether the link to it was open at the end of its time; a replica may end it. */
  readonly isLinked: boolean;
  /** Whether the peer that behaves has everything. */
  readonly hasAll: boolean;
};

/** The replicas `a`, which is written to and visited, and `b`, which behaves. */
export function pairOfReplicas(): Promise<ClusterProcesses> {
  return ClusterProcesses.start({
    seed: 1,
    names: ['a', 'b'],
    args: ['--log-level', 'warn', '--durability', 'buffered'],
  });
}

/** How the memory of `a` grows while far more is written than it may keep for a peer that does not take it. */
export async function memoryBeside(cluster: ClusterProcesses, peer: BadPeer): Promise<BadPeerReport> {
  await cluster.linked();
  await write(cluster, WARM_UP_BYTES);
  const before = await residentBytes(cluster);
  const visitor = await visit(cluster, peer);
  let most = before;
  const look = async (): Promise<void> => {
    most = Math.max(most, await residentBytes(cluster));
  };
  await write(cluster, LOAD_BYTES, look);
  const isLinked = visitor.isOpen();
  await visitor.leave();
  const marks = await Promise.all(['a', 'b'].map((name) => hasMark(cluster, name)));
  return { peer, writtenBytes: LOAD_BYTES, before, most, isLinked, hasAll: marks.every(Boolean) };
}

export type PropagationReport = {
  readonly peer: BadPeer;
  readonly writes: number;
  /** Milliseconds: the median of what the turns have, so that one in which the machine was busy elsewhere counts as one. */
  readonly aloneP50: number;
  readonly aloneP99: number;
  readonly besideP50: number;
  readonly besideP99: number;
  /** p99 beside the bad peer, in p99 without it. */
  readonly ratio: number;
};

/** How long writes take from `a` to `b`, in turns without and with a bad peer. */
export async function propagationBeside(
  cluster: ClusterProcesses,
  peer: BadPeer,
  { turns = 9, writes = 200 }: { readonly turns?: number; readonly writes?: number } = {},
): Promise<PropagationReport> {
  await cluster.linked();
  const watch = await Watch.open(cluster);
  const [alone, beside]: [number[][], number[][]] = [[], []];
  try {
    await watch.times(writes);
    for (let turn = 0; turn < turns; turn += 1) {
      alone.push(await watch.times(writes));
      const visitor = await visit(cluster, peer);
      beside.push(await watch.times(writes));
      if (!visitor.isOpen()) throw new Error(`the ${peer} peer did not stay: what was measured says nothing`);
      await visitor.leave();
    }
  } finally {
    watch.close();
  }
  const figures = {
    aloneP50: inMost(alone, 0.5),
    aloneP99: inMost(alone, 0.99),
    besideP50: inMost(beside, 0.5),
    besideP99: inMost(beside, 0.99),
  };
  return { peer, writes: turns * writes, ...figures, ratio: figures.besideP99 / figures.aloneP99 };
}

/** Writes at `a`, seen in the changes of `b`. */
class Watch {
  readonly #a: CairnClient;
  readonly #seen = new Map<string, () => void>();
  readonly #end = new AbortController();
  #count = 0;

  private constructor(cluster: ClusterProcesses) {
    this.#a = new CairnClient({ urls: cluster.url('a') });
    void this.#listen(new CairnClient({ urls: cluster.url('b') }));
  }

  static async open(cluster: ClusterProcesses): Promise<Watch> {
    const watch = new Watch(cluster);
    await watch.times(1);
    return watch;
  }

  close(): void {
    this.#end.abort();
  }

  async times(writes: number): Promise<number[]> {
    const times: number[] = [];
    for (let write = 0; write < writes; write += 1) {
      const key = `p/${(this.#count += 1)}`;
      const seen = new Promise<void>((resolve) => this.#seen.set(key, resolve));
      const begun = performance.now();
      await this.#a.put(key, 1, { w: 1 });
      await seen;
      times.push(performance.now() - begun);
      this.#seen.delete(key);
    }
    return times;
  }

  async #listen(b: CairnClient): Promise<void> {
    try {
      const changes = b.changes({ prefix: 'p/', signal: this.#end.signal });
      for await (const change of changes) if (change.kind === 'change') this.#seen.get(change.key)?.();
    } catch (error) {
      if (!this.#end.signal.aborted) throw error;
    }
  }
}

async function write(cluster: ClusterProcesses, bytes: number, look?: () => Promise<void>): Promise<void> {
  const client = new CairnClient({ urls: cluster.url('a'), timeoutMs: 60_000 });
  const count = Math.ceil(bytes / VALUE_BYTES);
  for (let written = 0; written < count; written += 1) {
    await client.put(`big/${written % KEYS}`, 'x'.repeat(VALUE_BYTES), { w: 1 });
    if (written % 20 === 0) await look?.();
  }
  await client.put('mark', { bytes, count }, { w: 2, timeoutMs: 60_000 });
  await look?.();
}

async function hasMark(cluster: ClusterProcesses, name: string): Promise<boolean> {
  const client = new CairnClient({ urls: cluster.url(name), timeoutMs: 60_000 });
  const answer = await client.get('mark', { r: 1 });
  return answer.status === 'live' && (answer.value as { readonly bytes?: number }).bytes === LOAD_BYTES;
}

/** What /metrics says, once it is of this moment. */
async function residentBytes(cluster: ClusterProcesses): Promise<number> {
  const text = await (await fetch(`${cluster.url('a')}/metrics`)).text();
  return Number(/^process_resident_memory_bytes (\d+)/m.exec(text)?.[1] ?? Number.NaN);
}

type Visitor = { readonly isOpen: () => boolean; readonly leave: () => Promise<void> };
const program = fileURLToPath(new URL('bad-peer-child.ts', import.meta.url));

/** A process that is the bad peer of `a`, and costs whoever measures nothing. */
async function visit(cluster: ClusterProcesses, peer: BadPeer): Promise<Visitor> {
  const args = ['--import', 'tsx', program, cluster.peerUrl('a'), peer, String(KEYS)];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const exited = once(child, 'exit');
  let said = '';
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => (said += chunk));
  const word = peer === 'slow' ? 'greeted' : 'flooding';
  const isThere = async (): Promise<void> => {
    while (!said.includes(word)) await once(child.stdout, 'data');
  };
  await Promise.race([isThere(), exited]);
  if (!said.includes(word)) throw new Error(`the ${peer} peer was not let in: ${said}`);
  return {
    isOpen: () => child.exitCode === null && !said.includes('ended'),
    leave: async () => {
      child.kill('SIGKILL');
      await exited;
    },
  };
}

/** The median of a percentile of each turn. */
function inMost(turns: readonly (readonly number[])[], share: number): number {
  return at(
    turns.map((times) => at(times, share)),
    0.5,
  );
}

function at(times: readonly number[], share: number): number {
  const sorted = [...times].sort((one, other) => one - other);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}

const MIB = 2 ** 20;

/** One line for a person. */
export function memoryLine({ peer, writtenBytes, before, most, isLinked, hasAll }: BadPeerReport): string {
  const grown = ((most - before) / MIB).toFixed(0);
  const end = isLinked ? 'its link was still open' : 'its link had been ended';
  return `${peer} peer: ${(writtenBytes / MIB).toFixed(0)} MiB written, resident memory ${(before / MIB).toFixed(0)} MiB, at most ${grown} MiB more; ${end}; the others have ${hasAll ? 'everything' : 'NOT everything'}`;
}

/** One line for a person. */
export function propagationLine(report: PropagationReport): string {
  const { peer, writes, aloneP50, aloneP99, besideP50, besideP99, ratio } = report;
  const ms = (time: number): string => `${time.toFixed(1)} ms`;
  return `${peer} peer: p99 of ${writes} writes ${ms(besideP99)}, ${ratio.toFixed(2)} × that without it (${ms(aloneP99)}); p50 ${ms(besideP50)}, ${ms(aloneP50)}`;
}
