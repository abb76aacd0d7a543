/** The processes of a run, with their disks and the network between them, as a plan has them. */

import type { Replica } from '../replica/replica.ts';
import { DEFAULT_LIMITS } from '../replica/replica-defaults.ts';
import type { ReplicaLimits } from '../replica/replica-types.ts';
import type { Resolver } from '../store/resolve.ts';
import type { VersionedKVStore } from '../store/versioned-kv-store.ts';
import { randomFor } from './chance.ts';
import { SimDisk } from './disk.ts';
import { SimNetwork } from './network.ts';
import type { Observer, Violation } from './observer.ts';
import { type Plan, processName } from './plan.ts';
import { type Between, SimProcess, type Watcher } from './process.ts';
import type { Recorder } from './recorder.ts';
import type { Scheduler } from './scheduler.ts';

export type ClusterParts = {
  readonly plan: Plan;
  readonly scheduler: Scheduler;
  readonly recorder: Recorder;
  readonly observer: Observer;
  readonly onViolation: (violation: Violation) => void;
  /** As of `brokenBits`. */
  readonly broken: number;
  readonly onStore: ((store: VersionedKVStore<string>) => void) | undefined;
  readonly onReplica: ((replica: Replica<string>) => void) | undefined;
  readonly between: Between;
  readonly resolver: Resolver<string> | undefined;
};

/** The machines of one run. */
export class Cluster {
  readonly network: SimNetwork;
  readonly processes: readonly SimProcess[];

  constructor(parts: ClusterParts) {
    const { plan, scheduler, recorder } = parts;
    this.network = new SimNetwork(scheduler, recorder, plan.seed, plan.weather);
    const names = Array.from({ length: plan.replicas }, (_, at) => processName(at));
    this.processes = names.map((name) => this.#process(parts, names, name));
  }

  #process(parts: ClusterParts, names: readonly string[], name: string): SimProcess {
    const { plan, scheduler, recorder, observer, onViolation, onStore, onReplica } = parts;
    const { seed, isSloppy, timeoutMs } = plan;
    const members = names.slice(0, plan.members);
    const disk = (what: string): SimDisk =>
      new SimDisk(`${name} ${what}`, randomFor(seed, `${what} of ${name}`), recorder, plan.disk);
    const watcher: Watcher = {
      onStore: (process, store) => {
        onStore?.(store);
        observer.attach(process, store);
      },
      onReplica: (_process, replica) => onReplica?.(replica),
      onEnd: (process) => observer.ended(process),
      onReport: (process, report) => {
        recorder.note(process.name, `report ${report.kind}`);
        if (report.kind !== 'collision' && report.kind !== 'renewed') return;
        if (observer.hasCopies) observer.copies.noticed(process.name, report.kind, observer.book);
        else if (report.kind === 'collision')
          onViolation({ law: 'L1', what: `${process.name} reports a dot collision`, key: report.key });
      },
      onFailure: (process, cause) =>
        onViolation({
          law: 'L21',
          what: `${process.name} failed with no code: ${cause instanceof Error ? cause.stack : cause}`,
        }),
    };
    return new SimProcess(
      {
        ...{ name, members, peers: names.filter((peer) => peer !== name), durability: plan.durability },
        isLazy: plan.isLazy === true,
        // R and W are told with each call: a replica refuses to open with more of them than members are left.
        group: { isSloppy, timeoutMs },
        limits: limitsOf(plan),
        hintTtlMs: plan.hintTtlMs,
        broken: parts.broken,
        between: parts.between,
        resolver: parts.resolver,
      },
      { scheduler, network: this.network, recorder },
      randomFor(seed, name),
      { data: disk('data'), hints: disk('hints') },
      watcher,
    );
  }
}

function limitsOf({ exchangeEveryMs, reapEveryMs, silenceMs }: Plan): Partial<ReplicaLimits> {
  const tellAfterMs = Math.min(DEFAULT_LIMITS.tellAfterMs, exchangeEveryMs / 10);
  return { exchangeEveryMs, tellAfterMs, reapEveryMs, silenceMs, redialMs: 100, redialMaxMs: 2_000 };
}
