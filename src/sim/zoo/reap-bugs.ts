/** Bugs in reaping, in the fence it leaves behind, and in what members are known to have seen. */

import { DotSet } from '../../clock/dot-set.ts';
import { VectorClock } from '../../clock/vector-clock.ts';
import { nameOf } from '../../store/membership.ts';
import { EMPTY_RECORD, isTombstone } from '../../store/record.ts';
import type { ReplicaState } from '../../store/replica-state.ts';
import { alter, type Bug, FORCED, inState, SMALL, times, under } from './bug.ts';

export const REAP_BUGS: readonly Bug[] = [
  {
    name: 'reaps-at-once',
    what: 'reaping waits for nobody',
    plant: inState((state) => alter(state.membership, 'knowledgeOf', () => () => state.knowledge.seen)),
    draw: SMALL,
  },
  {
    name: 'reaps-without-the-last',
    what: 'reaping waits for all members but one',
    plant: inState((state) => {
      let isReaping = false;
      const all = (): string[] => state.membership.list((key) => state.table.record(key), state.table.internal);
      Object.defineProperty(state, 'members', { get: () => (isReaping ? all().slice(0, -1) : all()) });
      alter(state, 'reap', (reap) => (force) => {
        isReaping = true;
        const report = reap(force);
        isReaping = false;
        return report;
      });
    }),
    draw: SMALL,
  },
  {
    name: 'unmet-member-has-seen-all',
    what: 'a member that was not met since this replica was opened counts as one that has seen everything',
    plant: inState((state) => {
      const met = new Set<string>();
      alter(state.membership, 'advance', (advance) => (id, seen, life) => {
        met.add(nameOf(id));
        advance(id, seen, life);
      });
      alter(
        state.membership,
        'knowledgeOf',
        (knowledgeOf) => (member) => (met.has(nameOf(member)) ? knowledgeOf(member) : state.knowledge.seen),
      );
    }),
    draw: under(['crash', 'crash', 'cut', 'partition'], { keys: 1 }),
  },
  {
    name: 'reaps-a-residual',
    what: 'a record is reaped with the residual that refuses stale values',
    plant: inState((state) =>
      alter(state, 'reap', (reap) => (force) => {
        for (const key of [...state.table.graves]) {
          const { versions } = state.table.record(key);
          state.table.set(key, { versions, residual: DotSet.empty });
        }
        return reap(force);
      }),
    ),
    draw: FORCED,
  },
  {
    name: 'reaps-a-conflict',
    what: 'a key is reaped because one of its siblings is a delete',
    plant: inState((state) =>
      alter(state, 'reap', (reap) => (force) => {
        for (const key of [...state.table.unsettled])
          if (state.table.record(key).versions.some(isTombstone)) state.table.set(key, EMPTY_RECORD);
        return reap(force);
      }),
    ),
    draw: SMALL,
  },
  {
    name: 'never-reaps',
    what: 'nobody is ever known to have seen a tombstone',
    plant: inState((state) => alter(state.membership, 'knowledgeOf', () => () => DotSet.empty)),
    draw: SMALL,
  },
  {
    name: 'forced-reap-without-fence',
    what: 'a forced reaping leaves no fence',
    plant: inState((state) => reapUnfenced(state, (force) => force)),
    draw: FORCED,
  },
  {
    name: 'reap-without-fence',
    what: 'no reaping leaves a fence',
    plant: inState((state) => reapUnfenced(state, () => true)),
    draw: FORCED,
  },
  {
    name: 'fence-is-not-stored',
    what: 'the fence is gone after a restart',
    plant: inState(({ knowledge }) => {
      knowledge.restore(knowledge.others, knowledge.counter, VectorClock.empty);
    }),
    draw: { ...FORCED, faults: [...(FORCED.faults ?? []), ...times(5, 'crash')] },
  },
  {
    name: 'peers-advanced-by-sending',
    what: 'a peer counts as having what was sent to it',
    plant: inState((state) =>
      alter(state.membership, 'advance', (advance) => (id, seen, life) => {
        advance(id, seen.isEmpty ? seen : seen.union(state.knowledge.seen), life);
      }),
    ),
    draw: under(['hold', 'hold', 'hold', 'cut'], { replicas: 2, keys: 1, set: { reapEveryMs: 50 } }),
  },
];

function reapUnfenced(state: ReplicaState, isUnfenced: (force: boolean) => boolean): void {
  alter(state, 'reap', (reap) => (force) => {
    const { fence } = state.knowledge;
    if (isUnfenced(force)) state.knowledge.fence = (): void => undefined;
    const report = reap(force);
    state.knowledge.fence = fence;
    return report;
  });
}
