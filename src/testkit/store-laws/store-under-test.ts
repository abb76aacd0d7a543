/**
 * A replicated store of somebody's own, as the laws of stores see it: a handful of functions over whatever a replica is
 * there. Every function may answer at once or later. What a store cannot do is left out; the laws that need it say so.
 */

/** What a key shows: the values that stand side by side, in any order, and on what a write that follows is based. */
export type Shown<C> = { readonly values: readonly string[]; readonly context: C };

/** What a write is based on: what its replica shows, what somebody read earlier anywhere, or nothing. */
export type Basis = 'read' | 'kept' | 'none';

type Perhaps<T> = T | Promise<T>;

/** What a store says of a write that failed. */
export type FailedOutcome = 'not-done' | 'unknown';

/** The store: `R` is a replica, `C` a context (what a read hands on to the write that follows; ignore it where there is none). */
export type StoreUnderTest<R, C> = {
  /** A replica that nobody has used; every run opens `a`, `b`, `c` anew and they know nothing of the run before. */
  readonly open: (name: string) => Perhaps<R>;
  readonly get: (replica: R, key: string) => Perhaps<Shown<C>>;
  /** Writes `value`; answers, or resolves, when it is acknowledged. `context` undefined: based on nothing. */
  readonly put: (replica: R, key: string, value: string, context: C | undefined) => unknown;
  /** Deletes what `context` had seen. */
  readonly delete: (replica: R, key: string, context: C) => unknown;
  /** Afterwards both know what either knew. */
  readonly sync: (a: R, b: R) => unknown;
  readonly close?: (replica: R) => unknown;
  /** Ends the replica as a crash would, and opens what is left of it. */
  readonly restart?: (replica: R) => Perhaps<R>;
  /** Forgets tombstones, as far as it is allowed. */
  readonly reap?: (replica: R) => unknown;
  /** How much the replica still keeps of what was deleted, in whatever unit; 0 is nothing. */
  readonly remains?: (replica: R) => Perhaps<number>;
  /** All that the replica knows, as one text. */
  readonly digest?: (replica: R) => Perhaps<string>;
  /** Makes the next write at this replica fail. */
  readonly failNext?: (replica: R) => unknown;
  /** What the error of a write says of it; undefined for an error that no write may end with. */
  readonly outcomeOf?: (error: unknown) => FailedOutcome | undefined;
  /** Harms what the replica keeps of a key. */
  readonly damage?: (replica: R, key: string) => Perhaps<R>;
  /** A second replica from a copy of all that this one keeps, its name too. */
  readonly clone?: (replica: R) => Perhaps<R>;
  /** Whether the replica knows by now that its name is in use twice, or was and it has taken another. */
  readonly isAlarmed?: (replica: R) => Perhaps<boolean>;
  /** What writes may be based on. Default: all three. */
  readonly bases?: readonly Basis[];
};

/** What a run of the laws of stores is made of, beside how many there are. */
export type ProgramShape = {
  /** Default 3. */
  readonly replicas?: number;
  /** Default two, one of them `__proto__`. */
  readonly keys?: readonly string[];
  /** Default 16. */
  readonly stepsMax?: number;
};
