/**
 * The replicas of a replay: opens them, forks one from another, keeps those whose branch was merged for reuse (a
 * developer who comes back), and counts every exchange. All take their time from the commit being replayed and have
 * fixed incarnations, so a history gives the same run every time. In memory, or each in a place of its own.
 */

import { assert } from '../../assert.ts';
import { compareText } from '../../codec/text.ts';
import { type Env, systemEnv } from '../../env.ts';
import { exchange } from '../../repair/exchange-local.ts';
import type { StorageEngine } from '../../storage/storage.ts';
import { openStore } from '../../store/open-store.ts';
import type { VersionedKVStore } from '../../store/versioned-kv-store.ts';
import type { ExchangeCount } from './replay-result.ts';

/**
 * One replica, with the tree git has at the commit it stands at. `touched`: the keys that changed since it was cleared;
 * `dots`: how many it has seen at this point of the replay, which may be fewer than its store has by now, when an
 * earlier run came further.
 */
export type ReplayReplica = {
  readonly number: number;
  readonly store: VersionedKVStore<string>;
  readonly tree: Map<string, string>;
  readonly touched: Set<string>;
  dots: number;
};

/** The place of one of the stores of a replay: its progress, or a replica by name. */
export type StorageAt = (name: string) => StorageEngine;

const INCARNATION = 'replay';

/** Opens, forks and reuses replicas, and counts what they exchange. */
export class ReplicaPool {
  readonly #replicas: ReplayReplica[] = [];
  readonly #idle = new Set<ReplayReplica>();
  readonly #counts = new Map<string, ExchangeCount>();
  readonly #env: Env;
  readonly #storageAt: StorageAt | undefined;
  #timeMs = 0;

  constructor(storageAt: StorageAt | undefined) {
    this.#storageAt = storageAt;
    // Chance names a new incarnation where a stored one cannot go on; two must never get the same.
    this.#env = { now: () => this.#timeMs, random: systemEnv.random };
  }

  get all(): readonly ReplayReplica[] {
    return this.#replicas;
  }

  /** By mode, in the order of its name. */
  get exchanges(): readonly ExchangeCount[] {
    return [...this.#counts.values()].sort((a, b) => compareText(a.mode, b.mode));
  }

  /** What the clocks of all replicas show from now on. */
  setTime(seconds: number): void {
    this.#timeMs = Math.max(0, seconds * 1_000);
  }

  /** A replica that has seen nothing at this point of the replay. */
  async open(): Promise<ReplayReplica> {
    const [replica] = await this.openMany(1);
    assert(replica !== undefined, 'no replica was opened');
    return replica;
  }

  /** The next replicas, opened at once. */
  async openMany(count: number): Promise<readonly ReplayReplica[]> {
    const first = this.#replicas.length;
    const opening = Array.from({ length: count }, (_, at) => this.#open(first + at));
    const opened = await Promise.allSettled(opening);
    for (const one of opened) if (one.status === 'fulfilled') this.#replicas.push(one.value);
    for (const one of opened) if (one.status === 'rejected') throw one.reason;
    return this.#replicas.slice(first);
  }

  async #open(number: number): Promise<ReplayReplica> {
    const name = `r${number + 1}`;
    const place = this.#storageAt === undefined ? {} : { storage: this.#storageAt(name) };
    const store = await openStore<string>({ name, incarnation: INCARNATION, env: this.#env, ...place });
    await store.load();
    const replica = { number, store, tree: new Map<string, string>(), touched: new Set<string>(), dots: 0 };
    store.subscribe((keys) => {
      for (const key of keys) replica.touched.add(key);
    });
    return replica;
  }

  /** The replica to learn all that `source` knows: an idle one that knew no more, else a new one. */
  async nearest(source: ReplayReplica): Promise<ReplayReplica> {
    const { seen } = source.store;
    let nearest: ReplayReplica | undefined;
    for (const idle of this.#idle) {
      if (nearest !== undefined && idle.store.seen.size <= nearest.store.seen.size) continue;
      if (seen.covers(idle.store.seen)) nearest = idle;
    }
    return nearest ?? this.open();
  }

  /** Takes note that a replica has seen exactly what `source` has, and stands where it does. */
  stand(replica: ReplayReplica, source: ReplayReplica): void {
    this.#idle.delete(replica);
    replica.dots = source.dots;
    replica.tree.clear();
    for (const [key, blob] of source.tree) replica.tree.set(key, blob);
  }

  /** Its branch was merged: it may be reused by whoever knows what it knows. */
  release(replica: ReplayReplica): void {
    this.#idle.add(replica);
  }

  /** One way: `replica` learns what `source` has seen. */
  async pull(replica: ReplayReplica, source: ReplayReplica): Promise<ExchangeCount> {
    const { mode, records, bytes } = await exchange(source.store, replica.store, { oneWay: true });
    return { mode, exchanges: 1, records, bytes };
  }

  /** Both ways. */
  async meet(a: ReplayReplica, b: ReplayReplica): Promise<ExchangeCount> {
    const { mode, records, bytes } = await exchange(a.store, b.store);
    return { mode, exchanges: 1, records, bytes };
  }

  async close(): Promise<void> {
    await Promise.all(this.#replicas.map(({ store }) => store.close()));
  }

  /** Adds exchanges that took place, in this run or an earlier one. */
  count({ mode, exchanges, records, bytes }: ExchangeCount): void {
    const before = this.#counts.get(mode) ?? { mode, exchanges: 0, records: 0, bytes: 0 };
    this.#counts.set(mode, {
      mode,
      exchanges: before.exchanges + exchanges,
      records: before.records + records,
      bytes: before.bytes + bytes,
    });
  }
}
