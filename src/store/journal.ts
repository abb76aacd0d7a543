/**
 * What stands between the callers of a durable store and the steps on its state: it brings what a step needs into memory
 * before, and lets its outcome leave only when what it changed is durable. Types only; a store in memory has no journal.
 */

import type { DotSet } from '../clock/dot-set.ts';
import type { KeyRange } from './key-order.ts';
import type { Cell } from './table.ts';

/** The keys a step looks at. */
export type Keys = readonly string[] | 'all';

/** How far a long task is; `total` is 0 while nobody knows. */
export type OnProgress = (done: number, total: number) => void;

/** Something that `verify` found, with the key it concerns where one is known. */
export type Fault =
  /** The record's bytes are not what was written; or the index names a record that is gone. */
  | { readonly kind: 'record-corrupt' | 'record-missing'; readonly key: string; readonly dots: DotSet }
  /**
   * The record is not the newest that was written under its key: the index, which is sound, names other dots. `dots`: those
   * that are lost; `stale`: those that it holds and was written over.
   */
  | { readonly kind: 'record-former'; readonly key: string; readonly dots: DotSet; readonly stale: DotSet }
  /** The dot index does not agree with a sound record; `repair` writes it anew. */
  | { readonly kind: 'index-missing' | 'index-stale'; readonly key: string; readonly dots: DotSet }
  /** Part of the dot index cannot be read; what it said is written anew. */
  | { readonly kind: 'index-corrupt' }
  /** The records are sound but are not all that was written: something vanished without a trace. */
  | { readonly kind: 'sum-differs' }
  /** A key that was found damaged before and is not refilled yet. */
  | { readonly kind: 'still-damaged'; readonly key: string; readonly dots: DotSet };

/** What `verify` looked at and found. */
export type VerifyReport = {
  readonly isSound: boolean;
  readonly records: number;
  readonly dots: number;
  readonly faults: readonly Fault[];
};

export type Journal = {
  /** Runs `step` with the keys in memory; answers when what it saw of them is durable. Throws: RECORD_CORRUPT. */
  readonly read: <R>(keys: Keys, step: () => R) => Promise<R>;
  /** Runs `step` with the keys in memory; answers when all that it changed is durable. Throws: RECORD_CORRUPT. */
  readonly write: <R>(keys: Keys, step: () => R) => Promise<R>;
  /** As `write`, also where keys are damaged: for what refills them. */
  readonly exchange: <R>(keys: Keys, step: () => R) => Promise<R>;
  /** Answers when every stored record was read and summed up; undefined when they are. Throws: STORE_CLOSED. */
  readonly whole: () => Promise<void> | undefined;
  /** Answers when live hash and marks count everything, and what has a residual is in memory. */
  readonly summed: () => Promise<void>;
  /** What may be shown of a key at once. Throws: UNSUPPORTED where the engine cannot, RECORD_CORRUPT. */
  readonly now: (key: string) => Cell | undefined;
  /** Throws UNSUPPORTED unless every key is in memory. */
  readonly requireAll: () => void;
  /** As `requireAll`, for a scan. Throws: RECORD_CORRUPT when a key that it would visit was lost. */
  readonly requireRange: (range: KeyRange) => void;
  /** How often changes were undone since it was opened: what was seen before may be gone when this differs. */
  readonly undone: () => number;
  /** Whether this store was ever opened in this life. */
  readonly hasLived: (life: number) => boolean;
  /** The counter that the own dots had when a life of this store ended; infinite while it lasts, and where nobody knows. */
  readonly endOf: (life: number) => number;
  /** Takes note of this life, because a peer is told of it. */
  readonly noteLife: () => void;
  /**
   * Goes on under a new incarnation, unless `former` is not its id any more. What this life has issued under it is issued
   * anew, and what was issued after the counter `disputed`; nothing where nothing is.
   */
  readonly renew: (why: string, former: string, disputed?: number | 'nothing') => Promise<void>;
  /** All that a peer had to show was taken in, which has seen `seen`: what it did not bring back is not there. */
  readonly noteAsked: (peer: string, seen: DotSet) => void;
  /** All that a peer has which lost nothing was taken in, or compared with what is here: nothing is unknown any more. */
  readonly endUnknownDamage: () => void;
  /** Goes on without what was lost; gives the keys that were damaged. */
  readonly acceptLoss: () => Promise<readonly string[]>;
  readonly verify: (onProgress?: OnProgress) => Promise<VerifyReport>;
  /** Everything stored, as one moment of it. */
  readonly backup: () => AsyncIterable<Uint8Array>;
  readonly compact: () => Promise<void>;
  readonly close: () => Promise<void>;
};
