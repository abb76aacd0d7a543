/**
 * The replicas of one run, each twice: as production has it and as the model has it, with what ties the two together
 * (which operation has which dot) and what was taken along the way (tokens, kept records). Knows nothing of the checks.
 */

import type { Dot } from '../../clock/dot.ts';
import { formatDot } from '../../clock/dot.ts';
import { DotSet } from '../../clock/dot-set.ts';
import type { Env } from '../../env.ts';
import { type Operation, Operations } from '../../model/operations.ts';
import { type ModelContext, ModelReplica } from '../../model/oracle.ts';
import { Random } from '../../random.ts';
import { ALL_RULES, brokenBits, RULES, type Rules } from '../../rules.ts';
import { memoryStorage } from '../../storage/memory.ts';
import type { StorageEngine } from '../../storage/storage.ts';
import { openStore } from '../../store/open-store.ts';
import type { Report } from '../../store/operations.ts';
import type { VersionedKVStore } from '../../store/versioned-kv-store.ts';
import { Coverage } from './coverage.ts';
import { Disk, type Image } from './disk.ts';
import type { Schedule } from './steps.ts';
import type { Way } from './ways.ts';

/** A law that a schedule broke. */
export class ScheduleFailure extends Error {
  override readonly name = 'ScheduleFailure';
  readonly law: string;

  constructor(law: string, message: string, cause?: unknown) {
    super(`${law}: ${message}`, { cause });
    this.law = law;
  }
}

/** What the keys hold: a text that nobody wrote before or, after an update, that text and what it was made from. */
export type Held = string | { readonly name: string; readonly from: readonly string[] };

/** A value as the model keeps it. */
export function textOf(held: Held): string {
  return typeof held === 'string' ? held : `${held.name} from ${held.from.join('+')}`;
}

/** What is known of an operation beside the model: its dot, its author (the id of one incarnation), and what the author knew of the key before. */
export type Authorship = {
  readonly operation: Operation;
  readonly dot: Dot;
  readonly author: string | undefined;
  readonly authorKnew: ReadonlySet<string>;
};

/** What a replica knew of each key at some moment. */
export type Known = ReadonlyMap<string, ReadonlySet<string>>;

/** A context token, with what its replica knew at that moment: of its own key, and of all the others. */
export type TakenToken = {
  readonly key: string;
  readonly text: string;
  readonly known: Known;
};
/** What a replica would have handed another for a key, as bytes, with what it knew of that key. */
export type TakenRecord = { readonly key: string; readonly bytes: Uint8Array; readonly known: ReadonlySet<string> };

/** What a client's session has been shown: by which replica last, of the store as a whole, and of each key it touched. */
export type ClientSession = {
  readonly token: string;
  readonly at: VersionedKVStore<Held>;
  readonly seen: DotSet;
  readonly known: ReadonlyMap<string, ReadonlySet<string>>;
};

/** A write that production has done: `name` is new, `context` is what it was based on. */
export type Written = {
  readonly name: string;
  readonly key: string;
  readonly held: Held | undefined;
  readonly context: ModelContext;
  readonly dot: Dot;
};

/** Gives the engine of one replica, which holds nothing yet. */
export type MakeEngine = () => StorageEngine;

/** What is known of a replica beside its model, and goes back with it when its disk does. */
export type Memory = {
  readonly model: ModelReplica;
  /** Ids with which it has finished an exchange. */
  readonly met: ReadonlySet<string>;
  /** Keys whose record the disk lost, with the operations that went; until the replica shows the key again. */
  readonly lost: ReadonlyMap<string, ReadonlySet<string>>;
};

/** What was on the disk of a replica, and what the replica knew then. */
export type Saved = Memory & {
  readonly at: number;
  readonly image: Image | readonly Uint8Array[];
  readonly isCopy: boolean;
};

const KEYS: readonly string[] = ['k', '__proto__', 'user/1', '\u{1f5ff}'];
const NAMES: readonly string[] = ['a', 'b', 'c', 'd', 'e'];
const NOTHING: ReadonlySet<string> = new Set();

/** The replicas of one run, and everything noted along the way. */
export class World {
  readonly schedule: Schedule;
  readonly rules: Rules;
  readonly coverage: Coverage;
  readonly #stores: VersionedKVStore<Held>[] = [];
  readonly #models: ModelReplica[] = [];
  readonly #disks: Disk[] = [];
  readonly #reports: Report[][] = [];
  readonly #makeEngine: MakeEngine;
  readonly #random = new Random(1);
  /** How often each replica began with nothing. */
  readonly #beginnings: number[] = [];
  readonly #firstIds = new Set<string>();
  readonly keys: readonly string[];
  readonly operations: Operations = new Operations();
  readonly tokens: Map<number, TakenToken> = new Map<number, TakenToken>();
  readonly records: Map<number, TakenRecord> = new Map<number, TakenRecord>();
  readonly sessions: Map<number, ClientSession> = new Map<number, ClientSession>();
  /** Over which replicas push to one another, by their ends. */
  readonly ways: Map<string, Way<Held, Known>> = new Map<string, Way<Held, Known>>();
  /** What each store was told by pushes that its peers had. */
  readonly heard: Map<VersionedKVStore<Held>, DotSet> = new Map<VersionedKVStore<Held>, DotSet>();
  /** Keys on which a dot collision was injected. */
  readonly collided: Set<string> = new Set<string>();
  readonly saved: Map<number, Saved> = new Map<number, Saved>();
  /** What was on the disk of each replica when it was opened, for crashes that lose buffered commits. */
  readonly whenOpened: Map<number, Saved> = new Map<number, Saved>();
  /** Operations that some disk has lost. */
  readonly everLost: Set<string> = new Set<string>();
  /** Keys that went on without what was lost: the newest that anybody has may be what the lost write had superseded. */
  readonly accepted: Set<string> = new Set<string>();
  readonly #lost: Map<string, ReadonlySet<string>>[] = [];
  /** Tombstones that some replica has reaped. */
  readonly reaped: Set<string> = new Set<string>();
  readonly #byDot = new Map<string, Authorship>();
  readonly #byName = new Map<string, Authorship>();
  /** What the closed stores had seen. */
  #gone: DotSet = DotSet.empty;
  /** The ids with which each replica has finished an exchange. */
  readonly #met: Set<string>[] = [];
  #made = 0;

  private constructor(schedule: Schedule, rules: Rules, coverage: Coverage, makeEngine: MakeEngine) {
    this.#makeEngine = makeEngine;
    this.schedule = schedule;
    this.rules = rules;
    this.coverage = coverage;
    this.keys = KEYS.slice(0, schedule.keys);
  }

  /** Opens the replicas; their clocks differ, and stand still now and then. */
  static async open(
    schedule: Schedule,
    rules: Rules = ALL_RULES,
    coverage: Coverage = new Coverage(),
    makeEngine: MakeEngine = memoryStorage,
  ): Promise<World> {
    const world = new World(schedule, rules, coverage, makeEngine);
    for (let index = 0; index < schedule.replicas; index++) {
      await world.#begin(index);
      world.#firstIds.add(world.store(index).id);
    }
    return world;
  }

  get isDurable(): boolean {
    return this.schedule.durability !== undefined;
  }

  /** Opens a replica that has nothing yet. */
  async #begin(index: number): Promise<void> {
    this.#beginnings[index] = (this.#beginnings[index] ?? 0) + 1;
    this.#models[index] = new ModelReplica(this.operations);
    this.#met[index] = new Set();
    this.#lost[index] = new Map();
    if (this.isDurable) this.#disks[index] ??= new Disk(this.#makeEngine());
    await this.reopen(index);
  }

  /** Opens what the disk of a replica holds; whoever had it open is gone. */
  async reopen(index: number): Promise<void> {
    const { members, onConflict, durability } = this.schedule;
    let ticks = 0;
    const env: Env = {
      now: () => 1_000 + index * 500 + (ticks++ >> 1),
      random: () => (this.isDurable ? this.#random.fraction() : 0.5),
    };
    const reports: Report[] = [];
    this.#reports[index] = reports;
    const disk = this.#disks[index];
    this.#stores[index] = await openStore<Held>({
      name: World.nameOf(index),
      incarnation: String(this.#beginnings[index]),
      members: NAMES.slice(0, members),
      env,
      onConflict,
      onReport: (report) => reports.push(report),
      ...(disk === undefined || durability === undefined ? {} : { storage: disk, durability }),
      [RULES]: brokenBits(this.rules),
    });
    if (durability === 'buffered') this.whenOpened.set(index, await this.save(index));
  }

  /** Closes a replica and opens the next incarnation of its name, which knows nothing. Returns the closed store. */
  async wipe(index: number): Promise<VersionedKVStore<Held>> {
    const old = this.store(index);
    this.noteGone(index);
    await old.close();
    await this.#disks[index]?.write([]);
    await this.#begin(index);
    return old;
  }

  /** The disk of a replica, which is the whole of it while it is closed. */
  disk(index: number): Disk {
    const disk = this.#disks[index];
    if (disk === undefined) throw new RangeError(`replica ${index} has no disk`);
    return disk;
  }

  /** What the store told since it was opened. */
  reports(index: number): readonly Report[] {
    return this.#reports[index] ?? [];
  }

  /** Keys whose record the disk of a replica has lost. */
  lost(index: number): Map<string, ReadonlySet<string>> {
    return (this.#lost[index] ??= new Map());
  }

  /** What is on the disk of a replica now, and what the replica knows. */
  async save(index: number): Promise<Saved> {
    const image = await this.disk(index).image();
    return { at: index, image, isCopy: true, ...this.memory(index) };
  }

  /** What is known of a replica now, whatever becomes of it. */
  memory(index: number): Memory {
    return { model: this.#copyOf(this.model(index)), met: new Set(this.#met[index]), lost: new Map(this.lost(index)) };
  }

  /** Takes a replica back to what was known of it. */
  recall(index: number, { model, met, lost }: Memory): void {
    this.#models[index] = this.#copyOf(model);
    this.#met[index] = new Set(met);
    this.#lost[index] = new Map(lost);
  }

  /** Notes that what a replica has seen up to now may never be seen again. */
  noteGone(index: number): void {
    this.#gone = this.#gone.union(this.store(index).seen);
  }

  /** Notes that the record of a key is lost: what was known through nothing else is not known any more. */
  noteLost(index: number, key: string, names: ReadonlySet<string>, stillSeen: DotSet): void {
    const before = this.model(index);
    const model = new ModelReplica(this.operations);
    for (const each of this.keys) {
      const known = [...before.knows(each)];
      const isKept = (name: string): boolean => {
        const { dot } = this.byName(name);
        return !names.has(name) && stillSeen.has(dot.id, dot.counter);
      };
      model.receive(each, each === key ? known.filter(isKept) : known);
    }
    this.#models[index] = model;
    this.lost(index).set(key, names);
    for (const name of names) this.everLost.add(name);
  }

  /** After all have met: a lost write that somebody still had is everywhere again, and excuses nothing. */
  endExcuses(): void {
    for (const key of [...this.accepted]) {
      const ofKey = [...this.everLost].filter((name) => this.operations.get(name).key === key);
      if (this.#models.every((model) => ofKey.every((name) => model.knows(key).has(name)))) this.accepted.delete(key);
    }
  }

  /** Closes what is open. */
  async leave(): Promise<void> {
    for (const disk of this.#disks) await disk.cutOff();
  }

  #copyOf(model: ModelReplica): ModelReplica {
    const copy = new ModelReplica(this.operations);
    for (const key of model.keys()) copy.receive(key, model.knows(key));
    return copy;
  }

  /** Dots that only closed stores had taken in: no replica ever will. */
  lostDots(): DotSet {
    let lost = this.#gone;
    for (const store of this.#stores) lost = lost.minus(store.seen);
    return lost;
  }

  static nameOf(index: number): string {
    return NAMES[index] ?? `r${index}`;
  }

  get stores(): readonly VersionedKVStore<Held>[] {
    return this.#stores;
  }

  store(index: number): VersionedKVStore<Held> {
    const store = this.#stores[index];
    if (store === undefined) throw new RangeError(`the schedule has no replica ${index}`);
    return store;
  }

  model(index: number): ModelReplica {
    const model = this.#models[index];
    if (model === undefined) throw new RangeError(`the schedule has no replica ${index}`);
    return model;
  }

  key(index: number): string {
    return this.keys[index] ?? KEYS[0] ?? '';
  }

  /** A value nobody wrote before. */
  nextValue(): string {
    return `w${++this.#made}`;
  }

  /** Repeats in the model what production has done, under the dot it gave; `held` undefined is a delete. */
  wrote(at: number, write: Written): void {
    const { name, key, held, context, dot } = write;
    const model = this.model(at);
    const authorKnew = model.knows(key);
    const isDelete = held === undefined;
    const value = isDelete ? undefined : textOf(held);
    const operation = model.write({ name, key, tombstone: isDelete, value, context });
    this.#note({ operation, dot, author: dot.id, authorKnew });
  }

  /** Notes that both replicas have finished an exchange with each other. */
  met(a: number, b: number): void {
    this.#met[a]?.add(this.store(b).id);
    this.#met[b]?.add(this.store(a).id);
  }

  /** Whether the replica knows this incarnation to be the living one of its name: it is the first, or was met. */
  isKnownAlive(at: number, id: string): boolean {
    if (!this.#stores.some((store) => store.id === id)) return false;
    return this.#firstIds.has(id) || this.#met[at]?.has(id) === true;
  }

  /** Notes a version that a collision left under a new dot; every replica that separates the same pair gives the same. */
  separated(at: number, key: string, origin: Operation, value: string, dot: Dot): void {
    const name = `${value} under ${formatDot(dot)}`;
    const context = new Set([...origin.context, origin.name]);
    if (this.operations.has(name)) this.model(at).receive(key, [...context, name]);
    else {
      const operation = this.model(at).write({ name, key, tombstone: false, value, context });
      this.#note({ operation, dot, author: undefined, authorKnew: NOTHING });
    }
  }

  byDot(dot: Dot): Authorship | undefined {
    return this.#byDot.get(formatDot(dot));
  }

  byName(name: string): Authorship {
    const found = this.#byName.get(name);
    if (found === undefined) throw new RangeError(`operation ${name} has no dot`);
    return found;
  }

  #note(authorship: Authorship): void {
    const text = formatDot(authorship.dot);
    const other = this.#byDot.get(text);
    if (other !== undefined)
      throw new ScheduleFailure(
        'L1',
        `dot ${text} was issued for ${other.operation.name} and for ${authorship.operation.name}`,
      );
    this.#byDot.set(text, authorship);
    this.#byName.set(authorship.operation.name, authorship);
  }
}
