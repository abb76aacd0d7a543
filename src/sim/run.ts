/**
 * Runs a plan: a cluster of the production code in virtual time, with clients, faults and an observer; then heals it and
 * sees that it comes to rest. The same plan gives the same trace, whatever runs it. Law: L25.
 */

import type { Replica } from '../replica/replica.ts';
import { ALL_RULES, brokenBits, type RuleName } from '../rules.ts';
import type { VersionedKVStore } from '../store/versioned-kv-store.ts';
import { type ClientCounts, type ClientRecord, Clients } from './clients.ts';
import { Cluster } from './cluster.ts';
import { Faults } from './faults.ts';
import { Observer, type Violation } from './observer.ts';
import { isClientStep, type Plan } from './plan.ts';
import type { Between } from './process.ts';
import { Recorder, type TraceEvent } from './recorder.ts';
import { Scheduler } from './scheduler.ts';
import { settle } from './settle.ts';

export type RunOptions = {
  /** Rules of the design that are switched off, to see that they are needed. */
  readonly broken?: readonly RuleName[];
  readonly onEvent?: (event: TraceEvent) => void;
  readonly onRecord?: (record: ClientRecord) => void;
  /** Told of every store that is opened, before anything is done with it. */
  readonly onStore?: (store: VersionedKVStore<string>) => void;
  /** Told of every replica that is opened, before a client calls it. */
  readonly onReplica?: (replica: Replica<string>) => void;
  readonly between?: Between;
};

/** What came of a run. */
export type RunResult = {
  readonly violation: (Violation & { readonly at: number }) | undefined;
  /** All that happened, as one number. */
  readonly hash: string;
  readonly virtualMs: number;
  readonly events: number;
  readonly messages: number;
  readonly operations: number;
  readonly clients: ClientCounts;
  /** How often each fault struck. */
  readonly struck: ReadonlyMap<string, number>;
  /** How many exchange intervals passed after the healing until all were equal. */
  readonly rounds: number;
};

/** How often everything is looked at. */
const LOOK_EVERY_MS = 2_000;

/** Runs a plan to its end, or to the first law that does not hold. */
export async function runPlan(plan: Plan, options: RunOptions = {}): Promise<RunResult> {
  const scheduler = new Scheduler();
  const recorder = new Recorder(scheduler, options.onEvent);
  let violation: RunResult['violation'];
  const onViolation = (found: Violation): void => {
    violation ??= { ...found, at: scheduler.now };
  };
  const isOver = (): boolean => violation !== undefined;
  const observer = new Observer(onViolation);
  const rules = { ...ALL_RULES, ...Object.fromEntries((options.broken ?? []).map((name) => [name, false])) };
  const parts = { plan, scheduler, recorder, observer, onViolation };
  const { onStore, onReplica, between = {} } = options;
  const cluster = new Cluster({ ...parts, broken: brokenBits(rules), onStore, onReplica, between });
  const { processes } = cluster;
  const clients = new Clients({ ...parts, processes, onRecord: options.onRecord });
  const faults = new Faults({ ...parts, cluster });
  for (const process of processes) process.start();
  const look = (): void => {
    observer.checkAll(processes);
    scheduler.after(LOOK_EVERY_MS, look);
  };
  look();
  for (const step of plan.steps) {
    scheduler.after(step.at, () => {
      if (isClientStep(step)) clients.step(step);
      else faults.step(step);
    });
  }
  await scheduler.runUntil(plan.durationMs, isOver);
  let rounds = 0;
  if (!isOver()) {
    faults.healAll();
    rounds = await settle({ ...parts, processes, isOver });
  }
  for (const process of processes) process.crash(false, false);
  const { now: virtualMs, events } = scheduler;
  const { hash, messages, struck } = recorder;
  const { counts } = clients;
  return {
    ...{ violation, hash, virtualMs, events, messages, struck, rounds },
    operations: observer.book.size,
    clients: counts,
  };
}
