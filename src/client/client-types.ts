/** The words of the client: what it is told, what it answers. The library's, less what only a replica knows. Types only. */

import type { Value } from '../codec/value.ts';

/** The name of one write. */
export type Dot = { readonly id: string; readonly counter: number };

/** One of several concurrent versions of a key. */
export type Sibling<T = Value> =
  | { readonly dot: Dot; readonly time: number; readonly tombstone: false; readonly value: T }
  | { readonly dot: Dot; readonly time: number; readonly tombstone: true };

/** `etag` names the versions the key holds: for `ifMatch`. */
type Held = { readonly context: string; readonly etag: string };

/** What a read shows; a conflict is an answer, no error. */
export type Answer<T = Value> =
  | { readonly status: 'absent'; readonly context: string }
  | ({ readonly status: 'deleted' } & Held)
  | ({ readonly status: 'live'; readonly value: T } & Held)
  /** `total`, when there are more siblings than the server shows; then context and tag are `undefined`. */
  | {
      readonly status: 'conflict';
      readonly siblings: readonly Sibling<T>[];
      readonly context: string | undefined;
      readonly etag: string | undefined;
      readonly total?: number;
    };

/** A key and what it shows. */
export type Entry<T = Value> = { readonly key: string } & Answer<T>;

/** A write, and the context to base the next write of the same key on. */
export type Written = {
  readonly key: string;
  readonly dot: Dot;
  readonly context: string;
  /** The tag of the key when nothing stayed beside this write. */
  readonly etag: string;
  readonly durableAt: readonly string[];
  readonly hintedAt: readonly string[];
};

type Call = {
  /** How long this call may take, all attempts together. Default: that of the client. */
  readonly timeoutMs?: number;
  /** How long a replica that is behind the session may catch up before it answers BEHIND. */
  readonly waitMs?: number;
  readonly signal?: AbortSignal;
};

export type GetOptions = Call & { readonly r?: number };
export type WriteOptions = Call & {
  /** The context of an answer: what it showed is replaced, all else stays. `none`: nothing is replaced. */
  readonly context?: string;
  /** Only if the key still holds what has this tag; else CONFLICT, and nothing is written. */
  readonly ifMatch?: string;
  /** Only if the key shows nothing; else CONFLICT, and nothing is written. */
  readonly ifAbsent?: boolean;
  readonly w?: number;
  readonly isSloppy?: boolean;
};
export type BatchOptions = Call & { readonly w?: number; readonly isSloppy?: boolean };
export type UpdateOptions<T> = BatchOptions & {
  readonly r?: number;
  /** Makes one value of several siblings; without it a conflict is refused with CONFLICT. */
  readonly resolve?: (siblings: readonly Sibling<T>[]) => T | undefined;
  /** How often it is tried again when somebody else wrote meanwhile. Default 10. */
  readonly attempts?: number;
};

export type BatchOperation<T = Value> =
  | { readonly put: string; readonly value: T; readonly context?: string }
  | { readonly delete: string; readonly context?: string };

export type ListOptions = Call & {
  readonly prefix?: string;
  /** Entries of a page; the iteration goes on over pages. */
  readonly pageSize?: number;
  readonly after?: string;
};

export type ChangesOptions = {
  /** The token of the last change that was taken in; from the beginning without it. */
  readonly after?: string;
  readonly prefix?: string;
  /** Tells what the key shows at that moment, too. */
  readonly hasValues?: boolean;
  /** Goes on for ever unless this is false. */
  readonly isLive?: boolean;
  /** Ends the iteration. */
  readonly signal?: AbortSignal;
};

/** Told at least once each. After `rebase` every key that holds anything follows; what is not named is gone. */
export type Change<T = Value> =
  | { readonly kind: 'change'; readonly key: string; readonly token: string; readonly entry?: Entry<T> }
  | { readonly kind: 'rebase'; readonly token: string };

/** What a replica tells of itself. */
export type Status = {
  readonly id: string;
  readonly name: string;
  readonly isReady: boolean;
  readonly isDraining: boolean;
  readonly members: readonly string[];
  readonly group: { readonly n: number; readonly r: number; readonly w: number; readonly isSloppy: boolean };
  readonly peers: readonly {
    readonly name: string;
    readonly state: 'connected' | 'connecting' | 'cut' | 'absent';
    readonly isMember: boolean;
    readonly lag: number;
  }[];
  readonly counters: Readonly<Record<string, number>>;
  readonly stats: Readonly<Record<string, number>>;
  readonly tombstones: { readonly waiting: number; readonly waitingFor: Readonly<Record<string, number>> };
  readonly reapLagMs: number;
};

export type ClientOptions = {
  /** Where replicas answer; the first is asked until it fails, then the next. */
  readonly urls: string | readonly string[];
  /** A bearer token. */
  readonly token?: string;
  /** The session to go on with; see `session` of the client. */
  readonly session?: string;
  /** How long a call may take. Default 10,000. */
  readonly timeoutMs?: number;
  /** How often a call that did nothing is tried again, on the next URL if there are several. Default 3. */
  readonly retries?: number;
  /** A stream of changes that says nothing for so long is opened again. Default 45,000. */
  readonly silenceMs?: number;
  readonly fetch?: typeof fetch;
};
