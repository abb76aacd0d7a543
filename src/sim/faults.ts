/** Carries out the steps of a plan that are no client's: what breaks, what mends it again, and what an operator does. */

import type { ReplicaRecord } from '../store/replica-record.ts';
import { decodeReplicaRecord, encodeReplicaRecord } from '../store/replica-record-encoding.ts';
import type { Cluster } from './cluster.ts';
import type { DiskImage } from './disk.ts';
import type { Observer, Violation } from './observer.ts';
import {
  CALM,
  type CareStep,
  type DiskStep,
  type NetworkStep,
  type Plan,
  type ProcessStep,
  processName,
  QUICK_DISK,
  SLOW,
} from './plan.ts';
import type { SimProcess } from './process.ts';
import type { Recorder } from './recorder.ts';
import type { Scheduler } from './scheduler.ts';

export type FaultParts = {
  readonly plan: Plan;
  readonly scheduler: Scheduler;
  readonly recorder: Recorder;
  readonly observer: Observer;
  readonly cluster: Cluster;
  readonly onViolation: (violation: Violation) => void;
};

type FaultStep = ProcessStep | DiskStep | NetworkStep | CareStep;

/** The faults of one run. */
export class Faults {
  readonly #parts: FaultParts;
  readonly #images = new Map<number, { readonly process: number; readonly image: DiskImage }>();
  readonly #records = new Map<number, { readonly key: string; readonly bytes: Uint8Array }>();
  #isOver = false;

  constructor(parts: FaultParts) {
    this.#parts = parts;
  }

  /** Lets it strike; one that cannot, because there is nothing to strike, does nothing. */
  step(step: FaultStep): void {
    if (this.#isOver) return;
    switch (step.do) {
      case 'crash':
      case 'pause':
      case 'forget':
      case 'clone':
      case 'snapshot':
      case 'restore':
      case 'living copy':
      case 'clock':
      case 'release':
        this.#process(step);
        return;
      case 'full disk':
      case 'slow disk':
      case 'failing sync':
      case 'read error':
      case 'bit rot':
      case 'silent loss':
      case 'former bytes':
        this.#disk(step);
        return;
      case 'cut':
      case 'partition':
      case 'flap':
      case 'hold':
      case 'filter':
      case 'storm':
        this.#network(step);
        return;
      default:
        this.#care(step);
    }
  }

  /** Ends every fault: all run, all can be reached, all disks work. */
  healAll(): void {
    this.#isOver = true;
    const { cluster } = this.#parts;
    cluster.network.healAll(CALM);
    for (const process of cluster.processes) {
      for (const disk of [process.disk, process.hints]) disk.heal(QUICK_DISK);
      process.spare();
      process.start();
    }
  }

  #process(step: ProcessStep): void {
    const process = this.#at(step.process);
    const { recorder, scheduler, observer, plan } = this.#parts;
    if (process === undefined) return;
    switch (step.do) {
      case 'crash': {
        if (!process.isRunning) return;
        recorder.fired(step.turns === undefined ? 'crash' : 'crash within');
        if (step.isPower) recorder.fired('power cut');
        // What was buffered may be gone with the power.
        if (step.isPower && plan.durability === 'buffered') observer.losses.doubt(process.name);
        if (step.turns === undefined) process.crash(step.isPower, step.isReset);
        else process.crashWithin(step.turns, step.isPower, step.isReset);
        scheduler.after(step.downMs, () => this.#restart(process));
        return;
      }
      case 'release':
        recorder.fired(step.isFormer ? 'former release' : 'newer release');
        process.crash(false, true);
        process.isFormer = step.isFormer;
        scheduler.after(step.downMs, () => this.#restart(process));
        return;
      case 'pause':
        if (!process.isRunning || process.isPaused) return;
        recorder.fired('pause');
        process.pause();
        scheduler.after(step.ms, () => process.resume());
        return;
      case 'snapshot':
        this.#images.set(step.as, { process: step.process, image: process.disk.image() });
        return;
      case 'restore': {
        const saved = this.#images.get(step.from);
        if (saved === undefined || saved.process !== step.process) return;
        this.#replaceDisk(process, saved.image, 'restore', step.downMs);
        return;
      }
      case 'living copy': {
        const saved = this.#images.get(step.copy);
        if (saved === undefined) return;
        recorder.fired(step.do);
        process.crash(false, true);
        this.#images.set(step.copy, { process: step.process, image: process.disk.exchange(saved.image) });
        observer.livesTwice(process);
        scheduler.after(step.downMs, () => this.#restart(process));
        return;
      }
      case 'forget':
        this.#replaceDisk(process, new Map(), 'forget', step.downMs);
        return;
      case 'clone':
        recorder.fired('clone');
        process.crash(false, true);
        process.disk.move();
        scheduler.after(step.downMs, () => this.#restart(process));
        return;
      case 'clock':
        recorder.fired(
          step.rate === 0 ? 'clock stopped' : Math.abs(step.stepMs) > 1e9 ? 'clock a year off' : 'clock stepped',
        );
        process.setClock(step.stepMs, step.rate);
        return;
      default:
        throw unknownStep(step);
    }
  }

  #replaceDisk(process: SimProcess, image: DiskImage, fault: string, downMs: number): void {
    const { recorder, scheduler, observer } = this.#parts;
    recorder.fired(fault);
    process.crash(false, true);
    process.disk.restore(image);
    process.hints.restore(new Map());
    observer.losses.doubt(process.name);
    observer.losses.hasLost = true;
    scheduler.after(downMs, () => this.#restart(process));
  }

  #disk(step: DiskStep): void {
    const process = this.#at(step.process);
    const { recorder, scheduler, observer, plan } = this.#parts;
    if (process === undefined) return;
    const { disk } = process;
    switch (step.do) {
      case 'full disk':
        disk.isFull = true;
        scheduler.after(step.ms, () => {
          disk.isFull = false;
        });
        return;
      case 'slow disk':
        recorder.fired('slow disk');
        disk.pace = { synced: SLOW, buffered: SLOW };
        scheduler.after(step.ms, () => {
          disk.pace = plan.disk;
        });
        return;
      case 'failing sync':
        disk.failSyncs(step.how);
        return;
      case 'read error':
        disk.failReads(step.count);
        return;
      case 'bit rot':
      case 'silent loss':
      case 'former bytes': {
        const key = plan.keys[step.key % plan.keys.length] ?? '';
        if (!disk.harm(key, step.do)) return;
        recorder.fired(step.do);
        observer.losses.doubt(process.name);
        observer.losses.harmed(process.name, key, observer.book);
        if (step.do === 'former bytes') observer.losses.putBack(process.name);
        return;
      }
      default:
        throw unknownStep(step);
    }
  }

  #network(step: NetworkStep): void {
    const { recorder, scheduler, cluster, plan } = this.#parts;
    const { network } = cluster;
    recorder.fired(step.do === 'cut' && !step.isBothWays ? 'cut one way' : step.do);
    switch (step.do) {
      case 'cut': {
        const [from, to] = [processName(step.from), processName(step.to)];
        const ways = step.isBothWays ? [[from, to] as const, [to, from] as const] : [[from, to] as const];
        this.#cutFor(ways, step.isLossy, step.ms);
        return;
      }
      case 'partition': {
        const isApart = (one: number, other: number): boolean =>
          one !== other && step.sides[one] !== step.sides[other] && one !== step.bridge && other !== step.bridge;
        if (step.bridge !== undefined) recorder.fired('bridge');
        const all = cluster.processes.map((_, at) => at);
        const pairs = all.flatMap((one) =>
          all.filter((other) => isApart(one, other)).map((other) => [one, other] as const),
        );
        const ways = pairs.map(([one, other]) => [processName(one), processName(other)] as const);
        this.#cutFor(ways, step.isLossy, step.ms);
        return;
      }
      case 'flap': {
        const [from, to] = [processName(step.from), processName(step.to)];
        for (let time = 0; time < step.times; time += 1) {
          scheduler.after(2 * time * step.everyMs, () => {
            if (!this.#isOver)
              this.#cutFor(
                [
                  [from, to],
                  [to, from],
                ],
                true,
                step.everyMs,
              );
          });
        }
        return;
      }
      case 'hold':
        network.hold(processName(step.from), processName(step.to), step.ms);
        return;
      case 'filter':
        network.filter(processName(step.from), processName(step.to), step.kinds, step.ms);
        return;
      case 'storm':
        network.weather = step.weather;
        scheduler.after(step.ms, () => {
          if (!this.#isOver) network.weather = plan.weather;
        });
        return;
      default:
        throw unknownStep(step);
    }
  }

  #cutFor(ways: readonly (readonly [from: string, to: string])[], isLossy: boolean, ms: number): void {
    const { scheduler, cluster } = this.#parts;
    const { network } = cluster;
    for (const [from, to] of ways) network.cut(from, to, isLossy);
    scheduler.after(ms, () => {
      if (this.#isOver) return;
      for (const [from, to] of ways) network.heal(from, to);
    });
  }

  #care(step: CareStep): void {
    const { observer, recorder, plan } = this.#parts;
    const process = this.#at('to' in step ? step.to : step.process);
    const replica = process?.replica;
    if (process === undefined || replica === undefined || process.isPaused) return;
    switch (step.do) {
      case 'join':
      case 'retire':
      case 'replace': {
        recorder.fired(step.do);
        observer.hasMembershipChanged = true;
        const member = processName(step.member);
        this.#call(process, step.do, () => {
          if (step.do === 'replace') return replica.replace(member, processName(step.by));
          return step.do === 'join' ? replica.join(member) : replica.retire(member);
        });
        return;
      }
      case 'reap':
        if (step.force) recorder.fired('forced reap');
        this.#call(process, 'reap', () => replica.store.reap({ force: step.force }));
        return;
      case 'capture': {
        const key = plan.keys[step.key % plan.keys.length] ?? '';
        this.#call(process, 'capture', async () => {
          this.#records.set(step.as, { key, bytes: encodeReplicaRecord(await replica.store.record(key)) });
        });
        return;
      }
      case 'stale record': {
        const kept = this.#records.get(step.record);
        if (kept === undefined) return;
        recorder.fired('stale record');
        const record: ReplicaRecord = decodeReplicaRecord(kept.bytes);
        this.#call(process, 'stale record', () => replica.store.receiveReplica(kept.key, record));
        return;
      }
      default:
        throw unknownStep(step);
    }
  }

  /** What an operator is refused is told him; only an error without a code is a defect. */
  #call(process: SimProcess, what: string, use: () => Promise<unknown>): void {
    const { recorder, onViolation } = this.#parts;
    process.call(use).then(
      () => recorder.note(process.name, what),
      (cause: unknown) => {
        if (isTyped(cause)) recorder.note(process.name, `${what} refused`, { why: cause.code });
        else onViolation({ law: 'L21', what: `${what} at ${process.name} failed with no code: ${cause}` });
      },
    );
  }

  #restart(process: SimProcess): void {
    if (!this.#isOver) process.start();
  }

  #at(place: number): SimProcess | undefined {
    return this.#parts.cluster.processes[place];
  }
}

function isTyped(cause: unknown): cause is { readonly code: string } {
  return cause instanceof Error && 'code' in cause && typeof cause.code === 'string';
}

function unknownStep(step: never): TypeError {
  return new TypeError(`Cannot do ${JSON.stringify(step)}: it is no step of a plan`);
}
