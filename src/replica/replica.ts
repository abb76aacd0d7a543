/**
 * A replica: a store that replicates. It composes what the rooms below have: the store, links to peers, exchanges and
 * pushes over them, a group that coordinates reads and writes, reaping. It decides nothing of its own about the data;
 * everything it does may be stopped at any moment and is taken up again.
 */

// For programs that compile against es2022: this is where the package names Symbol.asyncDispose.
/// <reference lib="esnext.disposable" preserve="true" />

import type { TimedEnv } from '../env.ts';
import { CausalError } from '../errors.ts';
import { checkVersion } from '../repair/exchange-bounds.ts';
import { PROTOCOL_VERSION } from '../repair/messages.ts';
import type { BatchOperation } from '../store/operations.ts';
import type { ReapReport } from '../store/replica-state.ts';
import { stateOf, type VersionedKVStore } from '../store/versioned-kv-store.ts';
import type { Link, Listener, Transport } from '../transport/transport.ts';
import { type Counting, newCounters } from './counters.ts';
import { type Group, openGroup } from './group.ts';
import { shortWhy } from './link-failure.ts';
import { Links } from './links.ts';
import { type Redial, redial } from './redial.ts';
import { DEFAULT_LIMITS } from './replica-defaults.ts';
import type {
  GetOptions,
  GroupAnswer,
  GroupWritten,
  PeerOptions,
  PutOptions,
  ReplicaApi,
  ReplicaEvent,
  ReplicaLimits,
  ReplicaOptions,
  ReplicaStatus,
} from './replica-types.ts';
import { peerStatuses, tombstonesOf } from './status.ts';
import { systemTimedEnv } from './system-env.ts';

/** A peer that is to be dialled; `name`: as whom it was met. */
type Dialled = { readonly peer: PeerOptions; redial: Redial | undefined; name: string | undefined; isTried: boolean };

/** How long peers may take to have what was written, when a replica closes. */
const DRAIN_MS = 5_000;

/**
 * Opens a replica over a store: listens, links, exchanges. The store belongs to it from then on. Throws: RangeError,
 * TypeError for options that do not fit; LINK_FAILED when it cannot listen.
 */
export async function openReplica<T>(options: ReplicaOptions<T>): Promise<Replica<T>> {
  const replica = new Replica(options);
  try {
    await replica.start();
  } catch (error) {
    await replica.close({ drainMs: 0 });
    throw error;
  }
  return replica;
}

/** See `openReplica`. */
export class Replica<T> implements ReplicaApi<T> {
  readonly store: VersionedKVStore<T>;
  readonly #options: ReplicaOptions<T>;
  readonly #env: TimedEnv;
  readonly #limits: ReplicaLimits;
  readonly #counters: Counting = newCounters();
  readonly #links: Links<T>;
  readonly #listeners: Listener[] = [];
  readonly #dialled: Dialled[] = [];
  readonly #wake = (): void => this.#links.wake();
  #cancelReaping: (() => void) | undefined;
  /** What dials again, for a peer whose link was lost, is cancelled with these. */
  readonly #resuming = new Set<() => void>();
  #lastReaping: ReapReport | undefined;
  #group: Group<T> | undefined;
  #isDraining = false;
  #closing: Promise<void> | undefined;

  /** Use `openReplica`. */
  constructor(options: ReplicaOptions<T>) {
    const { store, env = systemTimedEnv, limits = {}, versionMax = PROTOCOL_VERSION } = options;
    checkVersion(versionMax);
    this.store = store;
    this.#options = options;
    this.#env = env;
    this.#limits = { ...DEFAULT_LIMITS, ...limits };
    this.#links = new Links<T>({
      ...{ store, env, limits: this.#limits, counters: this.#counters, keyspace: options.keyspace ?? '' },
      versionMax,
      authenticate: options.authenticate ?? (() => ({ mayRelay: true })),
      onEvent: (event) => this.#tell(event),
      answer: (key) => this.#coordinator().answer(key),
      onLost: (name) => {
        const dialled = this.#dialled.filter((one) => one.name === name);
        if (dialled.length === 0 || this.#isDraining) return;
        const cancel = this.#env.after(this.#limits.redialMs * this.#env.random(), () => {
          this.#resuming.delete(cancel);
          for (const { redial: dialling } of dialled) dialling?.resume();
        });
        this.#resuming.add(cancel);
      },
    });
  }

  get id(): string {
    return this.store.id;
  }

  get name(): string {
    return this.store.name;
  }

  /** Begins to listen and to dial. */
  async start(): Promise<void> {
    const { group: options, hints } = this.#options;
    const parts = { store: this.store, peers: this.#links, env: this.#env, counts: this.#counters };
    this.#group = await openGroup({ ...parts, options, hints });
    stateOf(this.store).listeners.add(this.#wake);
    for (const address of this.#options.listen ?? []) {
      const listener = await this.#transportFor(address).listen(address, (link) => this.take(link));
      this.#listeners.push(listener);
      this.#tell({ kind: 'listening', address: listener.address });
    }
    for (const peer of this.#options.peers ?? []) this.#dial(typeof peer === 'string' ? { address: peer } : peer);
    this.#reapLater();
  }

  /** Takes a link that a peer opened, by whatever way it came. */
  take(link: Link): void {
    this.#links.meet(link, false, undefined, this.#tokenFor({ address: link.peer })).catch((cause: unknown) => {
      this.#tell({ kind: 'link-refused', address: link.peer, why: shortWhy(cause) });
    });
  }

  get(key: string, options?: GetOptions): Promise<GroupAnswer<T>> {
    return this.#call((group) => group.get(key, options));
  }

  put(key: string, value: T, options?: PutOptions): Promise<GroupWritten> {
    return this.#call((group) => group.put(key, value, options));
  }

  delete(key: string, options?: PutOptions): Promise<GroupWritten> {
    return this.#call((group) => group.delete(key, options));
  }

  batch(
    operations: readonly BatchOperation<T>[],
    options?: Omit<PutOptions, 'context'>,
  ): Promise<readonly GroupWritten[]> {
    return this.#call((group) => group.batch(operations, options));
  }

  catchUp(session: string, waitMs?: number): Promise<void> {
    return this.#call((group) => group.catchUp(session, waitMs));
  }

  sessionToken(session?: string): string {
    return this.#coordinator().sessionToken(session);
  }

  members(): readonly string[] {
    return this.#coordinator().members();
  }

  join(name: string): Promise<void> {
    return this.#call((group) => group.join(name));
  }

  retire(name: string): Promise<void> {
    return this.#call((group) => group.retire(name));
  }

  replace(old: string, by: string): Promise<void> {
    return this.#call((group) => group.replace(old, by));
  }

  cut(peer: string): void {
    this.#links.cut(peer);
  }

  heal(peer: string): void {
    this.#links.heal(peer);
    for (const { redial: dialling } of this.#dialled) dialling?.tryNow();
  }

  async exchangeAll(): Promise<void> {
    await Promise.all(this.#links.all().map((peer) => peer.exchange()));
  }

  async status(): Promise<ReplicaStatus> {
    await this.store.load();
    const { store } = this;
    const dialled = this.#dialled.map(({ peer: { address }, name, redial: dialling }) => ({
      ...{ name, address, isDialling: dialling?.state() === 'connecting' },
    }));
    return {
      ...{ id: store.id, name: store.name, keyspace: this.#options.keyspace ?? '' },
      ...{ isReady: this.#isReady(), isDraining: this.#isDraining },
      listening: this.#listeners.map(({ address }) => address),
      members: this.members(),
      group: this.#groupStatus(),
      peers: peerStatuses(store, this.#links, dialled),
      counters: { ...this.#counters, hints: this.#coordinator().hints },
      ...tombstonesOf(store, this.#lastReaping, this.#env),
      stats: store.stats(),
    };
  }

  close(options: { readonly drainMs?: number } = {}): Promise<void> {
    this.#closing ??= this.#end(options.drainMs ?? DRAIN_MS);
    return this.#closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #end(drainMs: number): Promise<void> {
    this.#isDraining = true;
    this.#cancelReaping?.();
    for (const cancel of this.#resuming) cancel();
    await Promise.all(this.#listeners.map((listener) => listener.close()));
    await this.#drain(drainMs);
    // Both at once: what the group waits for may never come over links that stay open.
    await Promise.all([this.#group?.close(), this.#links.close('this replica closes')]);
    await Promise.all(this.#dialled.map(({ redial: dialling }) => dialling?.stop()));
    if (!this.store.isClosed) stateOf(this.store).listeners.delete(this.#wake);
    await this.store.close();
  }

  #coordinator(): Group<T> {
    if (this.#group !== undefined) return this.#group;
    throw new CausalError('STORE_CLOSED', `Cannot use "${this.name}": the replica has not been opened`);
  }

  /** Takes no new calls once the replica drains. */
  #call<R>(call: (group: Group<T>) => Promise<R>): Promise<R> {
    this.#links.noteCall();
    if (!this.#isDraining) return call(this.#coordinator());
    return Promise.reject(new CausalError('STORE_CLOSED', `Cannot use "${this.name}": the replica closes`));
  }

  #groupStatus(): ReplicaStatus['group'] {
    const group = this.#coordinator();
    const { r, w, isSloppy } = group.quorum;
    return { n: group.n, r, w, isSloppy };
  }

  /** Waits until every linked peer has what was written here, but not for ever. */
  async #drain(drainMs: number): Promise<void> {
    const isDone = (): boolean => this.#links.all().every((peer) => peer.hasAll);
    if (drainMs <= 0 || isDone()) return;
    await new Promise<void>((resolve) => {
      const end = (): void => {
        cancel();
        stop();
        resolve();
      };
      const cancel = this.#env.after(drainMs, end);
      const stop = this.#links.onEvent(() => {
        if (isDone()) end();
      });
      this.#links.wake();
    });
  }

  /** Every peer that is to be dialled was exchanged with, or could not be reached. */
  #isReady(): boolean {
    if (this.#isDraining) return false;
    return this.#dialled.every(({ name, isTried }) => {
      const met = name === undefined ? undefined : this.#links.met.get(name);
      return isTried || met?.exchangedAt !== undefined;
    });
  }

  #dial(peer: PeerOptions): void {
    const transport = this.#transportFor(peer.address);
    const dialled: Dialled = { peer, redial: undefined, name: peer.name, isTried: false };
    this.#dialled.push(dialled);
    const isWanted = (): boolean => {
      const { name } = dialled;
      return name === undefined || !(this.#links.isConnected(name) || this.#links.isCut(name));
    };
    dialled.redial = redial({
      ...{ env: this.#env, redialMs: this.#limits.redialMs, redialMaxMs: this.#limits.redialMaxMs },
      // Of a peer that is linked by other means, or was cut by hand.
      isWanted: () => !this.#isDraining && isWanted(),
      connect: () => transport.connect(peer.address),
      onLink: async (link) => {
        await this.#links.meet(link, true, peer.name, this.#tokenFor(peer), (name) => {
          dialled.name = name;
        });
        dialled.isTried = true;
      },
      onFailure: ({ error: cause, againInMs }) => {
        if (this.#isDraining || cause === undefined || !isWanted()) return;
        dialled.isTried = true;
        this.#tell({ kind: 'dial-failed', address: peer.address, why: shortWhy(cause), againInMs });
      },
    });
  }

  #tokenFor(peer: PeerOptions): string | undefined {
    const { token } = this.#options;
    return typeof token === 'function' ? token(peer) : token;
  }

  #transportFor(address: string): Transport {
    const found = this.#options.transports?.find(({ schemes }) => schemes.some((scheme) => address.startsWith(scheme)));
    if (found !== undefined) return found;
    throw new TypeError(`Cannot use the address "${address}": no transport was given for it`);
  }

  #reapLater(): void {
    if (this.#isDraining) return;
    this.#cancelReaping = this.#env.after(this.#limits.reapEveryMs, () => {
      this.#group?.sweep();
      void this.#reap().finally(() => this.#reapLater());
    });
  }

  async #reap(): Promise<void> {
    try {
      if (stateOf(this.store).table.graves.size === 0) return;
      const report = await this.store.reap();
      this.#lastReaping = report;
      if (report.reaped === 0) return;
      this.#tell({ kind: 'reaped', reaped: report.reaped, waiting: report.waiting });
      this.#links.wake();
    } catch (cause) {
      if (!this.#isDraining) this.#tell({ kind: 'failed', what: 'reaping', cause });
    }
  }

  #tell(event: ReplicaEvent): void {
    try {
      this.#options.onEvent?.(event);
    } catch {
      // A listener that fails must not undo, or seem to undo, what has happened.
    }
  }
}
