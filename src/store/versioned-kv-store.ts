/**
 * The store people use: promises at the door, checked and frozen values, tokens. What happens to the data is decided in
 * ReplicaState and the record algebra, what a reader is shown in Reader; this file decides what is refused.
 */

import { produce } from 'immer';
import { DotSet } from '../clock/dot-set.ts';
import type { VectorClock } from '../clock/vector-clock.ts';
import { freezeValue, type Value } from '../codec/value.ts';
import { CausalError } from '../errors.ts';
import { type Answer, contextOf } from './answer.ts';
import { type Change, ChangeFeed } from './change-feed.ts';
import { decodeToken } from './context-token.ts';
import { checkKey, isInternalKey } from './key.ts';
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
import { Reader } from './reader.ts';
import { dotOf, isConflict, type StoreRecord, type Version } from './record.ts';
import { checkReplicaRecord, type ReplicaRecord } from './replica-record.ts';
import type { ReapReport, ReplicaState, WriteContext } from './replica-state.ts';
import { type Decision, decideConflict, type Resolver, toSibling } from './resolve.ts';
import type { Scan } from './scan.ts';
import type { SchemaGate } from './schema.ts';
import { Session } from './session.ts';
import { type Stats, statsOf } from './stats.ts';
import { type Cell, isSettled } from './table.ts';
import { WrittenView } from './written.ts';

let stateIn: (store: VersionedKVStore<never>) => ReplicaState;
let reportIn: (store: VersionedKVStore<never>, report: Report) => void;

/** A replica: reads, writes, receives, reaps; safe to leave alone for as long as anybody likes. */
export class VersionedKVStore<T = Value> {
  readonly #state: ReplicaState;
  readonly #policy: StorePolicy<T>;
  readonly #reader: Reader<T>;
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
    this.#reader = new Reader(state, policy);
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
      return Promise.resolve(this.#reader.read(key, this.#cellOf(key), this.#state.knowledge.at()));
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /** What the key shows, at once. Throws: as `get`; TypeError when the store has an asynchronous schema. */
  peek(key: string): Answer<T> {
    return this.#reader.readNow(key, this.#cellOf(key), this.#state.knowledge.at());
  }

  /** What the keys show, in the order asked for and as of one moment. */
  async getMany(keys: Iterable<string>): Promise<Answer<T>[]> {
    return Promise.all([...keys].map((key) => this.get(key)));
  }

  /** Writes a value. Throws: TypeError, RangeError, CONFLICT, CONTEXT_INVALID, SCHEMA_REJECTED, COUNTER_EXHAUSTED. */
  put(key: string, value: T, options?: WriteOptions): Promise<Written> {
    try {
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
      return Promise.resolve(this.#write(key, undefined, options?.context));
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /**
   * Changes the shown value through an immer draft. Two updates at once follow one another; where a schema makes them
   * wait, what came between stays as a sibling. Throws: as `put`; CONFLICT while several siblings are shown.
   */
  update(key: string, recipe: UpdateRecipe<T>): Promise<Written> {
    return this.#derive(key, (answer) => {
      if (answer.status === 'conflict') throw conflictError(key, 'update', answer.siblings);
      const base = answer.status === 'live' ? answer.value : undefined;
      const next: unknown = produce(base, recipe as (draft: unknown) => unknown); // immer's own draft type needs a concrete T
      if (next instanceof Promise) {
        throw new TypeError(`Cannot update "${key}": the recipe is asynchronous, await before it`);
      }
      return { value: next };
    });
  }

  /**
   * Writes what settles a conflict: a decision, or what a resolver (by default the store's own) decides. With the
   * context of an answer it covers only what that answer showed. Throws: as `put`; CONFLICT when nothing is decided.
   */
  resolve(key: string, by?: Decision<T> | Resolver<T>, options?: WriteOptions): Promise<Written> {
    const { deletePolicy, resolver } = this.#policy;
    const decide = ({ siblings }: Answer<T>): { value: unknown } | 'delete' => {
      const decision = typeof by === 'object' ? by : decideConflict(siblings, key, deletePolicy, by ?? resolver);
      if (decision.kind === 'keep') throw conflictError(key, 'resolve', siblings);
      return decision.kind === 'delete' ? 'delete' : { value: decision.value };
    };
    return this.#derive(key, decide, options?.context);
  }

  /** Writes several keys in one commit: all or none. Each key once. Throws: as `put`, before anything is written. */
  async batch(operations: readonly BatchOperation<T>[]): Promise<Written[]> {
    const keys = operations.map((operation) => ('put' in operation ? operation.put : operation.delete));
    keys.forEach(checkKey);
    if (new Set(keys).size < keys.length)
      throw new TypeError('Cannot write the batch: it names a key twice, name each key once');
    const values = await Promise.all(
      operations.map((operation, at) =>
        'put' in operation ? this.#admit(keys[at] as string /* same length */, operation.value) : undefined,
      ),
    );
    const planned = operations.map(({ context }, at) => {
      const key = keys[at] as string; // same length
      if (context === undefined || context === 'local') this.#refuseBlindOverwrite(key, this.#state.table.record(key));
      return { key, value: values[at], context: this.#contextFrom(key, context) };
    });
    const versions = this.#open().writeAll(planned);
    return planned.map(({ key, context }, at) => {
      return this.#written(
        key,
        versions[at] as Version /* one each */,
        context,
        this.#state.table.record(key).residual,
      );
    });
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
    if (this.#isClosed)
      throw new CausalError('STORE_CLOSED', `Cannot use "${this.#state.id}": the store is closed, open it again`);
    return this.#state;
  }

  /** Writes what `decide` makes of what is shown, based on the very moment it was shown. */
  #derive(
    key: string,
    decide: (answer: Answer<T>) => { readonly value: unknown } | 'delete',
    context?: WriteOptions['context'],
  ): Promise<Written> {
    try {
      const cell = this.#cellOf(key);
      const seen = this.#state.knowledge.at();
      const given = this.#contextFrom(key, context);
      const answer = this.#reader.read(key, cell, seen);
      const { schema } = this.#policy;
      if (schema === undefined && !(answer instanceof Promise)) {
        const next = decide(answer);
        const value = next === 'delete' ? undefined : freezeValue(next.value);
        // A recipe or resolver may itself have written; then what it was shown is not what the key holds now.
        const isCurrent = this.#state.table.get(key) === cell;
        return Promise.resolve(
          this.#commit(key, value, given === 'local' && !isCurrent ? contextOf(seen, cell) : given),
        );
      }
      return this.#deriveLater(key, answer, decide, given === 'local' ? contextOf(seen, cell) : given);
    } catch (error) {
      return Promise.reject(error);
    }
  }

  async #deriveLater(
    key: string,
    shown: Answer<T> | Promise<Answer<T>>,
    decide: (answer: Answer<T>) => { readonly value: unknown } | 'delete',
    context: WriteContext,
  ): Promise<Written> {
    const next = decide(await shown);
    const { schema } = this.#policy;
    if (next === 'delete') return this.#commit(key, undefined, context);
    return this.#commit(
      key,
      freezeValue(schema === undefined ? next.value : await schema.admit(key, next.value)),
      context,
    );
  }

  async #putChecked(schema: SchemaGate, key: string, value: T, context: WriteOptions['context']): Promise<Written> {
    this.#cellOf(key);
    freezeValue(value);
    return this.#write(key, freezeValue(await schema.admit(key, value)), context);
  }

  async #admit(key: string, value: T): Promise<Value> {
    const { schema } = this.#policy;
    const frozen = freezeValue(value);
    return schema === undefined ? frozen : freezeValue(await schema.admit(key, value));
  }

  /** What a key holds. A key that holds something is a legal one, unless it is the store's own: no need to check. */
  #cellOf(key: string): Cell | undefined {
    const { table } = this.#open();
    const cell = table.get(key);
    if (cell === undefined || table.internal.size > 0) checkKey(key);
    return cell;
  }

  #write(key: string, value: Value | undefined, context: WriteOptions['context']): Written {
    const cell = this.#cellOf(key);
    if (context !== undefined && context !== 'local')
      return this.#commit(key, value, this.#contextFrom(key, context), cell);
    if (cell !== undefined && !isSettled(cell)) this.#refuseBlindOverwrite(key, cell);
    return this.#commit(key, value, 'local', cell);
  }

  #commit(key: string, value: Value | undefined, context: WriteContext, cell = this.#open().table.get(key)): Written {
    const version = this.#state.write(key, value, context, cell);
    return this.#written(key, version, context, cell === undefined || isSettled(cell) ? DotSet.empty : cell.residual);
  }

  #written(key: string, version: Version, context: WriteContext, residual: DotSet): Written {
    if (context !== 'local') return new WrittenView(key, version, context === 'none' ? DotSet.empty : context, false);
    const { others } = this.#state.knowledge;
    return new WrittenView(key, version, residual.isEmpty ? others : others.union(residual), true);
  }

  #contextFrom(key: string, context: WriteOptions['context']): WriteContext {
    if (context === undefined || context === 'local') return 'local';
    if (context === 'none') return 'none';
    const set = decodeToken('context', key, context, this.#state.rules['tokens-are-key-bound']);
    this.#state.refuseForgedDots(set);
    return set;
  }

  #refuseBlindOverwrite(key: string, { versions }: StoreRecord): void {
    if (this.#policy.onConflict === 'overwrite' || !isConflict(versions)) return;
    const siblings = versions.map((version) => toSibling<T>(version));
    const { deletePolicy, resolver } = this.#policy;
    if (decideConflict(siblings, key, deletePolicy, resolver).kind === 'keep')
      throw conflictError(key, 'write', siblings);
  }

  #setMember(member: string, value: Value): void {
    const state = this.#open();
    const key = memberKeyOf(member);
    if (typeof member !== 'string' || member.length === 0)
      throw new TypeError('Cannot change members: give the name or id of a replica');
    const { versions } = state.table.record(key);
    if (versions.length === 1 && versions[0]?.value === value) return;
    state.write(key, value, 'local', state.table.get(key));
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

function conflictError(key: string, verb: string, siblings: readonly unknown[]): CausalError {
  return new CausalError(
    'CONFLICT',
    `Cannot ${verb} "${key}": it has ${siblings.length} siblings nobody has chosen between, read it and pass the context of the answer, or resolve it`,
    { key, siblings },
  );
}
