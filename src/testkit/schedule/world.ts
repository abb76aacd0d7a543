/**
 * The replicas of one run, each twice: as production has it and as the model has it, with what ties the two together
 * (which operation has which dot) and what was taken along the way (tokens, kept records). Knows nothing of the checks.
 */

import type { Dot } from '../../clock/dot.ts';
import { formatDot } from '../../clock/dot.ts';
import type { Env } from '../../env.ts';
import { type Operation, Operations } from '../../model/operations.ts';
import { type ModelContext, ModelReplica } from '../../model/oracle.ts';
import { ALL_RULES, RULES, type Rules } from '../../rules.ts';
import { openStore } from '../../store/open-store.ts';
import type { VersionedKVStore } from '../../store/versioned-kv-store.ts';
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

/** What is known of an operation beside the model: its dot, its author, and what the author knew of the key before. */
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

const KEYS: readonly string[] = ['k', '__proto__', 'user/1', '\u{1f5ff}'];
const NAMES: readonly string[] = ['a', 'b', 'c', 'd', 'e'];
const NOTHING: ReadonlySet<string> = new Set();

export class World {
  readonly schedule: Schedule;
  readonly rules: Rules;
  readonly stores: readonly VersionedKVStore<string>[];
  readonly models: readonly ModelReplica[];
  readonly keys: readonly string[];
  readonly operations: Operations = new Operations();
  readonly tokens: Map<number, TakenToken> = new Map<number, TakenToken>();
  readonly records: Map<number, TakenRecord> = new Map<number, TakenRecord>();
  /** Keys on which a dot collision was injected. */
  readonly collided: Set<string> = new Set<string>();
  /** Tombstones that some replica has reaped. */
  readonly reaped: Set<string> = new Set<string>();
  readonly #byDot = new Map<string, Authorship>();
  readonly #byName = new Map<string, Authorship>();
  #made = 0;

  private constructor(schedule: Schedule, rules: Rules, stores: readonly VersionedKVStore<string>[]) {
    this.schedule = schedule;
    this.rules = rules;
    this.stores = stores;
    this.models = stores.map(() => new ModelReplica(this.operations));
    this.keys = KEYS.slice(0, schedule.keys);
  }

  /** Opens the replicas; their clocks differ, and stand still now and then. */
  static async open(schedule: Schedule, rules: Rules = ALL_RULES): Promise<World> {
    const stores: VersionedKVStore<string>[] = [];
    const members = NAMES.slice(0, schedule.members);
    for (let index = 0; index < schedule.replicas; index++) {
      let ticks = 0;
      const env: Env = { now: () => 1_000 + index * 500 + (ticks++ >> 1), random: () => 0.5 };
      const options = {
        name: World.nameOf(index),
        incarnation: '1',
        members,
        env,
        onConflict: schedule.onConflict,
        [RULES]: rules,
      };
      stores.push(await openStore<string>(options));
    }
    return new World(schedule, rules, stores);
  }

  static nameOf(index: number): string {
    return NAMES[index] ?? `r${index}`;
  }

  store(index: number): VersionedKVStore<string> {
    const store = this.stores[index];
    if (store === undefined) throw new RangeError(`the schedule has no replica ${index}`);
    return store;
  }

  model(index: number): ModelReplica {
    const model = this.models[index];
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

  /** Repeats in the model what production has done, under the dot it gave. */
  wrote(at: number, key: string, value: string, tombstone: boolean, context: ModelContext, dot: Dot): void {
    const model = this.model(at);
    const authorKnew = model.knows(key);
    const operation = model.write({ name: value, key, tombstone, value: tombstone ? undefined : value, context });
    this.#note({ operation, dot, author: World.nameOf(at), authorKnew });
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
