/**
 * One replica of a run: its disk, its clock, and one life of production code after another on them. A life ends by
 * being cut off from everything: its timers never ring, its disk and its links never answer again. What still goes on of
 * it in memory can reach nobody.
 */

import type { TimedEnv } from '../env.ts';
import { CausalError } from '../errors.ts';
import type { Random } from '../random.ts';
import { PROTOCOL_VERSION } from '../repair/messages.ts';
import { openReplica, type Replica } from '../replica/replica.ts';
import type { GroupOptions, ReplicaEvent, ReplicaLimits } from '../replica/replica-types.ts';
import type { Durability, Storage, StorageEngine } from '../storage/storage.ts';
import { openDurable } from '../store/durable/open-durable.ts';
import type { Report } from '../store/operations.ts';
import type { Resolver } from '../store/resolve.ts';
import type { VersionedKVStore } from '../store/versioned-kv-store.ts';
import type { Transport } from '../transport/transport.ts';
import type { SimDisk } from './disk.ts';
import { asBefore } from './former-release.ts';
import { type Participant, SimNetwork } from './network.ts';
import type { Recorder } from './recorder.ts';
import type { Scheduler } from './scheduler.ts';

/** How a process runs its replica. */
export type ProcessOptions = {
  readonly name: string;
  readonly peers: readonly string[];
  readonly members: readonly string[];
  readonly group: GroupOptions;
  readonly durability: Durability;
  readonly isLazy: boolean;
  readonly limits: Partial<ReplicaLimits>;
  readonly hintTtlMs: number;
  /** As of `brokenBits`. */
  readonly broken: number;
  readonly between: Between;
  readonly resolver: Resolver<string> | undefined;
};

/** What stands between a life of production code and its disk and network, to make it wrong on purpose. */
export type Between = {
  /** What the store is handed in the place of its disk, whenever it opens it. */
  readonly storage?: (storage: Storage) => Storage;
  readonly transport?: (transport: Transport, name: string) => Transport;
};

/** What everything of a run shares. */
export type Ground = { readonly scheduler: Scheduler; readonly network: SimNetwork; readonly recorder: Recorder };

/** Told of the lives of a process. */
export type Watcher = {
  readonly onStore: (process: SimProcess, store: VersionedKVStore<string>) => void;
  readonly onReplica: (process: SimProcess, replica: Replica<string>) => void;
  readonly onEnd: (process: SimProcess) => void;
  readonly onReport: (process: SimProcess, report: Report) => void;
  readonly onFailure: (process: SimProcess, cause: unknown) => void;
};

/** Wall clocks begin here; what matters is how they differ. */
const WALL_START_MS = 1_700_000_000_000;
/** After an opening failed it is tried again. */
const AGAIN_MS = 400;

/** A replica, whether it runs or not. */
export class SimProcess {
  readonly name: string;
  readonly disk: SimDisk;
  readonly hints: SimDisk;
  readonly #options: ProcessOptions;
  readonly #ground: Ground;
  readonly #random: Random;
  readonly #watcher: Watcher;
  #life = 0;
  #isRunning = false;
  #isPaused = false;
  #deferred: (() => void)[] = [];
  readonly #onEnd = new Set<() => void>();
  #store: VersionedKVStore<string> | undefined;
  #replica: Replica<string> | undefined;
  #wall = { at: 0, ms: 0, rate: 1 };
  #turnsToLive: number | undefined;
  /** Whether the next life is one of the release before. */
  isFormer = false;

  constructor(
    options: ProcessOptions,
    ground: Ground,
    random: Random,
    disks: { readonly data: SimDisk; readonly hints: SimDisk },
    watcher: Watcher,
  ) {
    this.name = options.name;
    this.disk = disks.data;
    this.hints = disks.hints;
    this.#options = options;
    this.#ground = ground;
    this.#random = random;
    this.#watcher = watcher;
    this.#wall = { at: 0, ms: WALL_START_MS + random.below(1_000), rate: 1 };
  }

  /** Whether it was started and not stopped since. */
  get isRunning(): boolean {
    return this.#isRunning;
  }

  get isPaused(): boolean {
    return this.#isPaused;
  }

  /** The store of this life; undefined while it is not open. */
  get store(): VersionedKVStore<string> | undefined {
    return this.#isRunning ? this.#store : undefined;
  }

  get replica(): Replica<string> | undefined {
    return this.#isRunning ? this.#replica : undefined;
  }

  /** Sets the wall clock on or back by so much, and how quickly it goes from now on; 0 stops it. */
  setClock(stepMs: number, rate: number): void {
    this.#wall = { at: this.#ground.scheduler.now, ms: this.#now() + stepMs, rate };
  }

  /** Begins a life. It is up when `replica` is there. */
  start(): void {
    if (this.#isRunning) return;
    this.#isRunning = true;
    this.#life += 1;
    this.#ground.recorder.note(this.name, 'start');
    const participant = this.#participant(this.#life);
    this.disk.handOver(participant);
    this.hints.handOver(participant);
    void this.#open(participant, this.#life);
  }

  /** Ends the life at once. `isPower`: what the disk had not synced may go with it. `isReset`: peers are told. */
  crash(isPower: boolean, isReset: boolean): void {
    if (!this.#isRunning) return;
    this.#ground.recorder.note(this.name, 'crash');
    this.#endLife();
    for (const disk of [this.disk, this.hints]) {
      if (isPower) disk.cutPower();
      else disk.cutOff();
    }
    this.#ground.network.kill(this.name, isReset);
  }

  /** Ends the life within the next thing that happens to it, so many promises later. */
  crashWithin(turns: number, isPower: boolean, isReset: boolean): void {
    this.#turnsToLive = turns;
    this.#crashing = { isPower, isReset };
  }

  #crashing = { isPower: false, isReset: false };

  /** Nothing of it goes on until `resume`; nobody can tell it from a slow one. */
  pause(): void {
    if (this.#isRunning) this.#isPaused = true;
  }

  resume(): void {
    if (!this.#isPaused) return;
    this.#isPaused = false;
    for (const run of this.#deferred.splice(0)) this.#ground.scheduler.after(0, run);
  }

  /** Nothing is to end this life any more. */
  spare(): void {
    this.#turnsToLive = undefined;
    this.resume();
  }

  /** Does something with the replica; refused with STORE_CLOSED when there is none, or its life ends meanwhile. */
  call<R>(use: (replica: Replica<string>) => Promise<R>): Promise<R> {
    const { replica } = this;
    if (replica === undefined || this.#isPaused) return Promise.reject(gone('not-done'));
    return new Promise((resolve, reject) => {
      const end = (): void => reject(gone('unknown'));
      this.#onEnd.add(end);
      const first =
        <A>(settle: (answer: A) => void) =>
        (answer: A): void => {
          this.#onEnd.delete(end);
          settle(answer);
        };
      use(replica).then(first(resolve), first(reject));
    });
  }

  /** Ends the life in good order. */
  async stop(): Promise<void> {
    await this.#replica?.close({ drainMs: 0 });
    this.#endLife();
    this.#ground.network.kill(this.name, true);
    this.disk.cutOff();
    this.hints.cutOff();
  }

  #endLife(): void {
    this.#watcher.onEnd(this);
    this.#isRunning = false;
    this.#isPaused = false;
    this.#turnsToLive = undefined;
    this.#deferred = [];
    this.#store = undefined;
    this.#replica = undefined;
    for (const end of this.#onEnd) end();
    this.#onEnd.clear();
  }

  async #open(participant: Participant, life: number): Promise<void> {
    const { name, peers, members, group, durability, isLazy, limits, hintTtlMs, broken, between, resolver } =
      this.#options;
    const { network, recorder } = this.#ground;
    const env = this.#env(participant);
    const { isFormer } = this;
    const transport = network.transport(participant);
    try {
      // `openStore` loads this when it is first needed, which takes real time.
      const store = await openDurable<string>({
        ...{
          storage: engineOver(this.disk, between, isFormer),
          durability,
          name,
          members,
          env,
          broken,
        },
        drawIncarnation: () => `i${Math.floor(env.random() * 2 ** 40).toString(36)}`,
        policy: {
          ...{ resolver, deletePolicy: 'keep', onConflict: 'refuse', schema: undefined },
          onReport: (report) => {
            if (participant.isAlive()) this.#watcher.onReport(this, report);
          },
        },
      });
      if (!participant.isAlive()) return;
      if (!isLazy) await store.load();
      this.#store = store;
      this.#watcher.onStore(this, store);
      const replica = await openReplica<string>({
        ...{ store, env, limits, group, transports: [between.transport?.(transport, name) ?? transport] },
        listen: [SimNetwork.addressOf(name)],
        peers: peers.map((peer) => ({ name: peer, address: SimNetwork.addressOf(peer) })),
        hints: { storage: this.hints, ttlMs: hintTtlMs },
        versionMax: isFormer ? PROTOCOL_VERSION - 1 : PROTOCOL_VERSION,
        onEvent: (event) => {
          if (participant.isAlive()) this.#told(event);
        },
      });
      if (!participant.isAlive()) return;
      this.#replica = replica;
      this.#watcher.onReplica(this, replica);
      recorder.note(name, 'up', { id: store.id });
    } catch (cause) {
      if (!participant.isAlive() || this.#life !== life) return;
      recorder.note(name, 'not up', { why: cause instanceof CausalError ? cause.code : String(cause) });
      if (!(cause instanceof CausalError)) this.#watcher.onFailure(this, cause);
      this.crash(false, true);
      this.#ground.scheduler.after(AGAIN_MS, () => this.start());
    }
  }

  #told(event: ReplicaEvent): void {
    this.#ground.recorder.note(this.name, event.kind, 'peer' in event ? { peer: event.peer } : {});
    if (event.kind === 'failed' && !(event.cause instanceof CausalError)) this.#watcher.onFailure(this, event.cause);
  }

  #participant(life: number): Participant {
    const isAlive = (): boolean => this.#isRunning && this.#life === life;
    return {
      name: this.name,
      isAlive,
      after: (delayMs, run) => {
        let isCancelled = false;
        const happen = (): void => {
          if (isCancelled || !isAlive()) return;
          if (this.#isPaused) {
            this.#deferred.push(happen);
            return;
          }
          run();
          this.#mayEnd();
        };
        const cancel = this.#ground.scheduler.after(delayMs, happen);
        return () => {
          isCancelled = true;
          cancel();
        };
      },
    };
  }

  /** Counts the promises that are left to a life that is to end within what happens now. */
  #mayEnd(): void {
    const turns = this.#turnsToLive;
    if (turns === undefined) return;
    this.#turnsToLive = undefined;
    const life = this.#life;
    void (async () => {
      for (let turn = 0; turn < turns; turn += 1) await undefined;
      if (this.#life === life) this.crash(this.#crashing.isPower, this.#crashing.isReset);
    })();
  }

  #env(participant: Participant): TimedEnv {
    return {
      now: () => this.#now(),
      random: () => this.#random.fraction(),
      elapsed: () => this.#ground.scheduler.now,
      after: participant.after,
    };
  }

  #now(): number {
    const { at, ms, rate } = this.#wall;
    return ms + (this.#ground.scheduler.now - at) * rate;
  }
}

function engineOver(
  disk: SimDisk,
  { storage: within = (storage) => storage }: Between,
  isFormer: boolean,
): StorageEngine {
  const over = (storage: Storage): Storage => (isFormer ? asBefore(within(storage)) : within(storage));
  return { name: disk.name, open: async () => over(await disk.open()) };
}

function gone(outcome: 'not-done' | 'unknown'): CausalError {
  return new CausalError('STORE_CLOSED', 'Cannot go on: the process ended', {}, undefined, outcome);
}
