/**
 * One replica's state and the synchronous steps on it: write, receive a record, take in an exchange, reap. Each step
 * either happens wholly or throws before it changed anything. No promise, no policy for readers, no bytes: those
 * belong to VersionedKVStore, and to repair.
 */

import type { Dot } from '../clock/dot.ts';
import { DotSet } from '../clock/dot-set.ts';
import { VectorClock } from '../clock/vector-clock.ts';
import type { Value } from '../codec/value.ts';
import type { Env } from '../env.ts';
import { CausalError } from '../errors.ts';
import { ALL_RULES, type Rules } from '../rules.ts';
import { separateCollisions } from './collision.ts';
import { Knowledge } from './knowledge.ts';
import { Membership } from './membership.ts';
import {
  type Cover,
  discard,
  dotOf,
  find,
  insert,
  isTombstone,
  type Merged,
  merge,
  type StoreRecord,
  type Version,
  write,
} from './record.ts';
import type { ReplicaRecord } from './replica-record.ts';
import { type Cell, isSettled, Table, toRecord } from './table.ts';

/** On what a write is based: what the replica shows now, nothing, or what an answer reflected. */
export type WriteContext = 'local' | 'none' | DotSet;

/** `value` undefined is a delete. */
export type WriteOperation = {
  readonly key: string;
  readonly value: Value | undefined;
  readonly context: WriteContext;
};

/** What happened to the versions of one key. */
export type Receipt = Omit<Merged, 'versions'> & { readonly key: string; readonly collisions: readonly Dot[] };

/** A record of an exchange: its context is the `seen` of the sender's snapshot and this residual. */
export type ExchangeRecord = StoreRecord & { readonly key: string };

/** The end of an exchange in which everything the peer had to show was taken in. */
export type Adoption = {
  readonly reaped: VectorClock;
  /** Dots held here that the peer has seen and no longer holds. */
  readonly discards: DotSet;
  /** This replica's `seen` as the peer knew it when it chose what to send. */
  readonly toldSeen: DotSet;
  /** Dots of the versions that were taken in earlier in the same exchange. */
  readonly takenBefore: DotSet;
};

export type ReapReport = {
  /** How many records went; each held nothing but tombstones. */
  readonly reaped: number;
  readonly dots: readonly Dot[];
  /** How many such records stay, and for how many of them each member is waited for. */
  readonly waiting: number;
  readonly waitingFor: ReadonlyMap<string, number>;
};

/** Told after each commit which keys changed. */
export type CommitListener = (keys: readonly string[]) => void;

const NOTHING: Cover = { has: () => false };
const EVERYTHING: Cover = { has: () => true };

/** The state of one replica and the steps on it, each whole or not at all. */
export class ReplicaState {
  readonly knowledge: Knowledge;
  readonly table: Table = new Table();
  readonly membership: Membership;
  readonly rules: Rules;
  readonly listeners: Set<CommitListener> = new Set<CommitListener>();
  readonly #env: Env;
  collisions = 0;
  reapedByForce = 0;
  reapedStable = 0;

  constructor(id: string, members: Iterable<string>, env: Env, rules: Rules = ALL_RULES) {
    this.knowledge = new Knowledge(id);
    this.membership = new Membership(id, members);
    this.rules = rules;
    this.#env = env;
  }

  get id(): string {
    return this.knowledge.id;
  }

  /** Writes one key, which holds `cell`. Cost: O(1) for a settled key. Throws: COUNTER_EXHAUSTED, IDENTITY_ALARM. */
  write(key: string, value: Value | undefined, context: WriteContext, cell: Cell | undefined): Version {
    this.knowledge.ensureCounters(1);
    if (context === 'local' && (cell === undefined || isSettled(cell))) {
      const now = this.#env.now();
      const time = cell !== undefined && cell.time >= now ? cell.time + 1 : now;
      const version: Version = { id: this.knowledge.id, counter: this.knowledge.issue(), time, value };
      this.table.setSettled(key, cell, version);
      if (this.listeners.size > 0) this.#tell([key]);
      return version;
    }
    const [version] = this.writeAll([{ key, value, context }]);
    return version as Version; // one operation gives one version
  }

  /** Writes several keys in one commit: all of them or, when it throws, none. */
  writeAll(operations: readonly WriteOperation[]): readonly Version[] {
    this.knowledge.ensureCounters(operations.length);
    for (const { context } of operations) if (typeof context !== 'string') this.refuseForgedDots(context);
    const versions: Version[] = [];
    for (const { key, value, context } of operations) {
      const record = toRecord(this.table.get(key));
      const cover = context === 'local' ? EVERYTHING : context === 'none' ? NOTHING : context;
      let time = this.#env.now();
      for (const held of record.versions) {
        if (cover.has(held.id, held.counter)) time = Math.max(time, held.time + 1);
      }
      const version: Version = { id: this.id, counter: this.knowledge.issue(), time, value };
      const residual = typeof context === 'string' ? record.residual : record.residual.union(context);
      this.table.set(key, this.#kept(write(record.versions, version, cover), residual));
      versions.push(version);
    }
    if (this.listeners.size > 0) this.#tell(operations.map(({ key }) => key));
    return versions;
  }

  /** What another replica is handed for this key at this moment; absence has a context too. */
  recordOf(key: string): ReplicaRecord {
    const cell = this.table.get(key);
    const record = toRecord(cell);
    if (cell === undefined && !this.rules['absence-has-context']) return { key, versions: [], context: DotSet.empty };
    return { key, versions: record.versions, context: this.knowledge.seen.union(record.residual) };
  }

  /** Merges what another replica holds for a key. Law: L4, L14. Throws: IDENTITY_ALARM. */
  receive(incoming: ReplicaRecord): Receipt {
    this.refuseForgedDots(incoming.context);
    const { key, context } = incoming;
    const cell = this.table.get(key);
    const local = toRecord(cell);
    const { merged, collisions } = this.#merge(cell, local, incoming.versions, context);
    const lost = [...merged.superseded, ...merged.stale.filter(({ id, counter }) => !this.knowledge.has(id, counter))];
    for (const version of incoming.versions) this.knowledge.take(version.id, version.counter);
    for (const version of merged.added) this.knowledge.take(version.id, version.counter);
    this.#fenceTombstones(lost);
    const residual = this.rules['merge-unites-contexts'] ? local.residual.union(context) : local.residual;
    this.table.set(key, this.#kept(merged.versions, residual));
    if ((merged.added.length > 0 || merged.superseded.length > 0) && this.listeners.size > 0) this.#tell([key]);
    return { key, added: merged.added, superseded: merged.superseded, stale: merged.stale, collisions };
  }

  /**
   * Takes in records of an exchange in one commit. Without `adoption` the exchange goes on, or was cut off: what came
   * is kept with the peer's `seen` as residual context. With it, everything is here: only now `seen` is united.
   */
  takeIn(records: readonly ExchangeRecord[], peerSeen: DotSet, adoption?: Adoption): readonly Receipt[] {
    const { knowledge, table } = this;
    const beyond = adoption === undefined ? peerSeen.minus(knowledge.seen) : DotSet.empty;
    const receipts: Receipt[] = [];
    const taken: Version[] = [];
    const lost: Version[] = [];
    const changed: string[] = [];
    for (const { key, versions, residual } of records) {
      const cell = table.get(key);
      const [only] = versions;
      if (cell === undefined && only !== undefined && versions.length === 1 && residual.isEmpty && beyond.isEmpty) {
        if (knowledge.has(only.id, only.counter) && this.rules['absence-has-context']) continue;
        table.setSettled(key, undefined, only);
        changed.push(key);
        continue;
      }
      const local = toRecord(cell);
      const cover = residual.isEmpty ? peerSeen : peerSeen.union(residual);
      const { merged, collisions } = this.#merge(cell, local, versions, cover);
      taken.push(...versions, ...(collisions.length > 0 ? merged.added : []));
      for (const version of merged.superseded) {
        if (adoption === undefined || !peerSeen.has(version.id, version.counter)) lost.push(version);
      }
      for (const version of merged.stale) if (!knowledge.has(version.id, version.counter)) lost.push(version);
      const context = this.rules['merge-unites-contexts']
        ? local.residual.union(residual).union(beyond)
        : local.residual;
      table.set(key, this.#kept(merged.versions, context, adoption === undefined ? undefined : peerSeen));
      if (merged.added.length > 0 || merged.superseded.length > 0) changed.push(key);
      receipts.push({ key, added: merged.added, superseded: merged.superseded, stale: merged.stale, collisions });
    }
    if (adoption !== undefined) {
      changed.push(
        ...this.#discard(adoption.discards),
        ...this.#discard(this.#arrivedMeanwhile(records, peerSeen, adoption)),
      );
      knowledge.adopt(peerSeen, adoption.reaped);
    }
    for (const version of taken) knowledge.take(version.id, version.counter);
    this.#fenceTombstones(lost);
    if (adoption !== undefined) this.stripResiduals();
    if (changed.length > 0 && this.listeners.size > 0) this.#tell(changed);
    return receipts;
  }

  /**
   * Mends what differs although both have seen the same, so that neither may take the other's absence for a delete.
   * What the peer holds and this replica does not is brought back, unless a residual here says why it is not held; a
   * record with a residual is merged as ever. `seen` is what both had seen: if this replica has moved on since, nothing
   * is done and the next exchange mends. Returns the dots of values that had been lost.
   */
  mend(records: readonly ExchangeRecord[], seen: DotSet): readonly Dot[] {
    if (!this.knowledge.seen.equals(seen)) return [];
    this.takeIn(
      records.filter(({ residual }) => !residual.isEmpty),
      seen,
    );
    const lost: Dot[] = [];
    const changed: string[] = [];
    for (const { key, versions, residual } of records) {
      const local = this.table.record(key);
      if (!residual.isEmpty || !local.residual.isEmpty || versions.every(isTombstone)) continue;
      let union = local.versions;
      for (const version of versions) {
        if (find(union, version) !== undefined || !seen.has(version.id, version.counter)) continue;
        union = insert(union, version);
        if (!isTombstone(version)) lost.push({ id: version.id, counter: version.counter });
      }
      if (union === local.versions) continue;
      this.table.set(key, { versions: union, residual: local.residual });
      changed.push(key);
    }
    if (changed.length > 0 && this.listeners.size > 0) this.#tell(changed);
    return lost;
  }

  /**
   * What a peer must be sent: records that hold a current dot in `dots`, in the order of those dots, and every record
   * with a residual, because what that says of dots beyond `seen` is in no clock. Each once.
   */
  recordsWith(dots: DotSet): ExchangeRecord[] {
    const found = new Map<string, ExchangeRecord>();
    const add = (key: string): void => {
      if (!found.has(key)) found.set(key, { key, ...this.table.record(key) });
    };
    this.table.index.visit(dots, (_id, _counter, key) => add(key));
    for (const key of this.table.unsettled) if (!this.table.record(key).residual.isEmpty) add(key);
    return [...found.values()];
  }

  /** Removes `seen` from every residual: what is left is what `seen` does not cover yet. */
  stripResiduals(): void {
    if (!this.rules['residuals-are-stripped']) return;
    for (const key of [...this.table.unsettled]) {
      const { versions, residual } = this.table.record(key);
      if (residual.isEmpty) continue;
      const left = residual.minus(this.knowledge.seen);
      if (left !== residual) this.table.set(key, { versions, residual: left });
    }
  }

  get members(): string[] {
    return this.membership.list((key) => this.table.record(key), this.table.internal);
  }

  /**
   * Removes records that hold nothing but causally stable tombstones; with `force`, also those that members have not
   * seen. Never one with a residual: that would forget what a stale value is refused by. Law: L10, L11.
   */
  reap(force: boolean): ReapReport {
    this.stripResiduals();
    const { membership, table } = this;
    const others = this.members.filter((member) => !membership.isSelf(member));
    const known = others.map((member) => [member, membership.knowledgeOf(member)] as const);
    const dots: Dot[] = [];
    const waitingFor = new Map<string, number>();
    let reaped = 0;
    for (const key of [...table.graves]) {
      const { versions, residual } = table.record(key);
      if (!residual.isEmpty) continue;
      const missing = known.filter(([, seen]) => !versions.every((version) => seen.has(version.id, version.counter)));
      if (missing.length > 0 && !force) {
        for (const [member] of missing) waitingFor.set(member, (waitingFor.get(member) ?? 0) + 1);
        continue;
      }
      if (missing.length > 0) this.reapedByForce += 1;
      else this.reapedStable += 1;
      for (const version of versions) dots.push({ id: version.id, counter: version.counter });
      table.set(key, { versions: [], residual: DotSet.empty });
      reaped += 1;
    }
    this.knowledge.fence(highest(dots));
    return { reaped, dots, waiting: table.graves.size, waitingFor };
  }

  /** Throws IDENTITY_ALARM when `set` names dots of this replica that it never issued; they are not believed. */
  refuseForgedDots(set: DotSet): void {
    if (!this.knowledge.isAheadOfMe(set)) return;
    throw new CausalError(
      'IDENTITY_ALARM',
      `Cannot believe a clock that names writes of "${this.id}" beyond its counter ${this.knowledge.counter}: the id is in use twice, open one of the stores under a new incarnation`,
      { id: this.id, counter: this.knowledge.counter },
    );
  }

  #merge(
    cell: Cell | undefined,
    local: StoreRecord,
    incoming: readonly Version[],
    context: Cover,
  ): ReturnType<typeof separateCollisions> {
    const { knowledge } = this;
    const { residual } = local;
    let cover: Cover = residual.isEmpty ? knowledge : { has: (id, n) => knowledge.has(id, n) || residual.has(id, n) };
    if (cell === undefined && !this.rules['absence-has-context']) cover = NOTHING;
    const merged = merge(local.versions, cover, incoming, context);
    if (!this.rules['collisions-are-detected']) return { merged, collisions: [] };
    const result = separateCollisions(merged, local.versions, incoming);
    this.collisions += result.collisions.length;
    return result;
  }

  /** A record with its residual reduced to what `seen` (and `adopted`, about to be united with it) does not cover. */
  #kept(versions: readonly Version[], context: DotSet, adopted?: DotSet): StoreRecord {
    if (context.isEmpty || !this.rules['residuals-are-kept']) return { versions, residual: DotSet.empty };
    const beyond = context.minus(this.knowledge.seen);
    return { versions, residual: adopted === undefined ? beyond : beyond.minus(adopted) };
  }

  /**
   * Dots that came in by another way since the peer chose what to send, that it has seen, and that it did not send: it
   * holds them no longer, or it would have.
   */
  #arrivedMeanwhile(records: readonly ExchangeRecord[], peerSeen: DotSet, adoption: Adoption): DotSet {
    const { toldSeen, takenBefore } = adoption;
    if (this.knowledge.seen.equals(toldSeen)) return DotSet.empty;
    const sent = DotSet.of(records.flatMap(({ versions }) => versions.map(dotOf)));
    return peerSeen.minus(toldSeen).minus(takenBefore).minus(sent);
  }

  /**
   * A tombstone that goes because of another replica's context may have been reaped there. This replica has seen it and
   * holds nothing in its place, so it raises its own fence for whoever has not seen it.
   */
  #fenceTombstones(lost: readonly Version[]): void {
    const tombstones = lost.filter(isTombstone);
    if (tombstones.length > 0) this.knowledge.fence(highest(tombstones));
  }

  #discard(dots: DotSet): string[] {
    if (dots.isEmpty) return [];
    const changed: string[] = [];
    const doomed: [key: string, dot: Dot][] = [];
    this.table.index.visit(dots, (id, counter, key) => doomed.push([key, { id, counter }]));
    for (const [key, dot] of doomed) {
      const { versions, residual } = this.table.record(key);
      this.table.set(key, { versions: discard(versions, [dot]), residual });
      changed.push(key);
    }
    return changed;
  }

  #tell(keys: readonly string[]): void {
    for (const listener of [...this.listeners]) listener(keys);
  }
}

function highest(dots: readonly Dot[]): VectorClock {
  const counters = new Map<string, number>();
  for (const { id, counter } of dots) counters.set(id, Math.max(counter, counters.get(id) ?? 0));
  return VectorClock.of(counters);
}
