/** Bugs in what is made of the versions of a key: writes, merges, records handed to others. */

import { DotSet } from '../../clock/dot-set.ts';
import { VectorClock } from '../../clock/vector-clock.ts';
import { adopt } from '../../store/knowledge.ts';
import { insert, isTombstone, type Merged, type Version } from '../../store/record.ts';
import type { ReplicaRecord } from '../../store/replica-record.ts';
import type { ReplicaState } from '../../store/replica-state.ts';
import type { stateOf } from '../../store/versioned-kv-store.ts';
import { alter, type Bug, inState, SMALL } from './bug.ts';

export const MERGE_BUGS: readonly Bug[] = [
  {
    name: 'last-writer-wins',
    what: 'of concurrent versions the newest by hybrid time stays',
    plant: inState((state) => keepOnly(state, (versions) => versions.filter((one) => one === newestOf(versions)))),
    draw: SMALL,
  },
  {
    name: 'local-wins-a-tie',
    what: 'of concurrent versions the one stays that this replica wrote',
    plant: inState((state) =>
      keepOnly(state, (versions) => {
        const own = versions.filter(({ id }) => id === state.id);
        return own.length > 0 ? own : versions;
      }),
    ),
    draw: SMALL,
  },
  {
    name: 'value-hides-delete',
    what: 'a delete beside a value is dropped',
    plant: inState((state) =>
      keepOnly(state, (versions) => {
        const live = versions.filter((version) => !isTombstone(version));
        return live.length > 0 ? live : versions;
      }),
    ),
    draw: SMALL,
  },
  {
    name: 'delete-hides-value',
    what: 'a value beside a delete is dropped',
    plant: inState((state) =>
      keepOnly(state, (versions) => (versions.some(isTombstone) ? versions.filter(isTombstone) : versions)),
    ),
    draw: SMALL,
  },
  {
    name: 'siblings-are-capped',
    what: 'no more than two siblings are kept',
    plant: inState((state) => keepOnly(state, (versions) => versions.slice(0, 2))),
    draw: SMALL,
  },
  {
    name: 'stale-is-taken-for-new',
    what: 'what was superseded here is added when a record brings it again',
    plant: inState((state) =>
      alter(state, 'mergeInto', (mergeInto) => (...given) => {
        const { merged, collisions } = mergeInto(...given);
        let { versions } = merged;
        for (const version of merged.stale) versions = insert(versions, version);
        return { merged: { ...merged, versions, added: [...merged.added, ...merged.stale], stale: [] }, collisions };
      }),
    ),
    draw: SMALL,
  },
  {
    name: 'clock-of-one-record',
    what: 'the context of one record is taken for what this replica has seen',
    plant: inState((state) =>
      alter(state, 'receive', (receive) => (incoming) => {
        const receipt = receive(incoming);
        adopt(state.knowledge, incoming.context, VectorClock.empty);
        return receipt;
      }),
    ),
    draw: SMALL,
  },
  {
    name: 'record-from-a-cache',
    what: 'a replica hands out the versions it held before with the context it has now',
    plant: { onStore: (store) => cacheRecords(store) },
    draw: SMALL,
  },
  {
    name: 'delete-covers-all',
    what: 'a delete with a context takes everything that is there with it',
    plant: inState((state) => widenContexts(state, ({ value }) => value === undefined)),
    draw: SMALL,
  },
  {
    name: 'token-is-ignored',
    what: 'a value written with a context takes everything that is there with it',
    plant: inState((state) => widenContexts(state, ({ value }) => value !== undefined)),
    draw: SMALL,
  },
  {
    name: 'write-forgets-its-base',
    what: 'a write stands beside what it was based on',
    plant: inState((state) =>
      alter(state, 'write', (write) => (key, value, context) => {
        if (context !== 'local' || !state.table.isPlain(key)) return write(key, value, context);
        const { versions } = state.table.record(key);
        const counter = state.knowledge.issue();
        const time = Math.max(0, ...versions.map((version) => version.time)) + 1;
        const all = insert(versions, { id: state.id, counter, time, value });
        state.table.set(key, { versions: all, residual: DotSet.empty });
        return counter;
      }),
    ),
    draw: SMALL,
  },
  {
    name: 'batch-shares-a-dot',
    what: 'all writes of a batch have one dot',
    plant: inState((state) =>
      alter(state, 'writeAll', (writeAll) => (operations) => {
        const { issue } = state.knowledge;
        const counter = state.knowledge.counter + 1;
        if (operations.length > 1)
          state.knowledge.issue = (): number =>
            state.knowledge.counter < counter ? issue.call(state.knowledge) : counter;
        const counters = writeAll(operations);
        state.knowledge.issue = issue;
        return counters;
      }),
    ),
    draw: SMALL,
  },
  {
    name: 'repair-drops-tombstones',
    what: 'a record that another replica gives is taken in without its tombstones',
    plant: {
      onStore: (store) =>
        alter(store, 'receiveReplica', (receive) => (key, record) => {
          const versions = record.versions.filter((version) => !isTombstone(version));
          return receive(key, { ...record, versions });
        }),
    },
    draw: SMALL,
  },
];

function newestOf(versions: readonly Version[]): Version | undefined {
  return versions.reduce<Version | undefined>(
    (newest, version) => (newest !== undefined && newest.time >= version.time ? newest : version),
    undefined,
  );
}

/** After each merge only what `choose` leaves is kept. */
function keepOnly(state: ReplicaState, choose: (versions: readonly Version[]) => readonly Version[]): void {
  alter(state, 'mergeInto', (mergeInto) => (...given) => {
    const { merged, collisions } = mergeInto(...given);
    const changed: Merged = { ...merged, versions: choose(merged.versions) };
    return { merged: changed, collisions };
  });
}

type Operations = Parameters<ReplicaState['writeAll']>[0];

/** Writes that are chosen supersede all that is there, whatever they were based on. */
function widenContexts(state: ReplicaState, isChosen: (operation: Operations[number]) => boolean): void {
  alter(
    state,
    'writeAll',
    (writeAll) => (operations) =>
      writeAll(
        operations.map((operation) =>
          operation.context !== 'local' && isChosen(operation) ? { ...operation, context: 'local' } : operation,
        ),
      ),
  );
}

function cacheRecords(store: Parameters<typeof stateOf<string>>[0]): void {
  const cached = new Map<string, ReplicaRecord>();
  alter(store, 'record', (record) => async (key) => {
    const now = await record(key);
    const before = cached.get(key);
    cached.set(key, now);
    return before === undefined ? now : { ...now, versions: before.versions };
  });
}
