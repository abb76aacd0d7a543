/**
 * Runs a plan: a cluster of the production code in virtual time, with clients, faults and an observer; then heals it and
 * sees that it comes to rest. The same plan gives the same trace, whatever runs it. Law: L25.
 */

import type { Replica } from '../replica/replica.ts';
import { ALL_RULES, brokenBits, type RuleName } from '../rules.ts';
import type { VersionedKVStore } from '../store/versioned-kv-store.ts';
import type { SiblingHistory } from '../testkit/history/sibling-history.ts';
import { type Application, RunningApplication } from './application.ts';
import { type ClientCounts, type ClientRecord, Clients } from './clients.ts';
import { Cluster } from './cluster.ts';
import { Faults } from './faults.ts';
import { Followers } from './followers.ts';
import { historyOf, issueOf } from './history.ts';
import { Observer, type Violation } from './observer.ts';
import { isClientStep, type Plan } from './plan.ts';
import type { Between, SimProcess } from './process.ts';
import { Recorder, type TraceEvent } from './recorder.ts';
import { Scheduler } from './scheduler.ts';
import { settle } from './settle.ts';
import { isLoaded } from './taken-in.ts';

export type RunOptions = {
  /** Rules of the design that are switched off, to see that they are needed. */
  readonly broken?: readonly RuleName[];
  readonly onEvent?: (event: TraceEvent) => void;
  readonly onRecord?: (record: ClientRecord) => void;
  /** Given what clients did and saw, at the end of a run in which no law was broken. */
  readonly onHistory?: (history: SiblingHistory) => void;
  /** Told of every store that is opened, before anything is done with it. */
  readonly onStore?: (store: VersionedKVStore<string>) => void;
  /** The run ends after this moment of virtual time, whatever is still to come; to see again what broke before it. */
  readonly untilMs?: number;
  /** Told of every replica that is opened, before a client calls it. */
  readonly onReplica?: (replica: Replica<string>) => void;
  readonly between?: Between;
  /** Somebody's own application on the cluster, made anew for each run. */
  readonly application?: () => Application;
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

/** Whether to look at it brings nothing into memory. */
function isRead({ store }: SimProcess): boolean {
  return store !== undefined && isLoaded(store);
}

/** How often everything is looked at. */
const LOOK_EVERY_MS = 2_000;
/** Within this a follower has read what there is. */
const READ_MS = 1_000;

/** Runs a plan to its end, or to the first law that does not hold. */
export async function runPlan(plan: Plan, options: RunOptions = {}): Promise<RunResult> {
  const scheduler = new Scheduler();
  const recorder = new Recorder(scheduler, options.onEvent);
  let violation: RunResult['violation'];
  const onViolation = (found: Violation): void => {
    violation ??= { ...found, at: scheduler.now };
  };
  const { untilMs = Number.POSITIVE_INFINITY } = options;
  const isOver = (): boolean => violation !== undefined || scheduler.now > untilMs;
  const observer = new Observer(onViolation);
  if (options.onEvent !== undefined)
    observer.book.onIssued = (operation) => recorder.tell(operation.by, 'issue', issueOf(operation));
  const rules = { ...ALL_RULES, ...Object.fromEntries((options.broken ?? []).map((name) => [name, false])) };
  const parts = { plan, scheduler, recorder, observer, onViolation };
  const { onStore, onReplica, between = {} } = options;
  const application = new RunningApplication(options.application?.() ?? {}, onViolation);
  const { resolver } = application;
  const cluster = new Cluster({ ...parts, resolver, broken: brokenBits(rules), onStore, onReplica, between });
  const { processes } = cluster;
  const records: ClientRecord[] = [];
  const onRecord = (record: ClientRecord): void => {
    if (options.onHistory !== undefined) records.push(record);
    options.onRecord?.(record);
  };
  const clients = new Clients({ ...parts, processes, onRecord, application });
  const faults = new Faults({ ...parts, cluster });
  for (const process of processes) process.start();
  const followers = new Followers(onViolation);
  const look = (): void => {
    observer.checkAll(processes);
    followers.readAll(processes);
    application.lookAtAll(processes.filter(isRead), plan.keys, false);
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
    if (!isOver()) application.lookAtAll(processes, plan.keys, true);
    if (!isOver() && !observer.losses.hasLost && !observer.hasCopies) {
      followers.readAll(processes);
      await scheduler.runUntil(scheduler.now + READ_MS, isOver);
      followers.check(processes, plan.keys);
    }
  }
  recorder.note('all', 'end');
  for (const process of processes) process.crash(false, false);
  if (!isOver()) options.onHistory?.(historyOf(records, observer.book));
  const { now: virtualMs, events } = scheduler;
  const { hash, messages, struck } = recorder;
  const { counts } = clients;
  return {
    ...{ violation, hash, virtualMs, events, messages, struck, rounds },
    operations: observer.book.size,
    clients: counts,
  };
}
