/**
 * Plays a program on a store, and on the model beside it: for each replica the set of writes it must know of by now. The
 * model is a lower bound: what a store shows beyond it (because it replicates by itself) is learned from what it shows.
 */

import { type Operation, Operations } from '../../model/operations.ts';
import { exchangeModels, ModelReplica } from '../../model/oracle.ts';
import { type Program, replicaName, type StoreStep } from './program.ts';
import type { Shown, StoreUnderTest } from './store-under-test.ts';

/** What one replica shows of every key of the program. */
export type Look = ReadonlyMap<string, readonly string[]>;

/** What a law thinks of what a replica shows; throws to say what is wrong. */
export type Judge = (play: Played, at: number, look: Look) => void;

/** What judges may ask. */
export type Played = {
  readonly keys: readonly string[];
  readonly operations: Operations;
  readonly models: readonly ModelReplica[];
  /** Values that were written, and whose writer was told that they were not. */
  readonly refused: ReadonlySet<string>;
  /** Writes of which nobody knows whether they happened. */
  readonly unknown: ReadonlySet<string>;
  /** What the replica of a write knew of all keys when it was made. */
  readonly before: ReadonlyMap<string, ReadonlySet<string>>;
};

type Kept<C> = { readonly context: C; readonly seen: ReadonlySet<string> };

const NOTHING: ReadonlySet<string> = new Set();

/** A store and the model, side by side. */
export class Play<R, C> implements Played {
  readonly keys: readonly string[];
  readonly operations: Operations = new Operations();
  readonly models: readonly ModelReplica[];
  readonly refused: Set<string> = new Set<string>();
  readonly unknown: Set<string> = new Set<string>();
  readonly before: Map<string, ReadonlySet<string>> = new Map<string, ReadonlySet<string>>();
  readonly replicas: R[];
  readonly #store: StoreUnderTest<R, C>;
  readonly #kept = new Map<string, Kept<C>>();
  #puts = 0;
  #deletes = 0;

  private constructor(store: StoreUnderTest<R, C>, replicas: R[], keys: readonly string[]) {
    this.#store = store;
    this.replicas = replicas;
    this.keys = keys;
    this.models = replicas.map(() => new ModelReplica(this.operations));
  }

  static async open<R, C>(store: StoreUnderTest<R, C>, count: number, keys: readonly string[]): Promise<Play<R, C>> {
    const replicas: R[] = [];
    for (let at = 0; at < count; at++) replicas.push(await store.open(replicaName(at)));
    return new Play(store, replicas, keys);
  }

  async close(): Promise<void> {
    for (const replica of this.replicas) await this.#store.close?.(replica);
  }

  /** Does a step; returns the replicas that it touched. */
  async step(step: StoreStep): Promise<readonly number[]> {
    switch (step.do) {
      case 'put':
      case 'delete':
        await this.#write(step);
        return [step.at];
      case 'keep': {
        const { context } = await this.#store.get(this.replica(step.at), step.key);
        this.#kept.set(step.key, { context, seen: this.model(step.at).knows(step.key) });
        return [];
      }
      case 'sync':
        await this.sync(step.a, step.b);
        return [step.a, step.b];
      case 'restart':
        if (this.#store.restart !== undefined)
          this.replicas[step.at] = await this.#store.restart(this.replica(step.at));
        return [step.at];
      case 'reap':
        await this.#store.reap?.(this.replica(step.at));
        return [step.at];
      case 'fail next':
        await this.#store.failNext?.(this.replica(step.at));
        return [];
    }
  }

  /** Reads every key at a replica and lets `judges` look at it before the model learns from it. */
  async look(at: number, judges: readonly Judge[]): Promise<Look> {
    const look = new Map<string, readonly string[]>();
    for (const key of this.keys) look.set(key, (await this.#store.get(this.replica(at), key)).values);
    for (const judge of judges) judge(this, at, look);
    for (const [key, values] of look) this.#learn(at, key, values);
    return look;
  }

  async sync(a: number, b: number): Promise<void> {
    await this.#store.sync(this.replica(a), this.replica(b));
    exchangeModels(this.model(a), this.model(b));
  }

  /** Lets every two meet, twice: then all know what anybody knew, and that the others know it. */
  async meet(): Promise<void> {
    for (let round = 0; round < 2; round++) {
      for (let at = 1; at < this.replicas.length; at++) for (let to = 0; to < at; to++) await this.sync(to, at);
    }
  }

  replica(at: number): R {
    return this.replicas[at] as R; // a program names the replicas it is for
  }

  model(at: number): ModelReplica {
    return this.models[at] as ModelReplica; // as above
  }

  async #write(step: StoreStep & { readonly do: 'put' | 'delete' }): Promise<void> {
    const { at, key, basis } = step;
    const replica = this.replica(at);
    const isPut = step.do === 'put';
    const name = isPut ? `v${++this.#puts}` : `delete ${++this.#deletes}`;
    let based: Kept<C> | undefined = basis === 'kept' ? this.#kept.get(key) : undefined;
    if (based === undefined && basis !== 'none') {
      const shown: Shown<C> = await this.#store.get(replica, key);
      this.#learn(at, key, shown.values);
      based = { context: shown.context, seen: this.model(at).knows(key) };
    }
    const context = based?.seen ?? NOTHING;
    const before = new Set(this.keys.flatMap((each) => [...this.model(at).knows(each)]));
    try {
      if (isPut) await this.#store.put(replica, key, name, based?.context);
      else if (based !== undefined) await this.#store.delete(replica, key, based.context);
    } catch (error) {
      const outcome = this.#store.outcomeOf?.(error);
      if (outcome === undefined) throw error;
      if (outcome === 'not-done') this.refused.add(name);
      else {
        this.unknown.add(name);
        this.operations.add({ name, key, tombstone: !isPut, value: name, context });
      }
      return;
    }
    this.before.set(name, before);
    this.model(at).write({ name, key, tombstone: !isPut, value: name, context });
  }

  #learn(at: number, key: string, values: readonly string[]): void {
    for (const value of values) {
      if (!this.operations.has(value) || this.operations.get(value).key !== key) continue;
      this.unknown.delete(value);
      this.model(at).receive(key, [...this.operations.get(value).context, value]);
    }
  }
}

/** Whether somebody's write had seen this one: then nobody needs to show it. */
export function isCovered({ operations }: Played, { key, name }: Operation): boolean {
  return operations.of(key).some(({ context }) => context.has(name));
}

/** Opens the replicas of a program, plays it with `judges` looking after every step, then `end`; closes them. */
export async function playProgram<R, C>(
  store: StoreUnderTest<R, C>,
  { replicas, keys, steps }: Program,
  judges: readonly Judge[],
  end: (play: Play<R, C>) => Promise<void>,
): Promise<void> {
  const play = await Play.open(store, replicas, keys);
  try {
    for (const step of steps) for (const at of await play.step(step)) await play.look(at, judges);
    await end(play);
  } finally {
    await play.close();
  }
}
