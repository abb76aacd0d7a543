/**
 * The store people use: promises at the door, and one place for everything a replica can do. What happens to the data is
 * decided in ReplicaState and the record algebra, what is refused in Writer, what is shown in Reader.
 */

// For programs that compile against es2022: this is where the package names Symbol.asyncDispose.
/// <reference lib="esnext.disposable" preserve="true" />

import { misuse } from '../assert.ts';
import { DotSet } from '../clock/dot-set.ts';
import type { VectorClock } from '../clock/vector-clock.ts';
import { checkText } from '../codec/text.ts';
import { exposeValue, type Value } from '../codec/value.ts';
import { CausalError } from '../errors.ts';
import { KEY_BYTES_MAX } from '../limits.ts';
import type { Answer } from './answer.ts';
import type { Change } from './change-feed.ts';
import { decodePlace, encodeToken } from './context-token.ts';
import type { Explanation } from './explain.ts';
import { iterateLate } from './iterate-late.ts';
import type { Journal, Keys, OnProgress, VerifyReport } from './journal.ts';
import { checkKey, faultOfKey, isInternalKey } from './key.ts';
import type { KeyRange } from './key-order.ts';
import { MEMBER, memberKeyOf, nameOf, RETIRED } from './membership.ts';
import type {
  BatchOperation,
  ReceiveResult,
  Report,
  StorePolicy,
  UpdateRecipe,
  WriteOptions,
  Written,
} from './operations.ts';
import { cellOf, checkHeldKey, Reader } from './reader.ts';
import { dotOf, isConflict } from './record.ts';
import { checkReplicaRecord, type ReplicaRecord } from './replica-record.ts';
import type { ReapReport, ReplicaState } from './replica-state.ts';
import type { Decision, Resolver } from './resolve.ts';
import type { Scan } from './scan.ts';
import { Session } from './session.ts';
import { type Stats, statsOf } from './stats.ts';
import { Writer } from './writer.ts';

let stateIn: (store: VersionedKVStore<never>) => ReplicaState;
let journalIn: (store: VersionedKVStore<never>) => Journal | undefined;
let reportIn: (store: VersionedKVStore<never>, report: Report) => void;

/** A replica: reads, writes, receives, reaps; safe to leave alone for as long as anybody likes. */
export class VersionedKVStore<T = Value> {
  readonly #state: ReplicaState;
  readonly #policy: StorePolicy<T>;
  readonly #reader: Reader<T>;
  readonly #writer: Writer<T>;
  readonly #journal: Journal | undefined;
  #closing: Promise<void> | undefined;

  static {
    stateIn = (store): ReplicaState => store.#open();
    journalIn = (store): Journal | undefined => store.#journal;
    reportIn = (store, report): void => store.#policy.onReport(report);
  }

  /** Use `openStore`. */
  constructor(state: ReplicaState, policy: StorePolicy<T>, journal?: Journal) {
    this.#state = state;
    this.#policy = policy;
    this.#journal = journal;
    this.#reader = new Reader(state, policy, journal);
    this.#writer = new Writer(state, policy, this.#reader, journal);
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
    const { knowledge, view } = this.#state;
    return view === undefined ? knowledge.seen : view.at.toDotSet();
  }

  /** Per id the highest tombstone dot that was reaped, here or at a peer that told. */
  get reaped(): VectorClock {
    return this.#state.knowledge.reaped;
  }

  /** What the key shows. Throws: TypeError, RangeError (key), STORE_CLOSED. */
  get(key: string): Promise<Answer<T>> {
    try {
      const look = (): Answer<T> | Promise<Answer<T>> =>
        this.#reader.read(key, cellOf(this.#open(), key), this.#state.shownAt(key));
      if (this.#journal === undefined) return Promise.resolve(look());
      return this.#journal.read([key], look).then((answer) => answer);
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /**
   * What the key shows, at once; of a durable store what is durable by now. Throws: as `get`; TypeError when the store
   * has an asynchronous schema; UNSUPPORTED when the engine cannot read at once and not everything is in memory.
   */
  peek(key: string): Answer<T> {
    const journal = this.#journal;
    if (journal === undefined) return this.#reader.readNow(key, cellOf(this.#open(), key), this.#state.knowledge.at());
    checkHeldKey(this.#open(), key);
    const cell = journal.now(key);
    return this.#reader.readNow(key, cell, this.#state.view?.at ?? this.#state.knowledge.at());
  }

  /** What the keys show, in the order asked for and as of one moment. */
  async getMany(keys: Iterable<string>): Promise<Answer<T>[]> {
    const asked = [...keys];
    const look = (): (Answer<T> | Promise<Answer<T>>)[] =>
      asked.map((key) => this.#reader.read(key, cellOf(this.#open(), key), this.#state.shownAt(key)));
    return Promise.all(await this.#look(asked, look));
  }

  /** Writes a value. Throws: TypeError, RangeError, CONFLICT, CONTEXT_INVALID, SCHEMA_REJECTED, COUNTER_EXHAUSTED. */
  put(key: string, value: T, options?: WriteOptions): Promise<Written> {
    return this.#writer.put(key, value, options?.context);
  }

  /** Deletes a key: what its context covers goes, what is concurrent stays visible. Throws: as `put`. */
  delete(key: string, options?: WriteOptions): Promise<Written> {
    return this.#writer.delete(key, options?.context);
  }

  /**
   * Changes the shown value through an immer draft. Two updates at once follow one another; where a schema makes them
   * wait, what came between stays as a sibling. Throws: as `put`; CONFLICT while several siblings are shown.
   */
  update(key: string, recipe: UpdateRecipe<T>): Promise<Written> {
    return this.#writer.update(key, recipe);
  }

  /**
   * Writes what settles a conflict: a decision, or what a resolver (by default the store's own) decides. With the
   * context of an answer it covers only what that answer showed. Throws: as `put`; CONFLICT when nothing is decided.
   */
  resolve(key: string, by?: Decision<T> | Resolver<T>, options?: WriteOptions): Promise<Written> {
    return this.#writer.resolve(key, by, options?.context);
  }

  /** Writes several keys in one commit: all or none. Each key once. Throws: as `put`, before anything is written. */
  batch(operations: readonly BatchOperation<T>[]): Promise<Written[]> {
    return this.#writer.batch(operations);
  }

  /** What another replica would be handed for this key at this moment, also for a key that is absent. */
  async record(key: string): Promise<ReplicaRecord> {
    checkKey(key);
    // Others believe it: that a record is the newest of its key shows only once all of them are summed up. Law: L20.
    await this.#journal?.whole();
    const { versions, context } = await this.#look([key], () => this.#open().recordOf(key));
    return { key, context, versions: versions.map((version) => ({ ...version, value: exposeValue(version.value) })) };
  }

  /** Why the key shows what it shows; also of a damaged key. Throws: as `get`, but never RECORD_CORRUPT. */
  async explain(key: string): Promise<Explanation<T>> {
    checkKey(key);
    const { explain } = await import('./explain.ts');
    const look = async (): Promise<Explanation<T>> => {
      const state = this.#open();
      return explain(state, key, await this.#reader.read(key, cellOf(state, key), state.shownAt(key)));
    };
    try {
      return await this.#look([key], look);
    } catch (error) {
      if (this.#state.damaged.has(key)) return look();
      throw error;
    }
  }

  /** Merges what another replica holds for a key, and says what happened. Law: L4, L10, L14. */
  async receiveReplica(key: string, record: ReplicaRecord): Promise<ReceiveResult> {
    checkText(key, 'a key', KEY_BYTES_MAX);
    const checked = checkReplicaRecord(record, key);
    const receive = (): ReceiveResult => {
      const state = this.#open();
      const receipt = state.receive(checked);
      if (receipt.collisions.length > 0) this.#policy.onReport({ kind: 'collision', key, dots: receipt.collisions });
      const { versions } = state.table.record(key);
      return {
        changed: receipt.added.length + receipt.superseded.length > 0,
        added: receipt.added.map(dotOf),
        superseded: receipt.superseded.map(dotOf),
        stale: receipt.stale.map(dotOf),
        conflict: isConflict(versions),
        collisions: receipt.collisions,
      };
    };
    // What refills a damaged key is not refused.
    return this.#journal === undefined ? receive() : this.#journal.exchange([key], receive);
  }

  /** Keys that show a value or a conflict, in UTF-8 order. */
  keys(range: KeyRange = {}): Scan<string> {
    this.#open();
    return this.#reader.keys(range);
  }

  /** Keys that show a value or a conflict, each with its answer, in UTF-8 order. */
  entries(range: KeyRange = {}): Scan<readonly [key: string, answer: Answer<T>]> {
    this.#open();
    return this.#reader.entries(range);
  }

  /** Every key that holds concurrent versions, deletes among them, also where a policy hides it from readers. */
  conflicts(range: KeyRange = {}): Scan<readonly [key: string, answer: Answer<T>]> {
    this.#open();
    return this.#reader.conflicts(range);
  }

  /** What changed after the moment of `after` (or from the beginning), and, while `live`, what changes from now on. */
  changes(options: { readonly after?: string; readonly live?: boolean } = {}): AsyncIterableIterator<Change> {
    const { after, live: isLive = true } = options;
    const state = this.#open();
    const [seen, mends] = after === undefined ? [DotSet.empty, state.mends] : decodePlace(after);
    const journal = this.#journal;
    return iterateLate(async () => {
      const { ChangeFeed } = await import('./change-feed.ts');
      return new ChangeFeed(state, seen, {
        isLive,
        mends,
        journal,
        encodeToken,
        isInternalKey,
        Failure: CausalError,
      });
    });
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

  /** Counts, by a walk over all records. Cost: O(keys). Throws: UNSUPPORTED unless all keys are in memory, see `load`. */
  stats(): Stats {
    this.#journal?.requireAll();
    return statsOf(this.#open());
  }

  /** Brings every key of a durable store into memory, so that what answers at once can: `peek`, `stats`, `for of`. */
  async load(): Promise<void> {
    await this.#journal?.read('all', () => undefined);
  }

  /** Checks everything that is stored: checksums, the dot index, the sums. What was lost counts as damaged from then on. */
  async verify(onProgress?: OnProgress): Promise<VerifyReport> {
    return this.#durable().verify(onProgress);
  }

  /** Everything stored, as of one moment; goes on while the store is used. See `restoreBackup`. */
  backup(): AsyncIterable<Uint8Array> {
    return this.#durable().backup();
  }

  /**
   * Ends the damage of every key that no peer could refill, and gives their keys: they are absent from then on, unless a
   * peer turns out to have them after all.
   */
  async acceptLoss(): Promise<readonly string[]> {
    return this.#durable().acceptLoss();
  }

  /** Gives back the room that overwritten and deleted data take in the engine. */
  async compact(): Promise<void> {
    await this.#durable().compact();
  }

  /** Removes stable tombstones for good; `force` also those that members have not seen, at the cost of conflict flags. */
  async reap(options: { readonly force?: boolean } = {}): Promise<ReapReport> {
    return this.#step('all', (state) => state.reap(options.force ?? false));
  }

  /** Makes a replica one that reaping waits for. Replicated. */
  async join(member: string): Promise<void> {
    await this.#setMember(member, MEMBER);
  }

  /** Stops waiting for a replica. It may come back at any time: its unsent writes stay, nothing deleted returns. */
  async retire(member: string): Promise<void> {
    await this.#setMember(member, RETIRED);
  }

  /** The replicas that reaping waits for, by name or id. */
  members(): string[] {
    return this.#open().members;
  }

  get isClosed(): boolean {
    return this.#state.isClosed;
  }

  async close(): Promise<void> {
    this.#closing ??= this.#end();
    return this.#closing;
  }

  async #end(): Promise<void> {
    this.#state.isClosed = true;
    this.#state.tellNow([]); // wakes the feeds, which end
    await this.#journal?.close();
    this.#state.listeners.clear();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #open(): ReplicaState {
    return this.#state.whileOpen();
  }

  #durable(): Journal {
    this.#open();
    if (this.#journal !== undefined) return this.#journal;
    throw new CausalError('UNSUPPORTED', 'Cannot do this in memory: open the store with a storage');
  }

  /** Looks at once; with a journal, as soon as the keys are in memory, and answers when what is seen is durable. */
  #look<R>(keys: Keys, look: () => R): R | Promise<R> {
    return this.#journal === undefined ? look() : this.#journal.read(keys, look);
  }

  /** Runs a step at once; with a journal, as soon as the keys are in memory, and answers when it is durable. */
  async #step<R>(keys: Keys, step: (state: ReplicaState) => R): Promise<R> {
    const state = this.#open();
    return this.#journal === undefined ? step(state) : this.#journal.write(keys, () => step(state.whileOpen()));
  }

  async #setMember(member: string, value: Value): Promise<void> {
    if (typeof member !== 'string' || member === '') throw new TypeError(misuse(member, 'a member', 'is no name'));
    const key = memberKeyOf(member);
    const fault = faultOfKey(key);
    if (fault !== undefined) throw new RangeError(misuse(member, 'a member', fault));
    await this.#step([key], (state) => {
      const { versions } = state.table.record(key);
      if (versions.length === 1 && versions[0]?.value === value) return;
      state.write(key, value, 'local');
      state.tell([key]);
    });
  }
}

/** The state behind a store, for the repair protocols. Throws: STORE_CLOSED. */
export function stateOf<T>(store: VersionedKVStore<T>): ReplicaState {
  return stateIn(store as unknown as VersionedKVStore<never>); // the state does not depend on T
}

/** The journal of a durable store, for the repair protocols. */
export function journalOf<T>(store: VersionedKVStore<T>): Journal | undefined {
  return journalIn(store as unknown as VersionedKVStore<never>); // the journal does not depend on T
}

/** Hands a report to the listener the store was opened with. */
export function report<T>(store: VersionedKVStore<T>, about: Report): void {
  reportIn(store as unknown as VersionedKVStore<never>, about); // reports do not depend on T
}
