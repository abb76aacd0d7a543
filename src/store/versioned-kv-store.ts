/**
 * The store people use: promises at the door, policies for readers, checked and frozen values, tokens. What happens to
 * the data is decided in ReplicaState and the record algebra; this file decides what is refused and what is shown.
 */

import { produce } from 'immer';
import { exposeValue, freezeValue, type Value } from '../codec/value.ts';
import type { Dot } from '../clock/dot.ts';
import { DotSet } from '../clock/dot-set.ts';
import type { VectorClock } from '../clock/vector-clock.ts';
import { CausalError } from '../errors.ts';
import { type Answer, AnswerView, contextOf } from './answer.ts';
import { type Change, ChangeFeed } from './change-feed.ts';
import { decodeToken, encodeToken } from './context-token.ts';
import { checkKey, isInternalKey } from './key.ts';
import { boundsOf, type KeyRange } from './key-order.ts';
import type { SeenAt } from './knowledge.ts';
import { MEMBER, memberKeyOf, nameOf, RETIRED } from './membership.ts';
import type { Version } from './record.ts';
import { checkReplicaRecord, type ReplicaRecord } from './replica-record.ts';
import type { ReapReport, ReplicaState, WriteContext } from './replica-state.ts';
import { type Decision, decideConflict, type DeletePolicy, type Resolver, type Sibling, toSibling } from './resolve.ts';
import { Scan } from './scan.ts';
import type { SchemaGate } from './schema.ts';
import { Session } from './session.ts';
import { type Stats, statsOf } from './stats.ts';
import { type Cell, isSettled, toRecord } from './table.ts';

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

/** Gets a draft of the shown value (undefined when nothing is live); changes it or returns a new value. */
export type UpdateRecipe<T> = (draft: T) => T | undefined | void;

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
  | { readonly kind: 'damage'; readonly dots: readonly Dot[] }
  | { readonly kind: 'listener-failed'; readonly cause: unknown };

/** How a store reads and refuses; see `openStore`. */
export type StorePolicy<T> = {
  readonly resolver: Resolver<T> | undefined;
  readonly deletePolicy: DeletePolicy;
  readonly onConflict: 'refuse' | 'overwrite';
  readonly schema: SchemaGate | undefined;
  readonly onReport: (report: Report) => void;
};

let stateIn: (store: VersionedKVStore<never>) => ReplicaState;
let reportIn: (store: VersionedKVStore<never>, report: Report) => void;

export class VersionedKVStore<T = Value> {
  readonly #state: ReplicaState;
  readonly #policy: StorePolicy<T>;
  #isClosed = false;
  readonly #feeds = new Set<ChangeFeed>();

  static {
    stateIn = (store): ReplicaState => store.#open();
    reportIn = (store, report): void => store.#policy.onReport(report);
  }

  /** Use `openStore`. */
  constructor(state: ReplicaState, policy: StorePolicy<T>) {
    this.#state = state;
    this.#policy = policy;
  }

  /** Name and incarnation: the id in every dot this store issues. */
  get id(): string {
    return this.#state.id;
  }

  get name(): string {
    return nameOf(this.#state.id);
  }

  /** Every dot this replica has taken in. */
  get seen(): DotSet {
    return this.#state.knowledge.seen;
  }

  /** Per id the highest tombstone dot that was reaped, here or at a peer that told. */
  get reaped(): VectorClock {
    return this.#state.knowledge.reaped;
  }

  /** What the key shows. Throws: TypeError, RangeError (key), STORE_CLOSED. */
  get(key: string): Promise<Answer<T>> {
    try {
      const { schema } = this.#policy;
      if (schema === undefined) return Promise.resolve(this.peek(key));
      checkKey(key);
      const cell = this.#open().table.get(key);
      const seen = this.#state.knowledge.at();
      const wait = schema.check(toRecord(cell).versions, this.id);
      if (wait === undefined) return Promise.resolve(this.#answer(key, cell, seen));
      return wait.then(() => this.#answer(key, cell, seen));
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /** What the key shows, at once. Throws: as `get`; TypeError when the store has an asynchronous schema. */
  peek(key: string): Answer<T> {
    checkKey(key);
    const state = this.#open();
    const cell = state.table.get(key);
    const wait = this.#policy.schema?.check(toRecord(cell).versions, this.id);
    if (wait !== undefined) throw new TypeError('Cannot peek: the schema of this store is asynchronous, use get');
    return this.#answer(key, cell, state.knowledge.at());
  }

  /** What the keys show, in the order asked for and as of one moment. */
  async getMany(keys: Iterable<string>): Promise<Answer<T>[]> {
    return Promise.all([...keys].map((key) => this.get(key)));
  }

  /** Writes a value. Throws: TypeError, RangeError, CONFLICT, CONTEXT_INVALID, SCHEMA_REJECTED, COUNTER_EXHAUSTED. */
  put(key: string, value: T, options?: WriteOptions): Promise<Written> {
    try {
      checkKey(key);
      const { schema } = this.#policy;
      if (schema === undefined) return Promise.resolve(this.#write(key, freezeValue(value), options?.context));
      return this.#putChecked(schema, key, value, options?.context);
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /** Deletes a key: what its context covers goes, what is concurrent stays visible. Throws: as `put`. */
  delete(key: string, options?: WriteOptions): Promise<Written> {
    try {
      checkKey(key);
      return Promise.resolve(this.#write(key, undefined, options?.context));
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /** Changes the shown value through an immer draft. Throws: as `put`; CONFLICT while several siblings are shown. */
  async update(key: string, recipe: UpdateRecipe<T>): Promise<Written> {
    const answer = await this.get(key);
    if (answer.status === 'conflict') throw conflictError(key, 'update', answer);
    const cell = this.#open().table.get(key);
    const base = answer.status === 'live' ? answer.value : undefined;
    const next: unknown = produce(base, recipe as (draft: unknown) => unknown); // immer's own draft type needs a concrete T
    if (next instanceof Promise) throw new TypeError(`Cannot update "${key}": the recipe is asynchronous, await before it`);
    const { schema } = this.#policy;
    const context = contextOf(this.#state.knowledge.at(), cell);
    return this.#commit(key, freezeValue(schema === undefined ? next : await schema.admit(key, next)), context);
  }

  /** Writes what settles a conflict: a decision, or what a resolver (by default the store's own) decides. */
  async resolve(key: string, by?: Decision<T> | Resolver<T>, options?: WriteOptions): Promise<Written> {
    checkKey(key);
    const { siblings } = await this.get(key);
    const { deletePolicy, resolver } = this.#policy;
    const decision = typeof by === 'object' ? by : decideConflict(siblings, key, deletePolicy, by ?? resolver);
    if (decision.kind === 'keep') throw conflictError(key, 'resolve', { siblings });
    const context = options?.context ?? 'local';
    const value = decision.kind === 'delete' ? undefined : await this.#admit(key, decision.value);
    return this.#commit(key, value, this.#contextFrom(key, context));
  }

  /** Writes several keys in one commit: all or none. Each key once. Throws: as `put`, before anything is written. */
  async batch(operations: readonly BatchOperation<T>[]): Promise<Written[]> {
    const keys = operations.map((operation) => ('put' in operation ? operation.put : operation.delete));
    keys.forEach(checkKey);
    if (new Set(keys).size < keys.length) throw new TypeError('Cannot write the batch: it names a key twice, name each key once');
    const values = await Promise.all(
      operations.map((operation, at) => ('put' in operation ? this.#admit(keys[at] as string /* same length */, operation.value) : undefined)),
    );
    const planned = operations.map(({ context }, at) => {
      const key = keys[at] as string; // same length
      if (context === undefined || context === 'local') this.#refuseBlindOverwrite(key);
      return { key, value: values[at], context: this.#contextFrom(key, context) };
    });
    const versions = this.#open().writeAll(planned);
    return planned.map(({ key, context }, at) => this.#written(key, versions[at] as Version /* one each */, context));
  }

  /** What another replica would be handed for this key at this moment, also for a key that is absent. */
  async record(key: string): Promise<ReplicaRecord> {
    checkKey(key);
    return this.#open().recordOf(key);
  }

  /** Merges what another replica holds for a key, and says what happened. Law: L4, L10, L14. */
  async receiveReplica(key: string, record: ReplicaRecord): Promise<ReceiveResult> {
    if (!isInternalKey(key)) checkKey(key);
    const receipt = this.#open().receive(checkReplicaRecord(record, key));
    if (receipt.collisions.length > 0) this.#policy.onReport({ kind: 'collision', key, dots: receipt.collisions });
    const { versions } = this.#state.table.record(key);
    return {
      changed: receipt.added.length > 0 || receipt.superseded.length > 0,
      added: receipt.added.map(dotOf),
      superseded: receipt.superseded.map(dotOf),
      stale: receipt.stale.map(dotOf),
      conflict: isConflict(versions),
      collisions: receipt.collisions,
    };
  }

  /** Keys that show a value or a conflict, in UTF-8 order. */
  keys(range: KeyRange = {}): Scan<string> {
    return new Scan(() => this.#walk(range, (key, cell) => (this.#isShown(key, cell) ? key : undefined)));
  }

  /** Keys that show a value or a conflict, each with its answer, in UTF-8 order. */
  entries(range: KeyRange = {}): Scan<readonly [key: string, answer: Answer<T>]> {
    return this.#answers(range, (answer) => answer.status === 'live' || answer.status === 'conflict');
  }

  /** Every key that holds concurrent versions, deletes among them, also where a policy hides it from readers. */
  conflicts(range: KeyRange = {}): Scan<readonly [key: string, answer: Answer<T>]> {
    return this.#answers(range, undefined, (cell) => !isSettled(cell) && isConflict(cell.versions));
  }

  /** What changed after the moment of `after` (or from the beginning), and, while `live`, what changes from now on. */
  changes(options: { readonly after?: string; readonly live?: boolean } = {}): AsyncIterableIterator<Change> {
    const cursor = options.after === undefined ? DotSet.empty : decodeToken('changes', '', options.after);
    const feed = new ChangeFeed(this.#open(), cursor, options.live ?? true);
    this.#feeds.add(feed);
    return feed;
  }

  /** Calls `listener` after each commit with the keys that changed; returns the end of the subscription. */
  subscribe(listener: (keys: readonly string[]) => void): () => void {
    const guarded = (keys: readonly string[]): void => {
      const own = keys.filter((key) => !isInternalKey(key));
      if (own.length === 0) return;
      try {
        listener(own);
      } catch (cause) {
        this.#policy.onReport({ kind: 'listener-failed', cause });
      }
    };
    this.#open().listeners.add(guarded);
    return () => this.#state.listeners.delete(guarded);
  }

  /** A session at this replica, new or continued from another replica's token. */
  session(token?: string): Session<T> {
    this.#open();
    return new Session(this, token);
  }

  /** Counts, by a walk over all records. Cost: O(keys). */
  stats(): Stats {
    return statsOf(this.#open());
  }

  /** Removes stable tombstones for good; `force` also those that members have not seen, at the cost of conflict flags. */
  async reap(options: { readonly force?: boolean } = {}): Promise<ReapReport> {
    return this.#open().reap(options.force ?? false);
  }

  /** Makes a replica one that reaping waits for. Replicated. */
  async join(member: string): Promise<void> {
    this.#setMember(member, MEMBER);
  }

  /** Stops waiting for a replica. It may come back at any time: its unsent writes stay, nothing deleted returns. */
  async retire(member: string): Promise<void> {
    this.#setMember(member, RETIRED);
  }

  /** The replicas that reaping waits for, by name or id. */
  members(): string[] {
    return this.#open().members;
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#state.listeners.clear();
    await Promise.all([...this.#feeds].map((feed) => feed.return()));
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #open(): ReplicaState {
    if (this.#isClosed) throw new CausalError('STORE_CLOSED', `Cannot use "${this.#state.id}": the store is closed, open it again`);
    return this.#state;
  }

  #answer(key: string, cell: Cell | undefined, seen: SeenAt): Answer<T> {
    return this.#view(key, cell, seen) as unknown as Answer<T>; // status and value agree by construction
  }

  #view(key: string, cell: Cell | undefined, seen: SeenAt): AnswerView<T> {
    if (cell === undefined) return new AnswerView<T>('absent', undefined, key, cell, seen);
    if (isSettled(cell) && this.#policy.schema === undefined) {
      if (cell.value === undefined) return new AnswerView<T>('deleted', undefined, key, cell, seen);
      return new AnswerView('live', exposeValue(cell.value) as T /* the store's own type */, key, cell, seen);
    }
    const siblings = this.#siblings(toRecord(cell).versions);
    const [only] = siblings;
    if (only === undefined) return new AnswerView<T>('absent', undefined, key, cell, seen, siblings);
    if (siblings.every((sibling) => sibling.tombstone)) return new AnswerView<T>('deleted', undefined, key, cell, seen, siblings);
    if (siblings.length === 1 && !only.tombstone) return new AnswerView('live', only.value, key, cell, seen, siblings);
    const decision = decideConflict(siblings, key, this.#policy.deletePolicy, this.#policy.resolver);
    if (decision.kind === 'value') return new AnswerView('live', decision.value, key, cell, seen, siblings);
    return new AnswerView<T>(decision.kind === 'delete' ? 'deleted' : 'conflict', undefined, key, cell, seen, siblings);
  }

  #siblings(versions: readonly Version[]): readonly Sibling<T>[] {
    const { schema } = this.#policy;
    return Object.freeze(
      versions.map((version) => {
        const sibling = toSibling<T>(version);
        const issues = schema?.issuesOf(version);
        return Object.freeze(issues === undefined || sibling.tombstone ? sibling : { ...sibling, issues });
      }),
    );
  }

  async #putChecked(schema: SchemaGate, key: string, value: T, context: WriteOptions['context']): Promise<Written> {
    freezeValue(value);
    return this.#write(key, freezeValue(await schema.admit(key, value)), context);
  }

  async #admit(key: string, value: T): Promise<Value> {
    const { schema } = this.#policy;
    const frozen = freezeValue(value);
    return schema === undefined ? frozen : freezeValue(await schema.admit(key, value));
  }

  #write(key: string, value: Value | undefined, context: WriteOptions['context']): Written {
    if (context === undefined || context === 'local') {
      this.#open();
      this.#refuseBlindOverwrite(key);
      return this.#commit(key, value, 'local');
    }
    return this.#commit(key, value, this.#contextFrom(key, context));
  }

  #commit(key: string, value: Value | undefined, context: WriteContext): Written {
    return this.#written(key, this.#open().write(key, value, context), context);
  }

  #written(key: string, version: Version, context: WriteContext): Written {
    return new WrittenView(key, version, context, this.#state.knowledge.at(), this.#state.table.get(key));
  }

  #contextFrom(key: string, context: WriteOptions['context']): WriteContext {
    if (context === undefined || context === 'local') return 'local';
    if (context === 'none') return 'none';
    const set = decodeToken('context', key, context, this.#state.rules['tokens-are-key-bound']);
    this.#state.refuseForgedDots(set);
    return set;
  }

  #refuseBlindOverwrite(key: string): void {
    const cell = this.#state.table.get(key);
    if (cell === undefined || isSettled(cell) || this.#policy.onConflict === 'overwrite' || !isConflict(cell.versions)) return;
    const answer = this.#answer(key, cell, this.#state.knowledge.at());
    if (answer.status === 'conflict') throw conflictError(key, 'write', answer);
  }

  #isShown(key: string, cell: Cell): boolean {
    if (isSettled(cell)) return cell.value !== undefined;
    const { status } = this.#view(key, cell, this.#state.knowledge.at());
    return status === 'live' || status === 'conflict';
  }

  #answers(
    range: KeyRange,
    isWanted?: (answer: Answer<T>) => boolean,
    isCandidate?: (cell: Cell) => boolean,
  ): Scan<readonly [string, Answer<T>]> {
    const pick = (key: string, cell: Cell): readonly [string, Answer<T>] | undefined => {
      if (isCandidate !== undefined && !isCandidate(cell)) return undefined;
      const answer = this.#policy.schema === undefined ? this.#answer(key, cell, this.#state.knowledge.at()) : this.peek(key);
      return isWanted === undefined || isWanted(answer) ? [key, answer] : undefined;
    };
    if (this.#policy.schema === undefined) return new Scan(() => this.#walk(range, pick));
    const store = this;
    return new Scan(
      () => this.#walk(range, pick),
      async function* () {
        for (const key of [...iterate(store.#walk(range, (found, cell) => (isCandidate?.(cell) === false ? undefined : found)))]) {
          const answer = await store.get(key);
          if (isWanted === undefined || isWanted(answer)) yield [key, answer] as const;
        }
      },
    );
  }

  #walk<R>(range: KeyRange, pick: (key: string, cell: Cell) => R | undefined): Iterator<R> {
    const { table } = this.#open();
    const sorted = table.sortedKeys();
    let [at, end] = boundsOf(sorted, range);
    let left = range.limit ?? Number.POSITIVE_INFINITY;
    const hasInternal = table.internal.size > 0;
    return {
      next: () => {
        while (at < end && left > 0) {
          const key = sorted[at++] as string; // at < end ≤ length
          const cell = table.get(key);
          if (cell === undefined || (hasInternal && isInternalKey(key))) continue;
          const picked = pick(key, cell);
          if (picked === undefined) continue;
          left -= 1;
          return { done: false, value: picked };
        }
        end = at;
        return { done: true, value: undefined };
      },
    };
  }

  #setMember(member: string, value: Value): void {
    const state = this.#open();
    const key = memberKeyOf(member);
    if (typeof member !== 'string' || member.length === 0) throw new TypeError('Cannot change members: give the name or id of a replica');
    const { versions } = state.table.record(key);
    if (versions.length === 1 && versions[0]?.value === value) return;
    state.write(key, value, 'local');
  }
}

/** The state behind a store, for the repair protocols. Throws: STORE_CLOSED. */
export function stateOf<T>(store: VersionedKVStore<T>): ReplicaState {
  return stateIn(store as unknown as VersionedKVStore<never>); // the state does not depend on T
}

/** Hands a report to the listener the store was opened with. */
export function report<T>(store: VersionedKVStore<T>, about: Report): void {
  reportIn(store as unknown as VersionedKVStore<never>, about); // reports do not depend on T
}

class WrittenView implements Written {
  readonly dot: Dot;
  readonly #key: string;
  readonly #context: WriteContext;
  readonly #seen: SeenAt;
  readonly #cell: Cell | undefined;

  constructor(key: string, version: Version, context: WriteContext, seen: SeenAt, cell: Cell | undefined) {
    this.dot = { id: version.id, counter: version.counter };
    this.#key = key;
    this.#context = context;
    this.#seen = seen;
    this.#cell = cell;
  }

  /** What the writer had seen, and this write: a sibling nobody read is never in it. */
  get context(): string {
    if (this.#context === 'local') return encodeToken('context', this.#key, contextOf(this.#seen, this.#cell));
    const past = this.#context === 'none' ? DotSet.empty : this.#context;
    return encodeToken('context', this.#key, past.add(this.dot.id, this.dot.counter));
  }
}

function dotOf({ id, counter }: Version): Dot {
  return { id, counter };
}

function isConflict(versions: readonly Version[]): boolean {
  return versions.length > 1 && versions.some((version) => version.value !== undefined);
}

function conflictError(key: string, verb: string, answer: { readonly siblings: readonly unknown[]; readonly context?: string }): CausalError {
  return new CausalError(
    'CONFLICT',
    `Cannot ${verb} "${key}": it has ${answer.siblings.length} siblings nobody has chosen between, read it and pass the context of the answer, or resolve it`,
    { key, siblings: answer.siblings },
  );
}

function iterate<R>(walk: Iterator<R>): Iterable<R> {
  return { [Symbol.iterator]: () => walk };
}
