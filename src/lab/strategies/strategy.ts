/**
 * What an experiment asks of a way to replicate and to resolve: replicas that hold keys, take writes, tell one another of
 * them and can be read. Values are not carried: every write and delete of a run has a number, and that number stands for
 * what was written. What a strategy holds for a key is opaque to everybody else.
 */

/** Who a replica is, and what its clock says. */
export type ReplicaSeat = {
  /** 0, 1, 2 …; also of clients that coordinate their own writes, which come after all replicas. */
  readonly index: number;
  readonly name: string;
  /** 0, and one more after each loss of its disk. */
  readonly life: number;
  /** The names of the replicas; each of them holds every key. */
  readonly members: readonly string[];
  /** The wall clock as this replica sees it, in ms. */
  readonly now: () => number;
};

/** One write or delete, as the replica that coordinates it takes it. */
export type Write = {
  readonly key: string;
  /** The number of the operation in the run; it stands for the value. */
  readonly operation: number;
  readonly isDelete: boolean;
  /** What a replica, or several merged, held when the client was shown what it now overwrites; `none`: a blind write. */
  readonly basis: Basis;
  /** The client that writes. */
  readonly client: string;
};

export type Basis = { readonly kind: 'none' } | { readonly kind: 'shown'; readonly held: unknown };

/** What a reader is shown, by the numbers of the operations, ascending. */
export type Shown = {
  /** None: the key is not there. Several: siblings. */
  readonly live: readonly number[];
  /** Deletes that are shown as such. */
  readonly deleted: readonly number[];
  /** What a resolver was given and did not choose: seen by the application's rule, not by the reader. */
  readonly passedOver: readonly number[];
  /** Held beside what is shown, for who asks for conflicts by name; no reader is shown it, and yet it is not lost. */
  readonly aside?: readonly number[];
};

/** What an exchange of two replicas moved. `needless`: records that changed nothing where they came to. */
export type ExchangeCost = { readonly records: number; readonly needless: number; readonly bytes: number };

/** A write that was taken: what the other replicas are told, and what its client may base its next write on unread. */
export type Taken = { readonly told: unknown; readonly answer: unknown };

/** Two replicas met over a key; whether that changed what the one, and what its peer, holds. */
export type Met = (key: string, isChanged: boolean, isPeerChanged: boolean) => void;

/**
 * What a replica holds at a moment. `tombstones`: the numbers of the deletes it still holds a trace of, of keys that hold
 * no value beside; where one does, the delete is part of a conflict that somebody must be shown.
 */
export type Census = {
  readonly keys: number;
  readonly versions: number;
  readonly tombstones: readonly number[];
  /** Bytes beside keys and values. */
  readonly metadataBytes: number;
};

/** One replica under a strategy. Everything happens at once; time and loss are the experiment's. */
export type StrategyReplica = {
  /** What it holds for a key, as a reader's coordinator or another replica is handed it; undefined: nothing. */
  readonly held: (key: string) => unknown;
  /** Takes a write; undefined: refused, nothing has changed. */
  readonly write: (write: Write) => Taken | undefined;
  /** Takes what another replica told or holds; whether that changed anything. */
  readonly take: (key: string, told: unknown) => boolean;
  /** What is handed over when a hint is delivered, given what was told at first. */
  readonly owed: (key: string, told: unknown) => unknown;
  /**
   * Brings itself and a peer to the same state. `changed`: the keys either has changed since their last exchange; no
   * other key can differ. `met` is called for each key about which both know afterwards what either knew.
   */
  readonly exchange: (peer: StrategyReplica, changed: ReadonlySet<string>, met: Met) => ExchangeCost;
  /** Forgets what its rule lets it forget; the keys this changed. */
  readonly tidy: () => Iterable<string>;
  readonly census: () => Census;
  /** What it has taken in, where the strategy keeps such a clock: replica id → counter. */
  readonly clock?: () => Readonly<Record<string, number>>;
};

/** A reap that a coordinator attempts some time after a delete, and after a read that all answered, as Riak does. */
export type Reaping = {
  readonly delayMs: number;
  /** Given what every replica holds, what to tell all of them; undefined: leave it. */
  readonly decide: (held: readonly unknown[]) => unknown;
};

/** A way to replicate and to resolve. */
export type Strategy = {
  /** As scenario files name it. */
  readonly name: string;
  /** As tables head it. */
  readonly title: string;
  /** One sentence: its rule. */
  readonly rule: string;
  /** Where the rule is documented. */
  readonly source: string;
  /** Whether it shows several values when writes were concurrent. */
  readonly showsConflicts: boolean;
  readonly reaping?: Reaping;
  /** Called once for each run: what it gives may remember what the run wrote. */
  readonly begin: () => StrategyRun;
};

/** A strategy in one run. */
export type StrategyRun = {
  readonly create: (seat: ReplicaSeat) => StrategyReplica;
  /** What a coordinator makes of two answers. */
  readonly merge: (key: string, one: unknown, other: unknown) => unknown;
  readonly show: (key: string, held: unknown) => Shown;
  /** Whether a replica that answered `held` lacks nothing of `merged`. */
  readonly isSame: (held: unknown, merged: unknown) => boolean;
  /** What it costs to tell this, beside the value: bytes. */
  readonly bytesOf: (key: string, told: unknown) => number;
};

export const NOTHING_SHOWN: Shown = { live: [], deleted: [], passedOver: [] };
