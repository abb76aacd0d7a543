/**
 * The links of a replica: one for each peer, whoever opened it. Judges who may have one, decides between two to the same
 * peer, wakes all of them when something was committed, and exchanges at a pace that slows down while nothing is found.
 */

import type { DotSet } from '../clock/dot-set.ts';
import type { VectorClock } from '../clock/vector-clock.ts';
import type { TimedEnv } from '../env.ts';
import { CausalError } from '../errors.ts';
import { nameOf } from '../store/membership.ts';
import type { ReplicaRecord } from '../store/replica-record.ts';
import type { VersionedKVStore } from '../store/versioned-kv-store.ts';
import type { Link } from '../transport/transport.ts';
import type { Counting } from './counters.ts';
import { FairShare } from './fair-share.ts';
import { type Greeter, greet, refuseLink } from './greeting.ts';
import type { Exchanged } from './link-exchanges.ts';
import { shortWhy } from './link-failure.ts';
import { Pace } from './pace.ts';
import { PeerLink } from './peer-link.ts';
import type { ConnectedPeer, PeerEvent, Peers } from './peers.ts';
import type { Credentials, PeerGrant, ReplicaEvent, ReplicaLimits, ReplicaOptions } from './replica-types.ts';

export type LinksOptions<T> = {
  readonly store: VersionedKVStore<T>;
  readonly env: TimedEnv;
  readonly limits: ReplicaLimits;
  readonly counters: Counting;
  readonly keyspace: string;
  readonly versionMax: number;
  readonly authenticate: NonNullable<ReplicaOptions<T>['authenticate']>;
  readonly onEvent: (event: ReplicaEvent) => void;
  /** The link to a peer is gone, whoever had opened it; it may be this side's turn to dial. */
  readonly onLost: (name: string) => void;
  /** What a peer is answered that asks for a key on behalf of the group. */
  readonly answer: (key: string) => Promise<ReplicaRecord>;
};

/** When a peer was last met, on the wall clock. */
export type Met = { readonly id: string; readonly seenAt: number; readonly exchangedAt: number | undefined };

type Open<T> = { readonly peer: PeerLink<T>; readonly pace: Pace | undefined };

type Known = { readonly id: string; readonly seen: DotSet; readonly reaped: VectorClock };

/** How long the first messages of a link may take. */
const GREETING_MS = 10_000;

/** Every link that is open, and the peers behind them. */
export class Links<T> implements Peers {
  readonly #options: LinksOptions<T>;
  readonly #open = new Map<string, Open<T>>();
  /** The open ones by name, until one comes or goes: every call asks for them, several times. */
  #all: readonly PeerLink<T>[] | undefined;
  readonly #met = new Map<string, Met>();
  readonly #cut = new Set<string>();
  readonly #listeners = new Set<(event: PeerEvent) => void>();
  readonly #fair: FairShare;
  /** What this replica knew when all links were woken last. */
  #woken: Known | undefined;
  /** How many links that others opened are being greeted. */
  #greeting = 0;
  readonly #ungreeted = new Set<Link>();
  #isClosed = false;

  constructor(options: LinksOptions<T>) {
    this.#options = options;
    const { env, limits } = options;
    this.#fair = new FairShare({ env, share: limits.linkShare, restMsMax: limits.silenceMs / 3 });
  }

  connected(): readonly ConnectedPeer[] {
    return this.all();
  }

  /** As `connected`, with what only the replica itself uses. */
  all(): readonly PeerLink<T>[] {
    this.#all ??= [...this.#open].sort(([one], [other]) => (one < other ? -1 : 1)).map(([, { peer }]) => peer);
    return this.#all;
  }

  onEvent(listener: (event: PeerEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  get met(): ReadonlyMap<string, Met> {
    return this.#met;
  }

  isCut(name: string): boolean {
    return this.#cut.has(name);
  }

  isConnected(name: string): boolean {
    return this.#open.has(name);
  }

  /** Greets the other side of a link, and turns it until it ends. Throws: why it could not be used. */
  async meet(
    link: Link,
    isOutgoing: boolean,
    expected: string | undefined,
    token: string | undefined,
    onGreeted?: (name: string) => void,
  ): Promise<void> {
    const { store, env, limits, keyspace, versionMax } = this.#options;
    // Those whom this replica dials are few, and must not have to wait for strangers who only hold places.
    if (this.#isClosed || (!isOutgoing && this.#greeting + this.#open.size >= limits.linksMax)) {
      const error = new CausalError('OVERLOADED', `Cannot take another link: ${limits.linksMax} are open`);
      await refuseLink(link, error);
      throw error;
    }
    const place = isOutgoing ? 0 : 1;
    this.#greeting += place;
    this.#ungreeted.add(link);
    const greeter: Greeter = {
      ...{
        env,
        id: store.id,
        keyspace,
        token,
        frameBytesMax: limits.frameBytesMax,
        versionMax,
        timeoutMs: GREETING_MS,
      },
      judge: (credentials) => this.#judge(credentials, expected),
    };
    const greeted = await greet(link, isOutgoing, greeter).finally(() => {
      this.#greeting -= place;
      this.#ungreeted.delete(link);
    });
    const late = this.#lateRefusal(greeted.name);
    if (late !== undefined) {
      await refuseLink(link, late);
      throw late;
    }
    onGreeted?.(greeted.name);
    const peer: PeerLink<T> = new PeerLink<T>({
      ...{ ...this.#options, greeted, fair: this.#fair },
      isLinked: (id) => this.#open.get(nameOf(id))?.peer.id === id,
      onConfirmed: () => this.#onConfirmed(peer),
      onAcked: () => this.#tell({ kind: 'confirmed', peer }),
      onExchanged: (done) => this.#onExchanged(peer, done),
      onExchangeFailed: (error) => this.#onExchangeFailed(peer, error),
    });
    const before = this.#open.get(peer.name)?.peer;
    if (before !== undefined && !this.#isBetter(peer, before)) {
      if (peer.id === before.id) return peer.bye('another link is open');
      const why = `another replica of this name is linked, "${before.id}"`;
      await peer.bye(why);
      throw forbidden(peer.name, why);
    }
    before?.close('another link was opened');
    await this.#turn(peer);
  }

  /** Something was committed here. */
  wake(): void {
    this.#woken = knownOf(this.#options.store);
    for (const { peer } of [...this.#open.values()]) peer.wake();
  }

  /** Somebody calls the replica, and is not to wait for what peers bring. */
  noteCall(): void {
    this.#fair.note();
  }

  /** Ends the link to a peer, and lets it open none until it is healed. */
  cut(name: string): void {
    this.#cut.add(name);
    this.#open.get(name)?.peer.close('cut by hand');
  }

  heal(name: string): void {
    this.#cut.delete(name);
  }

  async close(why: string): Promise<void> {
    this.#isClosed = true;
    const ungreeted = [...this.#ungreeted].map((link) => link.close(why).catch(() => undefined));
    await Promise.all([...ungreeted, ...[...this.#open.values()].map(({ peer }) => peer.bye(why))]);
  }

  async #turn(peer: PeerLink<T>): Promise<void> {
    const { env, limits, onEvent } = this.#options;
    const { name } = peer;
    const pace = peer.isOutgoing
      ? new Pace(env, limits.exchangeEveryMs, () => void peer.exchange().catch(() => undefined))
      : undefined;
    const open: Open<T> = { peer, pace };
    this.#open.set(name, open);
    this.#all = undefined;
    this.#note(peer);
    onEvent({ kind: 'peer-connected', peer: name, address: peer.address, isOutgoing: peer.isOutgoing });
    const ended = peer.run();
    this.#tell({ kind: 'connected', peer });
    pace?.now();
    const why = await ended;
    pace?.stop();
    this.#note(peer);
    // Another link may have taken its place.
    if (this.#open.get(name) !== open) return;
    this.#open.delete(name);
    this.#all = undefined;
    onEvent({ kind: 'peer-lost', peer: name, why });
    this.#tell({ kind: 'disconnected', name, why });
    this.#options.onLost(name);
  }

  /** Why there is no use any more for a link that was greeted meanwhile. */
  #lateRefusal(name: string): CausalError | undefined {
    if (this.#isClosed) return forbidden(name, 'this replica closes');
    return this.#cut.has(name) ? forbidden(name, 'the link was cut by hand') : undefined;
  }

  #judge(credentials: Credentials, expected: string | undefined): PeerGrant {
    const { id, name } = credentials;
    const { store, authenticate, onEvent } = this.#options;
    try {
      if (expected !== undefined && name !== expected) throw forbidden(name, `"${expected}" was expected there`);
      if (credentials.provenName !== undefined && credentials.provenName !== name)
        throw forbidden(name, `its certificate is that of "${credentials.provenName}"`);
      // With the very same id it is a copy of this store, which an exchange finds out and mends.
      if (name === store.name && id !== store.id) throw forbidden(name, 'that is the name of this replica');
      if (this.#cut.has(name)) throw forbidden(name, 'the link was cut by hand');
      const verdict = authenticate(credentials);
      if ('refused' in verdict)
        throw new CausalError('UNAUTHENTICATED', `Cannot link with "${name}": ${verdict.refused}`, { peer: name });
      return verdict;
    } catch (error) {
      const code = error instanceof CausalError ? error.code : 'FORBIDDEN';
      onEvent({ kind: 'peer-refused', peer: name, code, why: shortWhy(error) });
      throw error;
    }
  }

  /**
   * Of two links to one peer both sides keep the same: the newer, or that which the smaller id opened. Of two replicas
   * with one name that which was there: the other would only take its place until it is dialled again.
   */
  #isBetter(peer: PeerLink<T>, before: PeerLink<T>): boolean {
    if (peer.id !== before.id) return false;
    if (peer.isOutgoing === before.isOutgoing) return true;
    return peer.isOutgoing === this.#options.store.id < peer.id;
  }

  /** What one peer was found to have changes what is due to it; to others only if more was seen here with that. */
  #onConfirmed(peer: PeerLink<T>): void {
    this.#tell({ kind: 'confirmed', peer });
    const { id, seen, reaped } = knownOf(this.#options.store);
    if (this.#woken?.id === id && this.#woken.seen === seen && this.#woken.reaped === reaped) peer.wake();
    else this.wake();
  }

  #onExchanged(peer: PeerLink<T>, done: Exchanged): void {
    this.#note(peer, true);
    const { mode, recordsSent, recordsReceived } = done;
    const records = recordsSent + recordsReceived;
    this.#options.onEvent({ kind: 'exchanged', peer: peer.name, mode, records });
    this.#open.get(peer.name)?.pace?.found(mode !== 'equal');
  }

  #onExchangeFailed(peer: PeerLink<T>, error: unknown): void {
    this.#options.counters.exchangesFailed += 1;
    this.#options.onEvent({ kind: 'exchange-failed', peer: peer.name, why: shortWhy(error) });
    this.#open.get(peer.name)?.pace?.failed();
  }

  #note(peer: PeerLink<T>, isExchanged = false): void {
    const seenAt = this.#options.env.now();
    const exchangedAt = isExchanged ? seenAt : this.#met.get(peer.name)?.exchangedAt;
    this.#met.set(peer.name, { id: peer.id, seenAt, exchangedAt });
  }

  #tell(event: PeerEvent): void {
    for (const listener of [...this.#listeners]) listener(event);
  }
}

function knownOf<T>({ id, seen, reaped }: VersionedKVStore<T>): Known {
  return { id, seen, reaped };
}

function forbidden(name: string, why: string): CausalError {
  return new CausalError('FORBIDDEN', `Cannot link with "${name}": ${why}`, { peer: name });
}
