/**
 * What an exchange does to a replica's state: what is read for the peer, what is taken in from it in one commit, and how
 * two replicas are mended that have seen the same and hold different things. docs/semantics.md says why each is safe.
 */

import type { Dot } from '../clock/dot.ts';
import { DotSet } from '../clock/dot-set.ts';
import type { VectorClock } from '../clock/vector-clock.ts';
import { COLLISIONS_ARE_DETECTED, MERGE_UNITES_CONTEXTS } from '../rules.ts';
import { isDerived, isSameWrite } from '../store/collision.ts';
import { adopt } from '../store/knowledge.ts';
import { discard, dotOf, find, isTombstone, type StoreRecord, type Version } from '../store/record.ts';
import type { Receipt, ReplicaState } from '../store/replica-state.ts';
import { type Cell, isSettled, toRecord } from '../store/table.ts';
import { uniteApart } from './unite-apart.ts';

/** A record of an exchange: its context is the `seen` of the sender's snapshot and this residual. */
export type ExchangeRecord = StoreRecord & { readonly key: string };

/**
 * Judges what a peer says it has seen, and the records it sends, before they are taken in; throws to refuse them. In a
 * mend they bring back what was lost here.
 */
export type Admit = (peerSeen: DotSet, records: readonly ExchangeRecord[], isMend?: boolean) => void;

/** What a mend brought back, and found to be in use twice. */
export type Mended = { readonly lost: readonly Dot[]; readonly collided: ReadonlyMap<string, readonly Dot[]> };

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

/**
 * What a peer that has seen `peerSeen` must be sent: records that hold a current dot in `dots`, in the order of those
 * dots, and records with a residual that the peer's `seen` does not cover, because what that says is in no clock. Each
 * once. Of a damaged key nothing is sent: what this replica has seen would be its context, and says too much of that key.
 */
export function recordsFor(state: ReplicaState, dots: DotSet, peerSeen: DotSet): ExchangeRecord[] {
  const { table, damaged } = state;
  const records: ExchangeRecord[] = [];
  const met = new Set<string>();
  const add = (key: string, cell: Cell): void => {
    if (damaged.has(key)) return;
    if (isSettled(cell)) {
      records.push({ key, versions: [cell], residual: DotSet.empty });
      return;
    }
    // Only a record that is not settled can be met twice.
    if (met.has(key)) return;
    met.add(key);
    records.push({ key, versions: cell.versions, residual: cell.residual });
  };
  table.visit(dots, (_id, _counter, key, slot) => {
    const cell = table.cellAt(key, slot);
    if (cell !== undefined) add(key, cell);
  });
  // A peer that has seen all that this replica has knows what a residual within its own `seen` says; any other may not.
  const { seen } = state.knowledge;
  const told = peerSeen.covers(seen) ? peerSeen : seen;
  for (const key of table.unsettled) {
    const cell = table.get(key);
    if (cell !== undefined && !told.covers(toRecord(cell).residual)) add(key, cell);
  }
  return records;
}

/**
 * Takes in records of an exchange in one commit. Without `adoption` the exchange goes on, or was cut off: what came
 * is kept with the peer's `seen` as residual context. With it, everything is here: only now `seen` is united.
 */
export function takeIn(
  state: ReplicaState,
  records: readonly ExchangeRecord[],
  peerSeen: DotSet,
  adoption?: Adoption,
): readonly Receipt[] {
  const { knowledge, table } = state;
  const beyond = adoption === undefined ? peerSeen.minus(knowledge.seen) : DotSet.empty;
  const hasNoneBeyond = beyond.isEmpty;
  const receipts: Receipt[] = [];
  const taken: Version[] = [];
  const lost: Version[] = [];
  const changed: string[] = [];
  for (const { key, versions, residual } of records) {
    const cell = table.get(key);
    const [only] = versions;
    if (only !== undefined && versions.length === 1 && residual.isEmpty && hasNoneBeyond) {
      // The common cases, in which a merge would do no more: a key that is new, or whose one version the peer has seen.
      const isNew = !knowledge.has(only.id, only.counter) && !isDerived(only);
      const isSuccessor =
        cell !== undefined && adoption !== undefined && isSettled(cell) && peerSeen.has(cell.id, cell.counter);
      if (isNew && (cell === undefined || isSuccessor)) {
        table.place(key, only.id, only.counter, only.time, only.value);
        changed.push(key);
        continue;
      }
    }
    const local = toRecord(cell);
    const cover = residual.isEmpty ? peerSeen : peerSeen.union(residual);
    const { merged, collisions } = state.mergeInto(key, cell, local, versions, cover);
    taken.push(...versions, ...(collisions.length > 0 ? merged.added : []));
    for (const version of merged.superseded) {
      if (adoption === undefined || !peerSeen.has(version.id, version.counter)) lost.push(version);
    }
    for (const version of merged.stale) if (!knowledge.has(version.id, version.counter)) lost.push(version);
    const context = state.holds(MERGE_UNITES_CONTEXTS) ? local.residual.union(residual).union(beyond) : local.residual;
    const kept = state.kept(merged.versions, context);
    const left = adoption === undefined ? kept.residual : kept.residual.minus(peerSeen);
    table.set(key, { versions: merged.versions, residual: left });
    state.noteHearsay(merged, left);
    if (merged.added.length > 0 || merged.superseded.length > 0) changed.push(key);
    receipts.push({ key, added: merged.added, superseded: merged.superseded, stale: merged.stale, collisions });
  }
  if (adoption !== undefined) {
    discardHeld(state, adoption.discards, changed);
    discardHeld(state, arrivedMeanwhile(state, records, peerSeen, adoption), changed);
    adopt(knowledge, peerSeen, adoption.reaped);
  }
  for (const version of taken) knowledge.take(version.id, version.counter);
  state.fenceTombstones(lost);
  if (adoption !== undefined) state.stripResiduals();
  if (changed.length > 0 && state.listeners.size > 0) state.tell(changed);
  return receipts;
}

/**
 * Mends what differs although both have seen the same, so that neither may take the other's absence for a delete.
 * What the peer holds and this replica does not is brought back, unless a residual here says why it is not held; a
 * record with a residual is merged as ever. `seen` is what both had seen: if this replica has moved on since, nothing
 * is done and the next exchange mends. Where one dot stands for two writes, each gets a dot of its own. Returns the dots
 * of values that had been lost, and by key those that stand for two writes.
 */
export function mend(state: ReplicaState, records: readonly ExchangeRecord[], seen: DotSet): Mended {
  const { knowledge, table } = state;
  if (!knowledge.seen.equals(seen)) return { lost: [], collided: new Map() };
  const lost: Dot[] = [];
  const collided = new Map<string, readonly Dot[]>();
  const changed: string[] = [];
  for (const { key, versions, residual } of records) {
    const local = table.record(key);
    if (!residual.isEmpty || !local.residual.isEmpty || versions.every(isTombstone)) continue;
    const asks = state.holds(COLLISIONS_ARE_DETECTED);
    const isOther = (version: Version): boolean => asks || find(local.versions, version) === undefined;
    const brought = versions.filter((version) => seen.has(version.id, version.counter) && isOther(version));
    const isElsewhere = (dot: Dot): boolean => asks && table.isUnderOtherKey(dot.id, dot.counter, key);
    const united = uniteApart(local.versions, brought, knowledge, isElsewhere);
    lost.push(...united.lost);
    if (united.collisions.length > 0) collided.set(key, united.collisions);
    state.collisions += united.collisions.length;
    if (united.versions === local.versions) continue;
    table.set(key, { versions: united.versions, residual: local.residual });
    for (const { id, counter } of united.versions) knowledge.take(id, counter);
    changed.push(key);
  }
  const unsettled = records.filter(({ residual }) => !residual.isEmpty);
  if (changed.length > 0) state.mends += 1;
  takeIn(state, unsettled, seen);
  if (changed.length > 0 && state.listeners.size > 0) state.tell(changed);
  return { lost, collided };
}

/** Whether a record of a peer that has seen the same shows another write under a dot of this replica's own. */
export function isAnotherOfMine({ table, id }: ReplicaState, { key, versions }: ExchangeRecord): boolean {
  const held = table.record(key).versions;
  return versions.some((version) => {
    if (version.id !== id) return false;
    const own = find(held, version);
    return own === undefined ? table.isUnderOtherKey(id, version.counter, key) : !isSameWrite(own, version);
  });
}

/**
 * Dots that came in by another way since the peer chose what to send, that it has seen, and that it did not send: it
 * holds them no longer, or it would have.
 */
function arrivedMeanwhile(
  state: ReplicaState,
  records: readonly ExchangeRecord[],
  peerSeen: DotSet,
  adoption: Adoption,
): DotSet {
  const { toldSeen, takenBefore } = adoption;
  if (state.knowledge.seen.equals(toldSeen)) return DotSet.empty;
  const sent = DotSet.of(records.flatMap(({ versions }) => versions.map(dotOf)));
  return peerSeen.minus(toldSeen).minus(takenBefore).minus(sent);
}

function discardHeld(state: ReplicaState, dots: DotSet, changed: string[]): void {
  if (dots.isEmpty) return;
  const doomed: [key: string, dot: Dot][] = [];
  state.table.visit(dots, (id, counter, key) => doomed.push([key, { id, counter }]));
  if (doomed.length > 0) state.mends += 1;
  for (const [key, dot] of doomed) {
    const { versions, residual } = state.table.record(key);
    state.table.set(key, { versions: discard(versions, [dot]), residual });
    changed.push(key);
  }
}
