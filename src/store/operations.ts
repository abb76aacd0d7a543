/**
 * The words in which people and the store talk about writes: what a write is based on, what it gives back, what was
 * received, what is worth reporting. Types only, so that sessions and readers need not know the store.
 */

import type { Dot } from '../clock/dot.ts';
import type { DeletePolicy, Resolver } from './resolve.ts';
import type { SchemaGate } from './schema.ts';

/**
 * On what a write is based. `local` (default): what this replica shows now. `none`: nothing, so it always becomes a
 * sibling. Otherwise the context of an answer for the same key.
 */
export type WriteOptions = { readonly context?: 'local' | 'none' | (string & {}) };

/** The dot of a write, and the context to base the next write of the same key on. */
export type Written = { readonly dot: Dot; readonly context: string };

export type BatchOperation<T> =
  | { readonly put: string; readonly value: T; readonly context?: WriteOptions['context'] }
  | { readonly delete: string; readonly context?: WriteOptions['context'] };

/** Gets a draft of the shown value (undefined when nothing is live); changes it, or returns a new value of type T. */
export type UpdateRecipe<T> = (draft: T) => unknown;

/** What `receiveReplica` did. `changed`: the versions of the key are not what they were. */
export type ReceiveResult = {
  readonly changed: boolean;
  readonly added: readonly Dot[];
  readonly superseded: readonly Dot[];
  readonly stale: readonly Dot[];
  readonly conflict: boolean;
  readonly collisions: readonly Dot[];
};

/** Something a person should know of that no answer tells. */
export type Report =
  | { readonly kind: 'collision'; readonly key: string; readonly dots: readonly Dot[] }
  /** `dots` were lost here; with `keys`, their records too, until a peer refills them. */
  | { readonly kind: 'damage'; readonly dots: readonly Dot[]; readonly keys?: readonly string[] }
  /** The replica goes on under a new incarnation; why, in words. */
  | { readonly kind: 'renewed'; readonly id: string; readonly why: string }
  | { readonly kind: 'listener-failed'; readonly cause: unknown };

/** How a store reads and refuses; see `openStore`. */
export type StorePolicy<T> = {
  readonly resolver: Resolver<T> | undefined;
  readonly deletePolicy: DeletePolicy;
  readonly onConflict: 'refuse' | 'overwrite';
  readonly schema: SchemaGate | undefined;
  readonly onReport: (report: Report) => void;
};
