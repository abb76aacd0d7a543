/**
 * Random schedules of a group and the model beside them: every write that any store makes is an operation of the model,
 * and every answer of the group must show what the model shows of the operations that the answer's context covers.
 */

import fc from 'fast-check';
import { expect } from 'vitest';
import type { DotSet } from '../../src/clock/dot-set.ts';
import { CausalError } from '../../src/errors.ts';
import { type Operation, Operations, visible } from '../../src/model/index.ts';
import { Random } from '../../src/random.ts';
import { contextIn } from '../../src/replica/answer-context.ts';
import type { Answer } from '../../src/store/answer.ts';
import { decodeToken } from '../../src/store/context-token.ts';
import type { Written } from '../../src/store/operations.ts';
import type { VersionedKVStore } from '../../src/store/versioned-kv-store.ts';
import { FakeEnv } from './fake-env.ts';
import { Cluster, type Replica } from './fake-peers.ts';

const KEYS = ['k', 'l'];
const TIMEOUT_MS = 200;
const SESSION_MS = 50;

export type GroupStep =
  | {
      readonly kind: 'write';
      readonly at: number;
      readonly key: number;
      readonly isDelete: boolean;
      readonly base: 'local' | 'none' | 'read';
      readonly w: number;
      readonly inSession: boolean;
      readonly isAwaited: boolean;
    }
  | {
      readonly kind: 'read';
      readonly at: number;
      readonly key: number;
      readonly r: number;
      readonly inSession: boolean;
      readonly isAwaited: boolean;
    }
  | { readonly kind: 'cut' | 'heal' | 'exchange'; readonly at: number; readonly to: number }
  /** From here on writes are pushed, or are not. */
  | { readonly kind: 'push'; readonly isOn: boolean }
  | { readonly kind: 'reap'; readonly at: number; readonly isForced: boolean }
  | { readonly kind: 'pass'; readonly ms: number };

export type GroupSchedule = { readonly n: number; readonly seed: number; readonly steps: readonly GroupStep[] };

/** Schedules of groups of `n`. */
export function groupSchedules(n: number): fc.Arbitrary<GroupSchedule> {
  const at = fc.nat({ max: n - 1 });
  const key = fc.nat({ max: KEYS.length - 1 });
  const count = fc.integer({ min: 1, max: n });
  const oneOf = <T extends string>(...kinds: readonly T[]): fc.Arbitrary<T> => fc.constantFrom(...kinds);
  const common = { at, key, inSession: fc.boolean(), isAwaited: fc.boolean() };
  const base = oneOf('local', 'none', 'read', 'read');
  const step: fc.Arbitrary<GroupStep> = fc.oneof(
    { weight: 6, arbitrary: fc.record({ kind: oneOf('write'), isDelete: fc.boolean(), base, w: count, ...common }) },
    { weight: 8, arbitrary: fc.record({ kind: oneOf('read'), r: count, ...common }) },
    { weight: 5, arbitrary: fc.record({ kind: oneOf('cut', 'cut', 'cut', 'heal', 'heal', 'exchange'), at, to: at }) },
    { weight: 2, arbitrary: fc.record({ kind: oneOf('push'), isOn: fc.boolean() }) },
    { weight: 3, arbitrary: fc.record({ kind: oneOf('reap'), at, isForced: fc.boolean() }) },
    { weight: 2, arbitrary: fc.record({ kind: oneOf('pass'), ms: fc.integer({ min: 1, max: 100 }) }) },
  );
  return fc.record({ n: fc.constant(n), seed: fc.integer(), steps: fc.array(step, { minLength: 10, maxLength: 60 }) });
}

/** What a run met, so that a test can see that it met enough. */
export type Met = { [what: string]: number };

type Acknowledged = { readonly name: string; readonly key: string; readonly at: readonly string[] };

/** Plays one schedule and checks it. */
export async function playGroup({ n, seed, steps }: GroupSchedule, met: Met): Promise<void> {
  const random = new Random(seed);
  const cluster = new Cluster<string>(new FakeEnv(seed));
  const names = 'abcde'.slice(0, n).split('');
  const replicas = await cluster.openAll(names, { n, timeoutMs: TIMEOUT_MS, w: Math.floor(n / 2) + 1 });
  const world = new World(cluster, replicas, met);
  cluster.isExchanging = false;
  cluster.delays = () => (random.chance(0.05) ? 500 : random.between(1, 60));
  const calls: Promise<void>[] = [];
  for (const step of steps) {
    const call = world.step(step);
    calls.push(call);
    // A check that fails beside the steps is met at the end.
    call.catch(() => undefined);
    if (!('isAwaited' in step) || step.isAwaited) await cluster.env.run(call);
  }
  await cluster.env.run(Promise.all(calls));
  await world.settle();
}

class World {
  readonly #cluster: Cluster<string>;
  readonly #replicas: readonly Replica<string>[];
  readonly #met: Met;
  readonly #operations: Operations = new Operations();
  readonly #acknowledged: Acknowledged[] = [];
  #writes = 0;
  #calls = 0;
  /** The last context read of each key, by any coordinator. */
  readonly #contexts: Map<string, string> = new Map<string, string>();
  /** One client that moves about: its token, and the operations of each key that it has read or written. */
  #session: string | undefined;
  readonly #sessionKnows: Map<string, Set<string>> = new Map<string, Set<string>>();

  constructor(cluster: Cluster<string>, replicas: readonly Replica<string>[], met: Met) {
    this.#cluster = cluster;
    this.#replicas = replicas;
    this.#met = met;
    for (const { store } of replicas) this.#watch(store);
  }

  async step(step: GroupStep): Promise<void> {
    const { env } = this.#cluster;
    if (step.kind === 'pass') return env.delay(step.ms);
    if (step.kind === 'push') {
      this.#cluster.isPushing = step.isOn;
      return;
    }
    const one = this.#replica(step.at);
    if (step.kind === 'write') return this.#write(step, one);
    if (step.kind === 'read') return this.#read(step, one);
    if (step.kind === 'reap') {
      await one.store.reap({ force: step.isForced });
      return;
    }
    const other = this.#replica(step.to);
    if (one === other) return;
    if (step.kind === 'cut') this.#cluster.cut(one.name, other.name);
    else if (step.kind === 'heal') this.#cluster.heal(one.name, other.name);
    else await this.#cluster.exchange(one.name, other.name).catch(() => undefined);
  }

  /** Everybody meets: all show what the model shows, and nothing is left to repair. Law: L7, L10, L14. */
  async settle(): Promise<void> {
    const { env } = this.#cluster;
    const cluster = this.#cluster;
    cluster.delays = () => 1;
    for (const { name } of this.#replicas) cluster.rejoin(name);
    await env.pass(1_000);
    for (let round = 0; round < 2; round += 1) {
      for (const one of this.#replicas) {
        for (const other of this.#replicas)
          if (one.name < other.name) await env.run(cluster.exchange(one.name, other.name));
      }
    }
    for (const { group } of this.#replicas) await env.run(group.idle());
    const { give } = cluster.asked;
    for (const replica of this.#replicas) {
      const dots = replica.store.seen.size;
      for (const key of KEYS) {
        const { answer } = await env.run(replica.group.get(key, { r: this.#replicas.length }));
        this.#checkShown(key, answer);
        const all = this.#operations.of(key).map(({ name }) => name);
        expect(this.#known(key, contextIn(key, answer)), `L7: ${replica.name} knows all of ${key}`).toEqual(all.sort());
      }
      await env.run(replica.group.idle());
      expect(replica.store.seen.size, 'L14: a read made a dot').toBe(dots);
      expect(dots, 'L14: there are dots that nobody wrote').toBe(this.#writes);
      expect(replica.group.hints, 'a hint is left').toBe(0);
    }
    expect(cluster.asked['give'], 'L14: replicas that agree were repaired').toBe(give);
    for (const { counts } of this.#replicas) {
      for (const [what, count] of Object.entries(counts)) this.#met[what] = (this.#met[what] ?? 0) + count;
    }
  }

  async #write(step: GroupStep & { kind: 'write' }, { group }: Replica<string>): Promise<void> {
    const key = KEYS[step.key] ?? '';
    const read = this.#contexts.get(key);
    const context = step.base === 'read' ? (read ?? 'none') : step.base;
    const session = step.inSession ? this.#session : undefined;
    const options = { context, w: step.w, ...(session === undefined ? {} : { session, waitMs: SESSION_MS }) };
    const value = `v${this.#calls++}`;
    try {
      const written = await (step.isDelete ? group.delete(key, options) : group.put(key, value, options));
      const dot = `${written.dot.id}:${written.dot.counter}`;
      expect(written.durableAt.length).toBeGreaterThanOrEqual(step.w);
      this.#acknowledged.push({ name: dot, key, at: written.durableAt });
      this.#meet('acknowledged');
      if (step.inSession && session === this.#session) {
        this.#session = written.session;
        this.#inSession(key).add(dot);
      }
    } catch (error) {
      if (!(error instanceof CausalError)) throw error;
      this.#meet(`${error.code} ${error.outcome}`);
      const isThere = this.#operations.of(key).some((operation) => operation.value === value);
      if (error.outcome === 'not-done') expect(isThere, 'L17: a definite failure took effect').toBe(false);
    }
  }

  async #read(step: GroupStep & { kind: 'read' }, { group }: Replica<string>): Promise<void> {
    const key = KEYS[step.key] ?? '';
    const session = step.inSession ? this.#session : undefined;
    const options = { r: step.r, ...(session === undefined ? {} : { session, waitMs: SESSION_MS }) };
    const before = this.#acknowledged.filter((write) => write.key === key);
    const mustKnow = session === undefined ? [] : [...this.#inSession(key)];
    try {
      const { answer, from, session: after } = await group.get(key, options);
      this.#checkShown(key, answer);
      const known = this.#known(key, contextIn(key, answer));
      for (const { name, at } of before) {
        if (from.length + at.length <= this.#replicas.length) continue;
        this.#meet('seen');
        expect(known, `L13: ${name} is at ${at.join()}, and ${from.join()} do not know of it`).toContain(name);
      }
      for (const name of mustKnow) expect(known, `L15: the session knew ${name}`).toContain(name);
      this.#contexts.set(key, answer.context);
      if (step.inSession && session === this.#session) {
        this.#session = after;
        for (const name of known) this.#inSession(key).add(name);
        if (session !== undefined) this.#meet('moved');
      }
    } catch (error) {
      if (!(error instanceof CausalError)) throw error;
      this.#meet(error.code);
      expect(error.outcome).toBe('not-done');
    }
  }

  /** The siblings are those of the model, but for tombstones that were reaped. Law: L4, L8, L10. */
  #checkShown(key: string, answer: Answer<string>): void {
    const known = this.#known(key, contextIn(key, answer)).map((name) => this.#operations.get(name));
    const expected = visible(known);
    const show = ({ name, tombstone, value }: Operation): string => `${name}${tombstone ? '' : `=${String(value)}`}`;
    const shown = answer.siblings.map((sibling) => {
      const name = `${sibling.dot.id}:${sibling.dot.counter}`;
      return sibling.tombstone ? name : `${name}=${sibling.value}`;
    });
    const all = expected.map(show);
    const values = expected.filter(({ tombstone }) => !tombstone).map(show);
    // Where nothing is left, tombstones may be shown that later ones, reaped since, had superseded.
    const isDeleted = values.length === 0 && answer.siblings.every(({ tombstone }) => tombstone);
    const wrong = isDeleted ? [] : shown.filter((each) => !all.includes(each));
    expect(wrong, `L8, L10: ${key} shows what is superseded`).toEqual([]);
    expect(
      values.filter((each) => !shown.includes(each)),
      `L7: ${key} does not show a value`,
    ).toEqual([]);
  }

  /** The operations of a key that a context covers. */
  #known(key: string, context: DotSet): string[] {
    const names = this.#operations.of(key).map(({ name }) => name);
    return names
      .filter((name) => {
        const colon = name.lastIndexOf(':');
        return context.has(name.slice(0, colon), Number(name.slice(colon + 1)));
      })
      .sort();
  }

  /** Notes every write that a store makes, acknowledged or not, with what its author had seen. */
  #watch(store: VersionedKVStore<string>): void {
    const note = (key: string, value: string | undefined, { dot, context }: Written): void => {
      const name = `${dot.id}:${dot.counter}`;
      const past = this.#known(key, decodeToken('context', key, context));
      this.#operations.add({ name, key, tombstone: value === undefined, value, context: new Set(past) });
      this.#writes += 1;
    };
    const put = store.put.bind(store);
    const remove = store.delete.bind(store);
    store.put = async (key, value, options) => {
      const written = await put(key, value, options);
      note(key, value, written);
      return written;
    };
    store.delete = async (key, options) => {
      const written = await remove(key, options);
      note(key, undefined, written);
      return written;
    };
  }

  #inSession(key: string): Set<string> {
    const known = this.#sessionKnows.get(key) ?? new Set<string>();
    this.#sessionKnows.set(key, known);
    return known;
  }

  #meet(what: string): void {
    this.#met[what] = (this.#met[what] ?? 0) + 1;
  }

  #replica(at: number): Replica<string> {
    return this.#replicas[at] as Replica<string>; // within the bounds of the schedule
  }
}
