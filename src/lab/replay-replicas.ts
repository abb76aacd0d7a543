/**
 * The replicas of a replay: opens them, forks one from another, keeps those whose branch was merged for reuse (a
 * developer who comes back), and counts every exchange. All take their time from the commit being replayed and have
 * fixed incarnations, so a history gives the same run every time.
 */

import { compareText } from '../codec/text.ts';
import type { Env } from '../env.ts';
import { exchange } from '../repair/exchange-local.ts';
import { openStore } from '../store/open-store.ts';
import type { VersionedKVStore } from '../store/versioned-kv-store.ts';

/** One replica, with the tree git has at the commit it stands at. `touched`: the keys that changed since it was cleared. */
export type ReplayReplica = {
  readonly store: VersionedKVStore<string>;
  readonly tree: Map<string, string>;
  readonly touched: Set<string>;
};

/** The exchanges that went one way: by equality alone, by difference, … */
export type ExchangeCount = {
  readonly mode: string;
  readonly exchanges: number;
  readonly records: number;
  readonly bytes: number;
};

const INCARNATION = 'replay';

/** Opens, forks and reuses replicas, and counts what they exchange. */
export class ReplicaPool {
  readonly #replicas: ReplayReplica[] = [];
  readonly #idle = new Set<ReplayReplica>();
  readonly #counts = new Map<string, ExchangeCount>();
  readonly #env: Env;
  #timeMs = 0;

  constructor() {
    this.#env = { now: () => this.#timeMs, random: () => 0.5 };
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

  /** A replica that has seen nothing. */
  async open(): Promise<ReplayReplica> {
    const name = `r${this.#replicas.length + 1}`;
    const store = await openStore<string>({ name, incarnation: INCARNATION, env: this.#env });
    const replica = { store, tree: new Map<string, string>(), touched: new Set<string>() };
    store.subscribe((keys) => {
      for (const key of keys) replica.touched.add(key);
    });
    this.#replicas.push(replica);
    return replica;
  }

  /** A replica that has seen exactly what `source` has: an idle one that knew no more, else a new one. */
  async fork(source: ReplayReplica): Promise<ReplayReplica> {
    const { seen } = source.store;
    let nearest: ReplayReplica | undefined;
    for (const idle of this.#idle) {
      if (nearest !== undefined && idle.store.seen.size <= nearest.store.seen.size) continue;
      if (seen.covers(idle.store.seen)) nearest = idle;
    }
    const replica = nearest ?? (await this.open());
    this.#idle.delete(replica);
    await this.pull(replica, source);
    replica.tree.clear();
    for (const [key, blob] of source.tree) replica.tree.set(key, blob);
    return replica;
  }

  /** Its branch was merged: it may be reused by whoever knows what it knows. */
  release(replica: ReplayReplica): void {
    this.#idle.add(replica);
  }

  /** One way: `replica` learns what `source` has seen. */
  async pull(replica: ReplayReplica, source: ReplayReplica): Promise<void> {
    this.#count(await exchange(source.store, replica.store, { oneWay: true }));
  }

  /** Both ways. */
  async meet(a: ReplayReplica, b: ReplayReplica): Promise<void> {
    this.#count(await exchange(a.store, b.store));
  }

  async close(): Promise<void> {
    for (const { store } of this.#replicas) await store.close();
  }

  #count({ mode, records, bytes }: { mode: string; records: number; bytes: number }): void {
    const before = this.#counts.get(mode) ?? { mode, exchanges: 0, records: 0, bytes: 0 };
    this.#counts.set(mode, {
      mode,
      exchanges: before.exchanges + 1,
      records: before.records + records,
      bytes: before.bytes + bytes,
    });
  }
}
