/**
 * The steps on a replica's state that only a durable store takes: records come back from where they are stored, the live
 * hash is taken anew after damage, the id changes, and writes whose dots are in dispute are issued once more.
 */

import { DotSet } from '../../clock/dot-set.ts';
import { VectorClock } from '../../clock/vector-clock.ts';
import type { Knowledge } from '../knowledge.ts';
import type { KnownPeer } from '../membership.ts';
import { insert, type StoreRecord, type Version } from '../record.ts';
import type { ReplicaState } from '../replica-state.ts';
import { Table, toRecord } from '../table.ts';

/** Puts in a record that was stored before: it is no change, and the sums count it already; of the marks, those that are whole. */
export function admit(table: Table, key: string, record: StoreRecord): void {
  const { touched, liveHash, marks } = table;
  table.touched = undefined;
  table.set(key, record);
  table.touched = touched;
  table.liveHash = liveHash;
  if (table.areMarksWhole) table.marks = marks;
}

/** Takes live hash and marks anew, as a table does that gets everything once more. Cost: O(keys) time and memory. */
export function recount(table: Table): void {
  const again = new Table();
  for (const [key, cell] of table.cells()) again.set(key, toRecord(cell));
  table.liveHash = again.liveHash;
  table.marks = again.marks;
}

/**
 * What is known of a peer when it is set back to what was stored. If it told of another life since, that is not known any
 * more, nor does the former one go with what is heard of it from now on: none is known until it tells again. Law: L23.
 */
export function peerUndone(known: KnownPeer | undefined, stored: KnownPeer | undefined): KnownPeer | undefined {
  if (known === undefined || stored === undefined || known.life === stored.life) return stored;
  return { ...stored, life: 0 };
}

/** Goes on under a new id, after the old one can no longer be trusted to be used once. Law: L1. */
export function rename({ knowledge, membership }: ReplicaState, id: string): void {
  // The dots of the former incarnation are another replica's from now on.
  knowledge.restore(knowledge.seen, 0, knowledge.reaped, id);
  membership.self = id;
}

/**
 * Unlearns dots whose versions were lost to damage. None of this incarnation's own may be among them. The fence goes
 * down to what is still seen: every reaped dot that is still claimed lies below that.
 */
export function unlearn(knowledge: Knowledge, dots: DotSet): void {
  const { others, counter, reaped } = knowledge;
  knowledge.restore(others.minus(dots), counter, reaped);
  const below = new Map<string, number>();
  for (const [id, from, to] of knowledge.seen.ranges()) {
    const fence = reaped.get(id);
    if (from <= fence) below.set(id, Math.min(to, fence));
  }
  knowledge.restore(knowledge.others, counter, VectorClock.of(below));
}

/**
 * After a new incarnation began because the old id was in use twice: every version issued under it after `counter` gets
 * a dot of the new one, and the old dots are unlearned. Nothing that others have under them is superseded by that.
 */
export function reissue(state: ReplicaState, former: string, counter: number): void {
  const { knowledge, table } = state;
  const ranges = [...knowledge.others.ranges()].filter(([id, , to]) => id === former && to > counter);
  const dots = ranges.reduce((set, [id, from, to]) => set.addRange(id, Math.max(from, counter + 1), to), DotSet.empty);
  unlearn(knowledge, dots);
  const keys = new Set<string>();
  table.visit(dots, (_id, _counter, key) => keys.add(key));
  for (const key of keys) {
    const { versions, residual } = table.record(key);
    let renamed: readonly Version[] = [];
    for (const version of versions) {
      const isDisputed = dots.has(version.id, version.counter);
      renamed = insert(renamed, isDisputed ? { ...version, id: state.id, counter: knowledge.issue() } : version);
    }
    table.set(key, { versions: renamed, residual });
  }
  if (keys.size > 0) state.tell([...keys]);
}
