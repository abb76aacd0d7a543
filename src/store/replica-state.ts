/**
 * One replica's state and the synchronous steps on it: write, receive a record, reap. Each step either happens wholly
 * or throws before it changed anything. No promise, no policy for readers, no bytes: those belong to VersionedKVStore.
 * What an exchange brings is taken in by repair, out of the parts that are here.
 */

import type { Dot } from '../clock/dot.ts';
import { DotSet } from '../clock/dot-set.ts';
import { VectorClock } from '../clock/vector-clock.ts';
import type { Value } from '../codec/value.ts';
import type { Env } from '../env.ts';
import { CausalError } from '../errors.ts';
import { TIME_MAX } from '../limits.ts';
import {
  ABSENCE_HAS_CONTEXT,
  COLLISIONS_ARE_DETECTED,
  MERGE_UNITES_CONTEXTS,
  RESIDUALS_ARE_KEPT,
  RESIDUALS_ARE_STRIPPED,
} from '../rules.ts';
import { separateCollisions } from './collision.ts';
import { Knowledge, type SeenAt } from './knowledge.ts';
import { Membership } from './membership.ts';
import {
  type Cover,
  dotOf,
  EMPTY_RECORD,
  isTombstone,
  type Merged,
  merge,
  type StoreRecord,
  type Version,
  write,
} from './record.ts';
import type { ReplicaRecord } from './replica-record.ts';
import { type Cell, Table, toRecord } from './table.ts';

/** On what a write is based: what the replica shows now, or what an answer reflected (the empty set: nothing). */
export type WriteContext = 'local' | DotSet;

/** `value` undefined is a delete. */
export type WriteOperation = {
  readonly key: string;
  readonly value: Value | undefined;
  readonly context: WriteContext;
};

/** What happened to the versions of one key. */
export type Receipt = Omit<Merged, 'versions'> & { readonly key: string; readonly collisions: readonly Dot[] };

export type ReapReport = {
  /** How many records went; each held nothing but tombstones. */
  readonly reaped: number;
  readonly dots: readonly Dot[];
  /** How many such records stay, and for how many of them each member is waited for. */
  readonly waiting: number;
  readonly waitingFor: ReadonlyMap<string, number>;
};

/** What readers that cannot wait are shown of a durable store: the newest state that is durable. */
export type DurableView = {
  readonly at: SeenAt;
  /** Whether the key has changes that are not durable yet. */
  readonly isDirty: (key: string) => boolean;
  /** What a dirty key held before them. */
  readonly cellOf: (key: string) => Cell | undefined;
  readonly dirtyKeys: () => Iterable<string>;
  /** Called with what `tell` is: listeners hear of changes once they are durable. */
  readonly tell: (keys: readonly string[]) => void;
};

/** Told after each commit which keys changed. */
export type CommitListener = (keys: readonly string[]) => void;

/** The state of one replica and the steps on it, each whole or not at all. */
export class ReplicaState {
  readonly knowledge: Knowledge;
  readonly table: Table = new Table();
  readonly membership: Membership;
  /** The rules that a test has switched off, by their bits. */
  readonly broken: number;
  readonly listeners: Set<CommitListener> = new Set<CommitListener>();
  readonly #env: Env;
  /** Set by the journal of a durable store: what may be shown before the newest writes are durable. */
  view: DurableView | undefined;
  /** Keys whose stored record was lost, each with the dots that are known to have gone with it. */
  readonly damaged: Map<string, DotSet> = new Map<string, DotSet>();
  /** Drawn when a durable store is opened; 0 in memory. */
  life = 0;
  isClosed = false;
  collisions = 0;
  /** How often what a key shows changed without a new dot: a feed of changes, which goes by dots, cannot tell of which. */
  mends = 0;
  reapedByForce = 0;
  reapedStable = 0;

  constructor(id: string, members: Iterable<string>, env: Env, broken = 0) {
    this.knowledge = new Knowledge(id);
    this.membership = new Membership(id, members);
    this.broken = broken;
    this.#env = env;
  }

  /** Whether the replica keeps this rule of the design. */
  holds(rule: number): boolean {
    return (this.broken & rule) === 0;
  }

  /** Itself. Throws: STORE_CLOSED. */
  whileOpen(): this {
    if (!this.isClosed) return this;
    throw new CausalError('STORE_CLOSED', `Cannot use "${this.id}": the store is closed`);
  }

  get id(): string {
    return this.knowledge.id;
  }

  /**
   * Writes one key and gives the counter of the dot; the caller tells the listeners. Cost: O(1) for a plain key.
   * Throws: COUNTER_EXHAUSTED, IDENTITY_ALARM.
   */
  write(key: string, value: Value | undefined, context: WriteContext): number {
    if (context === 'local' && this.table.isPlain(key)) {
      this.knowledge.ensureCounters(1);
      const counter = this.knowledge.issue();
      this.table.overwrite(key, this.knowledge.id, counter, this.#now(), value);
      return counter;
    }
    return this.writeAll([{ key, value, context }])[0] as number; // one operation gives one counter
  }

  /** Writes several keys in one commit: all of them or, when it throws, none; the caller tells the listeners. */
  writeAll(operations: readonly WriteOperation[]): readonly number[] {
    this.knowledge.ensureCounters(operations.length);
    for (const { context } of operations) if (context !== 'local') this.refuseForgedDots(context);
    const counters: number[] = [];
    for (const { key, value, context } of operations) {
      const record = toRecord(this.table.get(key));
      const isLocal = context === 'local';
      let time = this.#now();
      for (const held of record.versions) {
        if (isLocal || context.has(held.id, held.counter)) time = Math.max(time, Math.min(held.time + 1, TIME_MAX));
      }
      const version: Version = { id: this.id, counter: this.knowledge.issue(), time, value };
      const versions = isLocal ? [version] : write(record.versions, version, context);
      this.table.set(key, this.kept(versions, isLocal ? record.residual : record.residual.union(context)));
      counters.push(version.counter);
    }
    return counters;
  }

  /** What a reader of this key may be told the replica has seen. */
  shownAt(key: string): SeenAt {
    return this.view === undefined || this.view.isDirty(key) ? this.knowledge.at() : this.view.at;
  }

  /** What another replica is handed for this key at this moment; absence has a context too. */
  recordOf(key: string): ReplicaRecord {
    this.knowledge.noteTold();
    const cell = this.table.get(key);
    const { versions, residual } = toRecord(cell);
    const isBlank = cell === undefined && !this.holds(ABSENCE_HAS_CONTEXT);
    return { key, versions, context: isBlank ? residual : this.shownAt(key).toDotSet().union(residual) };
  }

  /** Merges what another replica holds for a key. Law: L4, L14. Throws: IDENTITY_ALARM. */
  receive(incoming: ReplicaRecord): Receipt {
    this.refuseForgedDots(incoming.context);
    const { key, context } = incoming;
    const cell = this.table.get(key);
    const local = toRecord(cell);
    const { merged, collisions } = this.mergeInto(key, cell, local, incoming.versions, context);
    const lost = [...merged.superseded, ...merged.stale.filter(({ id, counter }) => !this.knowledge.has(id, counter))];
    for (const { id, counter } of [...incoming.versions, ...merged.added]) this.knowledge.take(id, counter);
    this.fenceTombstones(lost);
    const residual = this.holds(MERGE_UNITES_CONTEXTS) ? local.residual.union(context) : local.residual;
    const kept = this.kept(merged.versions, residual);
    this.noteHearsay(merged, kept.residual);
    this.table.set(key, kept);
    if (merged.added.length + merged.superseded.length > 0) this.tell([key]);
    return { ...merged, key, collisions };
  }

  /** Removes `seen` from every residual: what is left is what `seen` does not cover yet. */
  stripResiduals(): void {
    if (!this.holds(RESIDUALS_ARE_STRIPPED)) return;
    for (const key of [...this.table.unsettled]) {
      const { versions, residual } = this.table.record(key);
      if (!residual.isEmpty) this.table.set(key, this.kept(versions, residual));
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
    const known = this.members
      .filter((member) => !membership.isSelf(member))
      .map((member) => [member, membership.knowledgeOf(member)] as const);
    const dots: Dot[] = [];
    const waitingFor = new Map<string, number>();
    let reaped = 0;
    for (const key of [...table.graves]) {
      const { versions, residual } = table.record(key);
      if (!residual.isEmpty || this.damaged.has(key)) continue;
      const missing = known.filter(([, seen]) => !versions.every((version) => seen.has(version.id, version.counter)));
      if (missing.length > 0 && !force) {
        for (const [member] of missing) waitingFor.set(member, (waitingFor.get(member) ?? 0) + 1);
        continue;
      }
      if (missing.length > 0) this.reapedByForce += 1;
      else this.reapedStable += 1;
      dots.push(...versions.map(dotOf));
      table.set(key, EMPTY_RECORD);
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
      `Cannot believe another write of "${this.id}": the id is in use twice, open a new incarnation`,
      { id: this.id, counter: this.knowledge.counter },
    );
  }

  /** The wall clock as a time that can be sent, whatever it says. */
  #now(): number {
    return Math.min(Math.max(Math.floor(this.#env.now()) || 0, 0), TIME_MAX);
  }

  /** What a merge makes of a key, collisions kept apart; nothing is changed yet but their count. */
  mergeInto(
    key: string,
    cell: Cell | undefined,
    local: StoreRecord,
    incoming: readonly Version[],
    context: Cover,
  ): ReturnType<typeof separateCollisions> {
    const { knowledge } = this;
    const { residual } = local;
    let cover: Cover = residual.isEmpty ? knowledge : { has: (id, n) => knowledge.has(id, n) || residual.has(id, n) };
    if (cell === undefined && !this.holds(ABSENCE_HAS_CONTEXT)) cover = DotSet.empty;
    const merged = merge(local.versions, cover, incoming, context);
    if (!this.holds(COLLISIONS_ARE_DETECTED)) return { merged, collisions: [] };
    const isElsewhere = (dot: Dot): boolean => this.table.isUnderOtherKey(dot.id, dot.counter, key);
    const result = separateCollisions(merged, local.versions, cover, incoming, context, isElsewhere);
    this.collisions += result.collisions.length;
    return result;
  }

  /** A record with its residual reduced to what `seen` does not cover. */
  kept(versions: readonly Version[], context: DotSet): StoreRecord {
    if (context.isEmpty || !this.holds(RESIDUALS_ARE_KEPT)) return { versions, residual: DotSet.empty };
    return { versions, residual: context.minus(this.knowledge.seen) };
  }

  /**
   * A tombstone that goes because of another replica's context may have been reaped there. This replica has seen it and
   * holds nothing in its place, so it raises its own fence for whoever has not seen it.
   */
  fenceTombstones(lost: readonly Version[]): void {
    this.knowledge.fence(highest(lost.filter(isTombstone)));
  }

  /** A version that went because another's context covers it, with nothing that came for it nor a residual, goes unnamed. */
  noteHearsay(merged: Pick<Merged, 'added' | 'superseded'>, residual: DotSet): void {
    if (merged.added.length === 0 && merged.superseded.length > 0 && residual.isEmpty) this.mends += 1;
  }

  /** Tells the listeners which keys a commit changed. */
  tell(keys: readonly string[]): void {
    if (this.view === undefined) this.tellNow(keys);
    else this.view.tell(keys);
  }

  tellNow(keys: readonly string[]): void {
    for (const listener of [...this.listeners]) listener(keys);
  }
}

function highest(dots: readonly Dot[]): VectorClock {
  const counters = new Map<string, number>();
  for (const { id, counter } of dots) counters.set(id, Math.max(counter, counters.get(id) ?? 0));
  return VectorClock.of(counters);
}
