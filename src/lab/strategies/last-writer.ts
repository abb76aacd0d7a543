/**
 * The last writer wins, by one clock or another: of two versions the one with the greater time stays and the other is
 * gone, whoever had seen whom. Deletes are versions too.
 */

import { type KeyRules, keyStrategy, type Memory } from './key-strategy.ts';
import type { ReplicaSeat, Strategy } from './strategy.ts';

/** `tie` decides between equal times: the index of the replica, or nothing. */
export type Stamped = {
  readonly time: number;
  readonly tie: number;
  readonly operation: number;
  readonly isDelete: boolean;
};

type Clock = (held: Stamped | undefined, seat: ReplicaSeat, memory: Memory) => number;

/** Eight bytes of time, two of the replica, one of flags. */
const STAMP_BYTES = 11;
const NEWEST = 'newest';

/** By the wall clock of the replica that coordinates, as Cassandra's timestamps are by default set. */
export const lastWriterByWallClock: Strategy = lastWriterBy('lww-wall', {
  title: 'last writer, wall clock',
  rule: 'the version with the later wall clock time stays',
  source: 'https://cassandra.apache.org/doc/latest/cassandra/architecture/dynamo.html',
  clock: (_held, seat) => seat.now(),
});

/** By a hybrid logical clock: wall time, but never behind what was seen. After Kulkarni et al., OPODIS 2014. */
export const lastWriterByHybridClock: Strategy = lastWriterBy('lww-hybrid', {
  title: 'last writer, hybrid clock',
  rule: 'the version with the later hybrid time stays; a write is later than all its replica has seen',
  source: 'https://cse.buffalo.edu/tech-reports/2014-04.pdf',
  clock: (_held, seat, memory) => Math.max(seat.now(), (memory.get(NEWEST) ?? -1) + 1),
});

/** By a Lamport clock: one more than all that was seen. After Lamport, CACM 1978. */
export const lastWriterByLamportClock: Strategy = lastWriterBy('lww-lamport', {
  title: 'last writer, Lamport clock',
  rule: 'the version with the greater Lamport time stays',
  source: 'https://lamport.azurewebsites.net/pubs/time-clocks.pdf',
  clock: (_held, _seat, memory) => (memory.get(NEWEST) ?? 0) + 1,
});

type LastWriter = Pick<KeyRules<Stamped>, 'title' | 'rule' | 'source'> & { readonly clock: Clock };

function lastWriterBy(name: string, { clock, ...words }: LastWriter): Strategy {
  return keyStrategy({ name, ...words, ...stampedRules(clock) });
}

/** What all rules have in common that keep one stamped version, tombstones among them. */
export function stampedRules(
  clock: Clock,
  tieOf: (seat: ReplicaSeat) => number = ({ index }) => index,
): Omit<KeyRules<Stamped>, 'name' | 'title' | 'rule' | 'source'> {
  return {
    showsConflicts: false,
    write: (held, { operation, isDelete }, seat, memory) => {
      const written = { time: clock(held, seat, memory), tie: tieOf(seat), operation, isDelete };
      noteTime(written, memory);
      return held === undefined ? written : newer(held, written);
    },
    merge: newer,
    heard: noteTime,
    show: ({ operation, isDelete }) => ({
      live: isDelete ? [] : [operation],
      deleted: isDelete ? [operation] : [],
      passedOver: [],
    }),
    isEqual: (one, other) => one.operation === other.operation,
    versionsIn: () => 1,
    tombstonesIn: ({ operation, isDelete }) => (isDelete ? [operation] : []),
    metadataBytes: () => STAMP_BYTES,
  };
}

/** Of equal times a delete stays, then the greater replica, then the later operation: as Cassandra's, order-free. */
function newer(one: Stamped, other: Stamped): Stamped {
  if (one.time !== other.time) return one.time > other.time ? one : other;
  if (one.isDelete !== other.isDelete) return one.isDelete ? one : other;
  if (one.tie !== other.tie) return one.tie > other.tie ? one : other;
  return one.operation >= other.operation ? one : other;
}

function noteTime({ time }: Stamped, memory: Memory): void {
  memory.set(NEWEST, Math.max(time, memory.get(NEWEST) ?? time));
}
