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
import { ALL_RULES, brokenBits, RULES, type Rules } from '../../rules.ts';
import { openStore } from '../../store/open-store.ts';
import type { VersionedKVStore } from '../../store/versioned-kv-store.ts';
import { Coverage } from './coverage.ts';
import type { Schedule } from './steps.ts';

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

/** A context token, with what its replica knew at that moment: of its own key, and of all the others. */
export type TakenToken = {
  readonly key: string;
  readonly text: string;
  readonly known: ReadonlyMap<string, ReadonlySet<string>>;
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
  readonly keys: readonly string[];
  readonly operations: Operations = new Operations();
  readonly tokens: Map<number, TakenToken> = new Map<number, TakenToken>();
  readonly records: Map<number, TakenRecord> = new Map<number, TakenRecord>();
  readonly sessions: Map<number, ClientSession> = new Map<number, ClientSession>();
  /** Keys on which a dot collision was injected. */
  readonly collided: Set<string> = new Set<string>();
  /** Tombstones that some replica has reaped. */
  readonly reaped: Set<string> = new Set<string>();
  readonly #byDot = new Map<string, Authorship>();
  readonly #byName = new Map<string, Authorship>();
  /** What the closed stores had seen. */
  #gone: DotSet = DotSet.empty;
  /** The ids with which a store has finished an exchange. */
  readonly #met = new WeakMap<VersionedKVStore<Held>, Set<string>>();
  #made = 0;

  private constructor(schedule: Schedule, rules: Rules, coverage: Coverage) {
    this.schedule = schedule;
    this.rules = rules;
    this.coverage = coverage;
    this.keys = KEYS.slice(0, schedule.keys);
  }

  /** Opens the replicas; their clocks differ, and stand still now and then. */
  static async open(schedule: Schedule, rules: Rules = ALL_RULES, coverage: Coverage = new Coverage()): Promise<World> {
    const world = new World(schedule, rules, coverage);
    for (let index = 0; index < schedule.replicas; index++) await world.#openReplica(index, 1);
    return world;
  }

  async #openReplica(index: number, incarnation: number): Promise<void> {
    const { members, onConflict } = this.schedule;
    let ticks = 0;
    const env: Env = { now: () => 1_000 + index * 500 + (ticks++ >> 1), random: () => 0.5 };
    this.#stores[index] = await openStore<Held>({
      name: World.nameOf(index),
      incarnation: String(incarnation),
      members: NAMES.slice(0, members),
      env,
      onConflict,
      [RULES]: brokenBits(this.rules),
    });
    this.#models[index] = new ModelReplica(this.operations);
  }

  /** Closes a replica and opens the next incarnation of its name, which knows nothing. Returns the closed store. */
  async wipe(index: number): Promise<VersionedKVStore<Held>> {
    const old = this.store(index);
    this.#gone = this.#gone.union(old.seen);
    await old.close();
    await this.#openReplica(index, Number(old.id.slice(old.id.lastIndexOf('~') + 1)) + 1);
    return old;
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
    this.#note({ operation, dot, author: this.store(at).id, authorKnew });
  }

  /** Notes that both replicas have finished an exchange with each other. */
  met(a: number, b: number): void {
    for (const [one, other] of [
      [this.store(a), this.store(b)],
      [this.store(b), this.store(a)],
    ] as const) {
      const ids = this.#met.get(one);
      if (ids === undefined) this.#met.set(one, new Set([other.id]));
      else ids.add(other.id);
    }
  }

  /** Whether the replica knows this incarnation to be the living one of its name: it is the first, or was met. */
  isKnownAlive(at: number, id: string): boolean {
    if (!this.#stores.some((store) => store.id === id)) return false;
    return id.endsWith('~1') || this.#met.get(this.store(at))?.has(id) === true;
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
