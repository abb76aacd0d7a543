/**
 * A replica of one store, alone: what the HTTP tests need of ReplicaApi without links and groups. `pull` brings in what
 * another store has, as a peer would.
 */

import { CausalError, openStore, type Value, type VersionedKVStore, type Written } from '../../src/index.ts';
import { exchange } from '../../src/repair/index.ts';
import type { GroupWritten, ReplicaApi, ReplicaStatus } from '../../src/replica/replica-types.ts';
import { decodeToken, encodeToken } from '../../src/store/context-token.ts';

export type OneReplica = ReplicaApi<Value> & {
  readonly pull: (other: { readonly store: VersionedKVStore<Value> }) => Promise<void>;
  /** What was cut, healed, exchanged: as it was called. */
  readonly calls: readonly string[];
};

/** A replica without peers; `peers` are names it claims to have links to, `catchUp` is called by sessions ahead of it. */
export async function oneReplica(
  name: string,
  options: { readonly peers?: readonly string[]; readonly onBehind?: () => Promise<void> } = {},
): Promise<OneReplica> {
  const store = await openStore<Value>({ name });
  const calls: string[] = [];
  const counters = { puts: 0, deletes: 0, gets: 0 };
  const sessionToken = (session?: string): string => {
    const before = session === undefined ? undefined : decodeToken('session', '', session);
    return encodeToken('session', '', before === undefined ? store.seen : store.seen.union(before));
  };
  const catchUp = async (session: string): Promise<void> => {
    const ahead = decodeToken('session', '', session);
    if (!store.seen.covers(ahead)) await options.onBehind?.();
    if (!store.seen.covers(ahead)) {
      throw new CausalError('BEHIND', `Cannot serve the session: "${store.id}" is behind it`, { id: store.id });
    }
  };
  const met = async (options?: { readonly session?: string; readonly w?: number; readonly r?: number }) => {
    if ((options?.w ?? 1) > 1 || (options?.r ?? 1) > 1) {
      const details = { needed: options?.w ?? options?.r, answered: [name] };
      throw new CausalError('QUORUM_NOT_MET', 'Cannot reach enough replicas: 1 answered', details);
    }
    if (options?.session !== undefined) await catchUp(options.session);
  };
  const done = (written: Written, session?: string): GroupWritten => ({
    ...{ dot: written.dot, durableAt: [name], hintedAt: [] },
    get context() {
      return written.context;
    },
    session: sessionToken(session),
  });
  return {
    ...{ id: store.id, name, store, calls, catchUp, sessionToken },
    get: async (key, options) => {
      await met(options);
      counters.gets += 1;
      return { answer: await store.get(key), from: [name], session: sessionToken(options?.session) };
    },
    put: async (key, value, options) => {
      await met(options);
      counters.puts += 1;
      return done(await store.put(key, value, options), options?.session);
    },
    delete: async (key, options) => {
      await met(options);
      counters.deletes += 1;
      return done(await store.delete(key, options), options?.session);
    },
    batch: async (operations, options) => {
      await met(options);
      return (await store.batch(operations)).map((written) => done(written, options?.session));
    },
    members: () => store.members(),
    join: (member) => store.join(member),
    retire: (member) => store.retire(member),
    replace: async (old, by) => {
      await store.retire(old);
      await store.join(by);
    },
    cut: (peer) => void calls.push(`cut ${peer}`),
    heal: (peer) => void calls.push(`heal ${peer}`),
    exchangeAll: async () => void calls.push('exchange'),
    status: async () => statusOf(store, counters, options.peers ?? []),
    close: () => store.close(),
    pull: async (other) => {
      await exchange(store, other.store);
    },
  };
}

function statusOf(
  store: VersionedKVStore<Value>,
  counts: { readonly puts: number; readonly deletes: number; readonly gets: number },
  peers: readonly string[],
): ReplicaStatus {
  const none = { quorumFailures: 0, exchanges: 0, exchangesFailed: 0, sessionsBehind: 0, hints: 0 };
  const pushes = { pushesSent: 0, pushesReceived: 0, pushesRefused: 0, bytesSent: 0, bytesReceived: 0 };
  const repairs = { repairedWithValue: 0, repairedWithTombstone: 0, repairedByDropping: 0 };
  const hints = { hintsKept: 0, hintsDelivered: 0, hintsExpired: 0, hintsDropped: 0 };
  const records = { exchangeRecordsSent: 0, exchangeRecordsReceived: 0 };
  const stats = store.stats();
  return {
    ...{ id: store.id, name: store.name, keyspace: '', isReady: true, isDraining: false, listening: [] },
    members: store.members(),
    group: { n: 1, r: 1, w: 1, isSloppy: false },
    peers: peers.map((name) => ({
      ...{ name, id: undefined, address: undefined, state: 'connected' as const, isMember: true, lag: 3 },
      ...{ lastSeenAt: undefined, lastExchangeAt: undefined },
    })),
    counters: { ...counts, ...none, ...pushes, ...repairs, ...hints, ...records },
    tombstones: { waiting: stats.tombstones, waitingFor: Object.fromEntries(peers.map((name) => [name, 1])) },
    reapLagMs: 1_500,
    stats,
  };
}
