/** One run: a strategy, a setting and a seed, from the first operation to what is left when all is healed and settled. */

import { Actions } from '../cluster/actions.ts';
import { BackgroundWork } from '../cluster/background.ts';
import { Calls } from '../cluster/calls.ts';
import { Clients } from '../cluster/clients.ts';
import { Cluster } from '../cluster/cluster.ts';
import { planFaults } from '../cluster/faults.ts';
import { Meter } from '../cluster/meter.ts';
import type { Tracer } from '../cluster/trace.ts';
import { plannedMs } from '../scenario/planned.ts';
import type { Setting, Workload } from '../scenario/setting.ts';
import type { Strategy } from '../strategies/strategy.ts';
import { type Anomaly, isSameShown, Judge } from '../truth/judge.ts';
import { OperationBook } from '../truth/operation-book.ts';
import type { Measures } from './measures.ts';
import { measuresOf } from './run-measures.ts';

export type RunOptions = {
  readonly trace?: Tracer;
  /** Called now and then with how many operations clients have asked for. */
  readonly onProgress?: (operations: number) => void;
};

/** What is plotted of a run beside its measures. */
export type Series = {
  /** Of reads that began so long after the newest acknowledgement: how many, and how many were fresh. */
  readonly visibility: readonly { readonly sinceMs: number; readonly reads: number; readonly fresh: number }[];
  /** By the number of siblings shown: reads. By the number of acknowledged operations missed: reads. */
  readonly siblings: readonly number[];
  readonly behind: readonly number[];
  /** Tombstones held by all replicas together, at even steps. */
  readonly tombstones: readonly number[];
};

export type RunResult = {
  readonly measures: Measures;
  readonly series: Series;
  readonly anomalies: readonly Anomaly[];
  /** Virtual time, and what it took. */
  readonly ms: number;
  readonly operations: number;
  readonly events: number;
};

const SAMPLES = 64;
/** Time passes in pieces of this share of a run, so that its end is noticed. */
const PIECES = 256;
/** Beyond any closing of clients: a run whose clients do not end has gone wrong. */
const PIECES_MAX = 2 ** 18;

/** Runs it. The same arguments give the same result, everywhere. */
export function runSetting(strategy: Strategy, setting: Setting, seed: number, options: RunOptions = {}): RunResult {
  const { trace, onProgress } = options;
  const meter = new Meter();
  const book = new OperationBook();
  const count = clientsIn(setting.workload);
  const cluster = new Cluster(strategy, setting, seed, { meter, book, trace, clients: count });
  const judge = new Judge(book, ({ kind: anomaly, ...what }) =>
    trace?.({ ...what, at: cluster.now, kind: 'anomaly', anomaly }),
  );
  const calls = new Calls(cluster, book, judge);
  const actions = new Actions(cluster, { calls, book, judge, clients: count });
  const clients = new Clients(cluster, actions, count);
  const background = new BackgroundWork(cluster);
  load(cluster, book);
  const heal = planFaults(cluster, setting.faults);
  background.start();
  clients.start();
  const planned = plannedMs(setting);
  const sample = (): void => void meter.tombstones.push(tombstonesIn(cluster));
  for (let at = 0; at < SAMPLES; at += 1) cluster.queue.at((planned * at) / SAMPLES, sample);
  for (let piece = 1; !clients.areDone; piece += 1) {
    if (piece > PIECES_MAX) throw new RangeError('Cannot end the run: its clients do not come to an end');
    cluster.queue.runUntil(cluster.now + planned / PIECES + 1);
    onProgress?.(actions.issued);
  }
  heal();
  const convergedMs = settle(cluster, book, setting);
  background.stop();
  sample();
  judgeEnd(cluster, book, judge);
  return {
    measures: measuresOf({ cluster, book, judge, meter, convergedMs }),
    series: {
      visibility: [...meter.visibility]
        .sort(([one], [other]) => one - other)
        .map(([sinceMs, seen]) => ({ sinceMs, ...seen })),
      siblings: meter.siblings,
      behind: meter.behind,
      tombstones: meter.tombstones,
    },
    anomalies: [...judge.anomalies],
    ms: cluster.now,
    operations: actions.issued,
    events: cluster.queue.ran,
  };
}

/** How many clients a workload has. */
export function clientsIn(workload: Workload): number {
  if (workload.kind !== 'script') return workload.clients;
  return workload.steps.reduce((most, { client }) => Math.max(most, client + 1), 0);
}

/** What is there from the start, at every replica. */
function load(cluster: Cluster, book: OperationBook): void {
  const { workload } = cluster.setting;
  const [first, ...others] = cluster.replicas;
  if (workload.kind !== 'drawn' || first === undefined) return;
  for (let at = 0; at < workload.loaded; at += 1) {
    const key = `key-${at + 1}`;
    const number = book.next;
    const written = first.replica.write({
      key,
      operation: number,
      isDelete: false,
      basis: { kind: 'none' },
      client: 'loader',
    });
    if (written === undefined) continue;
    const operation = book.note({ key, isDelete: false, client: -1, replica: 0, at: 0 }, []);
    cluster.learn(first, key, operation.past);
    for (const other of others) cluster.take(other, key, written.told, operation.past);
    book.acknowledge(operation, 0);
  }
}

/** Lets replicas come to rest; after how long all showed the same, or undefined. */
function settle(cluster: Cluster, book: OperationBook, { settleMs, background }: Setting): number | undefined {
  const healedAt = cluster.now;
  const step = Math.max(1, Math.min(background.exchangeEveryMs ?? settleMs / SAMPLES, settleMs / SAMPLES));
  let convergedMs: number | undefined;
  while (cluster.now < healedAt + settleMs) {
    if (convergedMs === undefined && areEqual(cluster, book)) convergedMs = cluster.now - healedAt;
    cluster.queue.runUntil(Math.min(cluster.now + step, healedAt + settleMs));
  }
  return convergedMs ?? (areEqual(cluster, book) ? settleMs : undefined);
}

function areEqual(cluster: Cluster, book: OperationBook): boolean {
  const { run, replicas } = cluster;
  const [first, ...others] = replicas;
  if (first === undefined) return true;
  for (const key of book.keys()) {
    const shown = run.show(key, first.replica.held(key));
    if (others.some(({ replica }) => !isSameShown(shown, run.show(key, replica.held(key))))) return false;
  }
  return true;
}

function judgeEnd(cluster: Cluster, book: OperationBook, judge: Judge): void {
  for (const key of book.keys()) {
    const known = cluster.replicas.map((seat) => cluster.knownOf(seat, key));
    const shown = cluster.replicas.map(({ replica }) => cluster.run.show(key, replica.held(key)));
    judge.settle(key, known, shown, cluster.now);
  }
}

function tombstonesIn(cluster: Cluster): number {
  return cluster.replicas.reduce((sum, { replica }) => sum + replica.census().tombstones.length, 0);
}
