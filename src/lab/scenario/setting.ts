/**
 * One cell of an experiment with every choice made: what a cluster is set up as, what its clients do, what befalls it.
 * A scenario is many of them; see scenario.ts. Times are in ms from the start.
 */

import type { Delay } from './delay.ts';

/** How long a message takes, by what it carries: a write, its acknowledgement, a read's request, its response. */
export type Latency = {
  readonly write: Delay;
  readonly acknowledge: Delay;
  readonly request: Delay;
  readonly response: Delay;
};

export type NetworkSetting = {
  /** As tables name it. */
  readonly name: string;
  readonly latency: Latency;
  /** How often a message is lost, and how often it comes twice: shares of 1. */
  readonly loss: number;
  readonly duplicate: number;
};

export type KeyChoice =
  | { readonly kind: 'uniform' }
  /** The n-th key is drawn as often as 1 / n^skew. */
  | { readonly kind: 'zipf'; readonly skew: number }
  /** As zipf, counted back from the key that was written for the first time last. */
  | { readonly kind: 'latest'; readonly skew: number }
  /** A share of the operations goes to a share of the keys. */
  | { readonly kind: 'hotspot'; readonly operations: number; readonly keys: number };

/**
 * `put` and `delete` overwrite what their replica shows, `update` what a read of R replicas showed just before, `save` what
 * the client itself was shown or wrote last, without looking again, `blind put` nothing. `scan` reads several keys.
 */
export type OperationKind = 'read' | 'scan' | 'put' | 'blind put' | 'delete' | 'update' | 'save';

/** Clients that each do one thing after another until enough was done. */
export type DrawnWorkload = {
  readonly kind: 'drawn';
  readonly clients: number;
  /** Together; `duration` ends it earlier. */
  readonly operations: number;
  readonly durationMs: number;
  readonly keys: { readonly count: number; readonly choice: KeyChoice };
  /** Keys that are there from the start, at every replica. */
  readonly loaded: number;
  /** Weights; a kind that is not named is not drawn. */
  readonly mix: Readonly<Partial<Record<OperationKind, number>>>;
  /** A scan reads 1 to this many keys, one after the other in number. */
  readonly scanKeys: number;
  /** A new key is put this often in the place of a drawn one: a share of the puts. */
  readonly inserts: number;
  readonly thinkMs: Delay;
  /** Whether a client stays at one replica (its home), or asks any it can reach. */
  readonly isSticky: boolean;
};

/** Each client writes a key of its own, waits, and reads it: how visible is a write after so long? */
export type ProbeWorkload = {
  readonly kind: 'probe';
  readonly clients: number;
  readonly probesEach: number;
  /** How long after the acknowledgement to read; one after another. */
  readonly afterMs: readonly number[];
  /** Between a read and the next write. */
  readonly gapMs: number;
};

/** What clients do, one line each. A client is at the replica of its number, modulo replicas, if it names none. */
export type ScriptStep = {
  readonly atMs: number;
  readonly client: number;
  readonly replica?: number;
  readonly do: OperationKind;
  readonly key: string;
};

export type ScriptedWorkload = { readonly kind: 'script'; readonly steps: readonly ScriptStep[] };

export type Workload = DrawnWorkload | ProbeWorkload | ScriptedWorkload;

/** What befalls the cluster. Replicas by index. `forMs` ends it; without it lasts until all is healed at the end. */
export type Fault =
  /** No message between the two sides; of a replica named in neither, none is cut. */
  | {
      readonly kind: 'cut';
      readonly atMs: number;
      readonly forMs?: number;
      readonly sides: readonly (readonly number[])[];
    }
  /** Reached by nobody; its own clients go on. */
  | { readonly kind: 'away'; readonly atMs: number; readonly forMs?: number; readonly replica: number }
  /** Answers nobody, its own clients included; what it had is there when it is back. */
  | { readonly kind: 'crash'; readonly atMs: number; readonly forMs?: number; readonly replica: number }
  /** Its disk is lost: it begins anew, empty. */
  | { readonly kind: 'forget'; readonly atMs: number; readonly replica: number }
  /** Its wall clock is wrong by so much from now on. */
  | { readonly kind: 'clock'; readonly atMs: number; readonly replica: number; readonly byMs: number };

export type Background = {
  /** Each replica exchanges with a drawn peer this often; undefined: never. */
  readonly exchangeEveryMs: number | undefined;
  /** Whether a read brings those who answered with less what they lack. */
  readonly readRepair: boolean;
  /** Writes owed to replicas that did not acknowledge: for how long kept, how often tried; undefined: none are kept. */
  readonly hints: { readonly ttlMs: number; readonly everyMs: number } | undefined;
  /** How often a replica forgets what its rule lets it forget. */
  readonly tidyEveryMs: number;
};

export type Setting = {
  readonly replicas: number;
  readonly r: number;
  readonly w: number;
  /** Who coordinates: the replica of the client; or the client itself, which then holds nothing that is read. */
  readonly coordinator: 'replica' | 'client';
  /** An operation that is not answered by then has failed. */
  readonly timeoutMs: number;
  readonly network: NetworkSetting;
  readonly background: Background;
  readonly workload: Workload;
  readonly faults: readonly Fault[];
  /** When all is healed, replicas have this long to become equal. */
  readonly settleMs: number;
  /** Of the wall clocks: each is wrong by up to this much, either way. */
  readonly clockSkewMs: number;
};
