/**
 * The words of a replica: how it is opened, what can be asked of it, what it reports of itself. A replica is a store that
 * replicates: it holds links to peers, coordinates reads and writes over a group, and repairs what differs. Types only.
 */

import type { TimedEnv } from '../env.ts';
import type { StorageEngine } from '../storage/storage.ts';
import type { Answer } from '../store/answer.ts';
import type { BatchOperation, WriteOptions, Written } from '../store/operations.ts';
import type { Stats } from '../store/stats.ts';
import type { VersionedKVStore } from '../store/versioned-kv-store.ts';
import type { Transport } from '../transport/transport.ts';

/** How many replicas hold the keys, and how many must answer. Unless told otherwise per call. */
export type GroupOptions = {
  /** Names of the replicas that hold the keys, this one among them. Default: the members of the store. */
  readonly members?: readonly string[];
  /** How many that are meant to be; a list of another length is refused. Default: as many as there are. */
  readonly n?: number;
  /** Default 1: this replica's own answer. */
  readonly r?: number;
  /** Default 1: durable here. */
  readonly w?: number;
  /** How long a call waits for the others. Default 5,000. */
  readonly timeoutMs?: number;
  /** Whether replicas outside of the list count for W, which then keep a hint for the absent. Default false. */
  readonly isSloppy?: boolean;
};

export type QuorumOptions = { readonly timeoutMs?: number };
/** `session`: a token; the call is served only by a replica that is not behind it. */
export type SessionOptions = { readonly session?: string; readonly waitMs?: number };
export type GetOptions = QuorumOptions & SessionOptions & { readonly r?: number };
export type PutOptions = WriteOptions &
  QuorumOptions &
  SessionOptions & { readonly w?: number; readonly isSloppy?: boolean };

/** A write and who has it: `durableAt` names replicas of the group, `hintedAt` those outside that stand in for one. */
export type GroupWritten = Written & {
  readonly durableAt: readonly string[];
  readonly hintedAt: readonly string[];
  /** The session token after the write. */
  readonly session: string;
};

/** An answer, whose replicas it reflects, and the session token after the read. */
export type GroupAnswer<T> = { readonly answer: Answer<T>; readonly from: readonly string[]; readonly session: string };

/** Where a peer is to be found, and as whom it is expected. */
export type PeerOptions = {
  readonly address: string;
  /** The name it must have; any, if it is not given. */
  readonly name?: string;
};

/** What a peer shows of itself in its first message; nothing else of it is read before this was judged. */
export type Credentials = {
  readonly id: string;
  readonly name: string;
  /** A bearer token; undefined when it showed none. */
  readonly token: string | undefined;
  /** What the transport proved. */
  readonly provenName: string | undefined;
  readonly address: string;
  /** Whether this replica opened the link. */
  readonly isOutgoing: boolean;
};

/**
 * What a peer may do. `mayRelay`: it may bring writes of others; a device that may not brings only its own.
 */
export type PeerGrant = { readonly mayRelay: boolean };

export type HintOptions = {
  readonly storage: StorageEngine;
  /** Default 3 days. */
  readonly ttlMs?: number;
  /** Default 100,000; beyond that the oldest go. */
  readonly hintsMax?: number;
};

/** Paces and bounds; each has a default that suits a few replicas on a network of today. */
export type ReplicaLimits = {
  /** Between two background exchanges with a peer, at most; it grows to that while they find nothing. Default 60,000. */
  readonly exchangeEveryMs: number;
  /** Foreign writes are told to other peers after this long, unless they ask. Default 500. */
  readonly tellAfterMs: number;
  /** How long a push may wait for writes that others were to bring, before it is asked for with them. Default 250. */
  readonly gapMs: number;
  /** A link on which nothing came for so long is given up; it is asked for a sign of life at a third of that. Default 15,000. */
  readonly silenceMs: number;
  /** First wait before a lost link is opened again, and the longest. Defaults 100 and 10,000. */
  readonly redialMs: number;
  readonly redialMaxMs: number;
  /** Between two reapings. Default 5,000. */
  readonly reapEveryMs: number;
  /** Links at once. Default 256. */
  readonly linksMax: number;
  /** Requests of one peer under way at once. Default 256. */
  readonly requestsMax: number;
  /** The part of the time that what one peer sends may take while others want something: above 0, at most 1. Default 0.25. */
  readonly linkShare: number;
  /** Ids in one clock of a peer. Default 100,000. */
  readonly clockEntriesMax: number;
  /** Siblings in one record of a peer. Default 10,000. */
  readonly siblingsMax: number;
  readonly frameBytesMax: number;
};

export type ReplicaOptions<T> = {
  /** Opened by the caller, and closed with the replica. */
  readonly store: VersionedKVStore<T>;
  readonly transports?: readonly Transport[];
  /** Addresses to be found at. */
  readonly listen?: readonly string[];
  readonly peers?: readonly (PeerOptions | string)[];
  readonly group?: GroupOptions;
  /** Both sides must name the same; keeps clusters that were pointed at each other by mistake apart. Default "". */
  readonly keyspace?: string;
  /**
   * The highest version of the protocol to speak with peers, of those of this release: 1 speaks as the release before.
   * Default: the newest.
   */
  readonly versionMax?: number;
  /** What this replica shows of itself to whom it connects to. */
  readonly token?: string | ((peer: PeerOptions) => string | undefined);
  /** Judges a peer; returns why it is refused, or what it may. Default: everybody may everything. */
  readonly authenticate?: (peer: Credentials) => PeerGrant | { readonly refused: string };
  readonly hints?: HintOptions;
  readonly limits?: Partial<ReplicaLimits>;
  readonly env?: TimedEnv;
  /** Told what a person running this may want to know. */
  readonly onEvent?: (event: ReplicaEvent) => void;
};

/** What happens to a replica, for logs. */
export type ReplicaEvent =
  | { readonly kind: 'listening'; readonly address: string }
  | { readonly kind: 'peer-connected'; readonly peer: string; readonly address: string; readonly isOutgoing: boolean }
  | { readonly kind: 'peer-lost'; readonly peer: string; readonly why: string }
  | { readonly kind: 'peer-refused'; readonly peer: string; readonly code: string; readonly why: string }
  | { readonly kind: 'link-refused'; readonly address: string; readonly why: string }
  | { readonly kind: 'dial-failed'; readonly address: string; readonly why: string; readonly againInMs: number }
  | { readonly kind: 'exchanged'; readonly peer: string; readonly mode: string; readonly records: number }
  | { readonly kind: 'exchange-failed'; readonly peer: string; readonly why: string }
  | { readonly kind: 'reaped'; readonly reaped: number; readonly waiting: number }
  | { readonly kind: 'renewed'; readonly id: string; readonly why: string }
  | { readonly kind: 'failed'; readonly what: string; readonly cause: unknown };

export type PeerStatus = {
  readonly name: string;
  readonly id: string | undefined;
  readonly address: string | undefined;
  readonly state: 'connected' | 'connecting' | 'cut' | 'absent';
  readonly isMember: boolean;
  /** Dots seen here that the peer is not known to have. */
  readonly lag: number;
  /** Milliseconds on the wall clock; undefined if never in this life of the replica. */
  readonly lastSeenAt: number | undefined;
  readonly lastExchangeAt: number | undefined;
};

/** Counts since the replica was opened; they only grow, but for the gauges at the end. */
export type ReplicaCounters = {
  readonly puts: number;
  readonly deletes: number;
  readonly gets: number;
  readonly quorumFailures: number;
  readonly exchanges: number;
  readonly exchangesFailed: number;
  readonly exchangeRecordsSent: number;
  readonly exchangeRecordsReceived: number;
  readonly pushesSent: number;
  readonly pushesReceived: number;
  readonly pushesRefused: number;
  readonly bytesSent: number;
  readonly bytesReceived: number;
  readonly repairedWithValue: number;
  readonly repairedWithTombstone: number;
  readonly repairedByDropping: number;
  readonly hintsKept: number;
  readonly hintsDelivered: number;
  readonly hintsExpired: number;
  readonly hintsDropped: number;
  readonly sessionsBehind: number;
  /** Held now. */
  readonly hints: number;
};

export type ReplicaStatus = {
  readonly id: string;
  readonly name: string;
  readonly keyspace: string;
  /** Whether it has caught up with what its peers had when it was opened; see /readyz. */
  readonly isReady: boolean;
  readonly isDraining: boolean;
  readonly listening: readonly string[];
  readonly members: readonly string[];
  readonly group: { readonly n: number; readonly r: number; readonly w: number; readonly isSloppy: boolean };
  readonly peers: readonly PeerStatus[];
  readonly counters: ReplicaCounters;
  /** Keys that hold only tombstones, and for how many of them each member is waited for. */
  readonly tombstones: { readonly waiting: number; readonly waitingFor: Readonly<Record<string, number>> };
  /** Milliseconds since the oldest tombstone that waits was written, by its hybrid time; 0 when none waits. */
  readonly reapLagMs: number;
  readonly stats: Stats;
};

/** The replica as those above it see it: the HTTP interface, the command line, applications. */
export type ReplicaApi<T> = {
  readonly id: string;
  readonly name: string;
  readonly store: VersionedKVStore<T>;
  /** Throws: QUORUM_NOT_MET, BEHIND, CONTEXT_INVALID, and as the store. */
  readonly get: (key: string, options?: GetOptions) => Promise<GroupAnswer<T>>;
  readonly put: (key: string, value: T, options?: PutOptions) => Promise<GroupWritten>;
  readonly delete: (key: string, options?: PutOptions) => Promise<GroupWritten>;
  readonly batch: (
    operations: readonly BatchOperation<T>[],
    options?: Omit<PutOptions, 'context'>,
  ) => Promise<readonly GroupWritten[]>;
  /** Waits until the store is not behind the token, asking peers meanwhile. Throws: BEHIND, CONTEXT_INVALID. */
  readonly catchUp: (session: string, waitMs?: number) => Promise<void>;
  /** The token of what this replica has seen, joined with the one given. */
  readonly sessionToken: (session?: string) => string;
  readonly members: () => readonly string[];
  /** A new member counts at once for writes; reaping waits for it from then on. */
  readonly join: (name: string) => Promise<void>;
  readonly retire: (name: string) => Promise<void>;
  /** Retires one and joins the other in one commit. */
  readonly replace: (old: string, by: string) => Promise<void>;
  /** Closes the link to a peer and refuses it until it is healed: for tests and demonstrations. */
  readonly cut: (peer: string) => void;
  readonly heal: (peer: string) => void;
  /** Exchanges with every connected peer once. */
  readonly exchangeAll: () => Promise<void>;
  readonly status: () => Promise<ReplicaStatus>;
  /** Takes no new calls, waits for those under way and for peers to have what was written (up to `drainMs`), closes. */
  readonly close: (options?: { readonly drainMs?: number }) => Promise<void>;
};
