/**
 * A cluster of real stores whose links are fakes: pushes and exchanges are one-way or two-way exchanges after a delay,
 * links can be cut and healed, and everything goes on in fake time. What links do for a replica happens here.
 */

import type { Dot } from '../../src/clock/dot.ts';
import { DotSet } from '../../src/clock/dot-set.ts';
import type { Value } from '../../src/codec/value.ts';
import { CausalError } from '../../src/errors.ts';
import { exchange } from '../../src/repair/exchange-local.ts';
import { type Group, openGroup } from '../../src/replica/group.ts';
import { type GroupCounts, noGroupCounts } from '../../src/replica/group-counts.ts';
import type { ConnectedPeer, PeerEvent, Peers } from '../../src/replica/peers.ts';
import type { GroupOptions, HintOptions } from '../../src/replica/replica-types.ts';
import { openStore, type StoreOptions } from '../../src/store/open-store.ts';
import type { ReplicaRecord } from '../../src/store/replica-record.ts';
import { stateOf, type VersionedKVStore } from '../../src/store/versioned-kv-store.ts';
import { FakeEnv } from './fake-env.ts';

export type Replica<T> = {
  readonly name: string;
  readonly store: VersionedKVStore<T>;
  readonly group: Group<T>;
  readonly counts: GroupCounts;
};

export type JoinOptions<T> = {
  readonly group?: GroupOptions;
  readonly store?: StoreOptions<T>;
  /** What the hints of each replica are kept in; default: memory. */
  readonly hints?: () => HintOptions;
};

type Place<T> = {
  readonly store: VersionedKVStore<T>;
  readonly listeners: Set<(event: PeerEvent) => void>;
  /** What the others are known to have taken in. */
  readonly known: Map<string, DotSet>;
  readonly peers: Map<string, ConnectedPeer>;
  group: Group<T> | undefined;
};

/** What a link does before it carries something; the default is one millisecond. */
export type Delays = (from: string, to: string, what: 'push' | 'ask' | 'give' | 'exchange') => number;

export class Cluster<T = Value> {
  readonly env: FakeEnv;
  delays: Delays = () => 1;
  /** Whether writes are pushed as they are made. */
  isPushing = true;
  /** Whether an exchange follows each new link, as a replica does it. */
  isExchanging = true;
  /** How often each was asked for. */
  readonly asked: { [what: string]: number } = { push: 0, ask: 0, give: 0, exchange: 0 };
  readonly #places: Map<string, Place<T>> = new Map<string, Place<T>>();
  readonly #links: Set<string> = new Set<string>();
  readonly #exchanging: Map<string, Promise<void>> = new Map<string, Promise<void>>();

  constructor(env: FakeEnv = new FakeEnv()) {
    this.env = env;
  }

  /** Opens a replica without links. */
  async open(name: string, { group, store: options, hints }: JoinOptions<T> = {}): Promise<Replica<T>> {
    const store = await openStore<T>({ name, incarnation: '1', env: this.env, ...options });
    const counts = noGroupCounts();
    const place: Place<T> = { store, listeners: new Set(), known: new Map(), peers: new Map(), group: undefined };
    for (const other of this.#places.keys()) this.cut(name, other);
    this.#places.set(name, place);
    stateOf(store).listeners.add(() => this.#push(name));
    const opened = await openGroup<T>({
      store,
      peers: this.#peersOf(place),
      env: this.env,
      counts,
      options: group,
      hints: hints?.(),
    });
    place.group = opened;
    return { name, store, group: opened, counts };
  }

  /** Opens replicas that know of each other, with links between all of them, and lets them meet. */
  async openAll(
    names: readonly string[],
    group: GroupOptions = {},
    options: JoinOptions<T> = {},
  ): Promise<Replica<T>[]> {
    const replicas: Replica<T>[] = [];
    for (const name of names) {
      const store = { members: names, ...options.store };
      replicas.push(await this.open(name, { ...options, group, store }));
    }
    for (const one of names) for (const other of names) if (one < other) this.heal(one, other);
    await this.env.pass(20);
    return replicas;
  }

  heal(one: string, other: string): void {
    if (one === other || this.isLinked(one, other)) return;
    this.#links.add(linkOf(one, other));
    for (const [here, there] of [
      [one, other],
      [other, one],
    ] as const) {
      const peer = this.#peer(here, there);
      this.#place(here).peers.set(there, peer);
    }
    for (const [here, there] of [
      [one, other],
      [other, one],
    ] as const) {
      const peer = this.#place(here).peers.get(there);
      if (peer !== undefined) this.#tell(here, { kind: 'connected', peer });
    }
    if (this.isExchanging) this.#exchange(one, other).catch(() => undefined);
  }

  cut(one: string, other: string): void {
    if (!this.#links.delete(linkOf(one, other))) return;
    for (const [here, there] of [
      [one, other],
      [other, one],
    ] as const) {
      this.#place(here).peers.delete(there);
      this.#place(here).known.delete(there);
      this.#tell(here, { kind: 'disconnected', name: there, why: 'cut' });
    }
  }

  /** Cuts a replica off from all others. */
  isolate(name: string): void {
    for (const other of this.#places.keys()) this.cut(name, other);
  }

  /** Links a replica with all others. */
  rejoin(name: string): void {
    for (const other of this.#places.keys()) this.heal(name, other);
  }

  isLinked(one: string, other: string): boolean {
    return this.#links.has(linkOf(one, other));
  }

  /** One exchange between two replicas that are linked. */
  exchange(one: string, other: string): Promise<void> {
    return this.#exchange(one, other);
  }

  #place(name: string): Place<T> {
    const place = this.#places.get(name);
    if (place === undefined) throw new Error(`there is no ${name}`);
    return place;
  }

  #peersOf(place: Place<T>): Peers {
    return {
      connected: () => [...place.peers.values()].sort((a, b) => (a.name < b.name ? -1 : 1)),
      onEvent: (listener) => {
        place.listeners.add(listener);
        return () => void place.listeners.delete(listener);
      },
    };
  }

  #peer(here: string, there: string): ConnectedPeer {
    const place = this.#place(here);
    const over = <R>(what: 'ask' | 'give', act: () => Promise<R>): Promise<R> => this.#over(here, there, what, act);
    return {
      name: there,
      id: this.#place(there).store.id,
      ask: (key: string) =>
        over('ask', async (): Promise<ReplicaRecord> => {
          const { group } = this.#place(there);
          if (group === undefined) throw linkFailed(there);
          return group.answer(key);
        }),
      give: (record) =>
        over('give', async () => {
          const result = await this.#place(there).store.receiveReplica(record.key, record);
          return {
            added: result.added.length,
            superseded: result.superseded.length,
            stale: result.stale.length,
            conflict: result.conflict,
          };
        }),
      has: ({ id, counter }: Dot) => place.known.get(there)?.has(id, counter) ?? false,
      exchange: () => this.#exchange(here, there),
    };
  }

  /** Goes over a link and back: half of the delay each way. */
  async #over<R>(here: string, there: string, what: 'ask' | 'give', act: () => Promise<R>): Promise<R> {
    this.asked[what] = (this.asked[what] ?? 0) + 1;
    await this.#way(here, there, what);
    const result = await act();
    await this.#way(there, here, what);
    return result;
  }

  async #way(from: string, to: string, what: 'push' | 'ask' | 'give' | 'exchange'): Promise<void> {
    const peer = this.#place(from).peers.get(to);
    if (peer === undefined) throw linkFailed(to);
    await this.env.delay(this.delays(from, to, what));
    if (this.#place(from).peers.get(to) !== peer) throw linkFailed(to);
  }

  /** Begins an exchange, or joins the one that is under way over this link. */
  #exchange(one: string, other: string): Promise<void> {
    const link = this.#place(one).peers.get(other);
    const running = link === undefined ? undefined : this.#exchanging.get(linkOf(one, other));
    if (running !== undefined) return running;
    const exchanging = this.#exchangeOnce(one, other).finally(() => this.#exchanging.delete(linkOf(one, other)));
    this.#exchanging.set(linkOf(one, other), exchanging);
    return exchanging;
  }

  async #exchangeOnce(one: string, other: string): Promise<void> {
    this.asked['exchange'] = (this.asked['exchange'] ?? 0) + 1;
    await this.#way(one, other, 'exchange');
    const [a, b] = [this.#place(one), this.#place(other)];
    await exchange(a.store, b.store);
    if (!this.isLinked(one, other)) throw linkFailed(other);
    this.#confirm(one, other, b.store.seen);
    this.#confirm(other, one, a.store.seen);
  }

  #push(name: string): void {
    if (!this.isPushing) return;
    for (const other of this.#place(name).peers.keys()) void this.#pushTo(name, other).catch(() => undefined);
  }

  async #pushTo(name: string, other: string): Promise<void> {
    this.asked['push'] = (this.asked['push'] ?? 0) + 1;
    await this.#way(name, other, 'push');
    await exchange(this.#place(name).store, this.#place(other).store, { oneWay: true });
    const { seen } = this.#place(other).store;
    await this.#way(other, name, 'push');
    this.#confirm(name, other, seen);
  }

  /** `here` learns what `there` has. */
  #confirm(here: string, there: string, seen: DotSet): void {
    const { known, peers } = this.#place(here);
    const peer = peers.get(there);
    if (peer === undefined) return;
    known.set(there, (known.get(there) ?? DotSet.empty).union(seen));
    this.#tell(here, { kind: 'confirmed', peer });
  }

  #tell(name: string, event: PeerEvent): void {
    for (const listener of [...this.#place(name).listeners]) listener(event);
  }
}

function linkOf(one: string, other: string): string {
  return one < other ? `${one} ${other}` : `${other} ${one}`;
}

function linkFailed(peer: string): CausalError {
  return new CausalError('LINK_FAILED', `Cannot reach ${peer}: the link is cut`);
}
