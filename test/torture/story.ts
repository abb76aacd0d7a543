/**
 * A random story of two replicas over logged storage: callers at once, batches, deletes, updates, exchanges, reaping,
 * records from a third replica, restarts. What it leaves is the log of everything that was written, and a ledger of what
 * callers were told, on the clock of that log. Replica `a` is the one that a power cut will hit.
 */

import type { Dot } from '../../src/clock/dot.ts';
import type { DotSet } from '../../src/clock/dot-set.ts';
import type { Value } from '../../src/codec/value.ts';
import type { Env } from '../../src/env.ts';
import { CausalError } from '../../src/errors.ts';
import { exchange } from '../../src/repair/exchange-local.ts';
import type { Durability } from '../../src/storage/storage.ts';
import { openStore } from '../../src/store/open-store.ts';
import type { VersionedKVStore } from '../../src/store/versioned-kv-store.ts';
import { Ledger, payloadOf } from './ledger.ts';
import { type LoggedEvent, loggedEngine } from './logged-storage.ts';

/** Keys `g<n>/0` to `g<n>/9` are only ever written together, by `a` alone. */
export const BATCH_KEYS = 10;
export const MEMBERS = ['a', 'b'];

export type Story = {
  readonly seed: number;
  readonly durability: Durability;
  readonly log: readonly LoggedEvent[];
  readonly ledger: Ledger;
  /** What `a` was told to have received from the third replica, and when. */
  readonly received: readonly { readonly at: number; readonly seen: DotSet; readonly dots: readonly Dot[] }[];
  /** The moments at which `a` had been closed well. */
  readonly closedAt: readonly number[];
};

/** Numbers in [0, 1) that a seed decides (mulberry32). */
export function randomOf(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

export function envOf(random: () => number): Env {
  let now = 1_000;
  return { now: () => (now += 1), random };
}

/** Plays a story of about `rounds` times a dozen operations. */
export async function playStory(seed: number, durability: Durability, rounds: number): Promise<Story> {
  const random = randomOf(seed);
  const env = envOf(random);
  const log: LoggedEvent[] = [];
  const ledger = new Ledger();
  const received: { at: number; seen: DotSet; dots: Dot[] }[] = [];
  const closedAt: number[] = [];
  const engine = loggedEngine('a', log);
  const openA = (): Promise<VersionedKVStore> =>
    openStore({ name: 'a', storage: engine, durability, members: MEMBERS, onConflict: 'overwrite', env });
  let a = await openA();
  const b = await openStore({
    name: 'b',
    storage: loggedEngine('b', log),
    members: MEMBERS,
    onConflict: 'overwrite',
    env,
  });
  const c = await openStore({ name: 'c', members: MEMBERS, onConflict: 'overwrite', env });
  const caller = new Callers(ledger, random, () => log.length);
  for (let round = 0; round < rounds; round += 1) {
    const work: Promise<unknown>[] = [];
    for (let left = 4 + Math.floor(random() * 10); left > 0; left -= 1) work.push(caller.act(a, true));
    if (random() < 0.5) for (let left = 3; left > 0; left -= 1) work.push(caller.act(b, false));
    if (random() < 0.4) work.push(exchange(a, b).catch(ignoreFailed));
    if (random() < 0.3) work.push(receive(a, c, caller, received, () => log.length));
    await Promise.all(work);
    if (random() < 0.3) await exchange(a, b);
    if (random() < 0.3) await a.reap({ force: random() < 0.2 });
    if (random() < 0.2) await b.reap();
    if (random() < 0.2) await Promise.all([a.compact(), caller.act(a, true)]);
    if (random() < 0.15) {
      await a.close();
      closedAt.push(log.length);
      a = await openA();
    }
  }
  await a.close();
  closedAt.push(log.length);
  await b.close();
  return { seed, durability, log, ledger, received, closedAt };
}

/** Hands `a` what the third replica holds for a key, as read repair does. */
async function receive(
  a: VersionedKVStore,
  c: VersionedKVStore,
  caller: Callers,
  received: { at: number; seen: DotSet; dots: Dot[] }[],
  now: () => number,
): Promise<void> {
  const key = await caller.put(c, false);
  const record = await c.record(key);
  await a.receiveReplica(key, record);
  const dots = record.versions.map(({ id, counter }): Dot => ({ id, counter }));
  received.push({ at: now(), seen: record.context, dots });
}

/** Callers of stores, who write down what they ask for and what they are told. */
export class Callers {
  readonly #ledger: Ledger;
  readonly #random: () => number;
  readonly #now: () => number;
  #op = 0;

  constructor(ledger: Ledger, random: () => number, now: () => number, firstOp = 1) {
    this.#ledger = ledger;
    this.#random = random;
    this.#now = now;
    this.#op = firstOp;
  }

  /** One random operation, acknowledged in the ledger when it answers. */
  async act(store: VersionedKVStore, mayBatch: boolean): Promise<void> {
    const dice = this.#random();
    if (mayBatch && dice < 0.2) return this.batch(store);
    if (dice < 0.35) return this.delete(store);
    if (dice < 0.5) return this.update(store);
    await this.put(store, dice > 0.9);
  }

  async put(store: VersionedKVStore, isBlind: boolean): Promise<string> {
    const key = this.#key(store.name);
    const op = this.#issue(key, false);
    const value = payloadOf(op, this.#random() < 0.02 ? 300 : 1);
    this.#acknowledge(op, await store.put(key, value, isBlind ? { context: 'none' } : {}));
    return key;
  }

  async delete(store: VersionedKVStore): Promise<void> {
    const key = this.#key(store.name);
    const op = this.#issue(key, true);
    this.#acknowledge(op, await store.delete(key));
  }

  /** Updates; of a key in conflict it makes one value. */
  async update(store: VersionedKVStore): Promise<void> {
    const key = this.#key(store.name);
    const op = this.#issue(key, false);
    const next = (): Value => payloadOf(op, 2);
    try {
      this.#acknowledge(op, await store.update(key, next));
    } catch (error) {
      if (!(error instanceof CausalError) || error.code !== 'CONFLICT') throw error;
      this.#acknowledge(op, await store.resolve(key, { kind: 'value', value: next() }));
    }
  }

  async batch(store: VersionedKVStore, batch = `g${Math.floor(this.#random() * 3)}`): Promise<void> {
    const isDelete = this.#random() < 0.15;
    const ops = Array.from({ length: BATCH_KEYS }, (_, at) => {
      const key = `${batch}/${at}`;
      return { key, op: this.#issue(key, isDelete) };
    });
    const written = await store.batch(
      ops.map(({ key, op }) => (isDelete ? { delete: key } : { put: key, value: payloadOf(op) })),
    );
    for (const [at, { op }] of ops.entries()) {
      const answer = written[at];
      if (answer !== undefined) this.#acknowledge(op, answer);
    }
  }

  #key(store: string): string {
    const n = Math.floor(this.#random() * 12);
    return this.#random() < 0.4 ? `${store}-own/${n}` : `shared/${n}`;
  }

  #issue(key: string, isDelete: boolean): number {
    const op = this.#op;
    this.#op += 1;
    this.#ledger.issue(op, key, isDelete);
    return op;
  }

  #acknowledge(op: number, { dot, context }: { readonly dot: Dot; readonly context: string }): void {
    const problem = this.#ledger.ack(op, dot, context, this.#now());
    if (problem !== undefined) throw new Error(problem.what);
  }
}

function ignoreFailed(error: unknown): void {
  if (!(error instanceof CausalError) || error.code !== 'EXCHANGE_FAILED') throw error;
}
