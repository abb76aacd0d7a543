/**
 * What changed in a store since a moment, as an endless or finite async iteration. The feed keeps a cursor, the `seen`
 * up to which it has reported, and asks the dot index what is new: no log, no queue, bounded memory however slow the
 * reader is, and a token that works after a restart. Several changes of one key between two reads come as one.
 * Loaded when a feed is first read; it imports types alone, or a bundler would cut what it shares with the store into one
 * more file.
 */

import type { DotSet } from '../clock/dot-set.ts';
import type { CausalError } from '../errors.ts';
import type { Journal } from './journal.ts';
import type { Version } from './record.ts';
import type { ReplicaState } from './replica-state.ts';

/**
 * `change`: the key shows something new. `rebase`: tombstones were reaped since the token was given, so some deletes
 * cannot be told one by one; every key that holds anything follows as a change, and what is not named is gone.
 */
export type Change =
  | { readonly kind: 'change'; readonly key: string; readonly token: string }
  | { readonly kind: 'rebase'; readonly token: string };

/** What a feed is asked for, and what the store lends it. */
export type FeedOptions = {
  /** False ends the iteration once everything up to now was reported. */
  readonly isLive: boolean;
  /** How many mends the token knew of; those of now where there is none. */
  readonly mends: number;
  readonly journal: Journal | undefined;
  readonly encodeToken: (kind: 'changes', binding: string, seen: DotSet) => string;
  readonly isInternalKey: (key: string) => boolean;
  readonly Failure: typeof CausalError;
};

/** Reports each key that changed since a cursor, at least once, in bounded memory. */
export class ChangeFeed implements AsyncIterableIterator<Change> {
  readonly #state: ReplicaState;
  readonly #options: FeedOptions;
  #cursor: DotSet;
  #pending: Change[] = [];
  #shown = new Map<string, readonly Version[]>();
  #waiting: (() => void)[] = [];
  #isEnded = false;
  #mends: number;
  readonly #listener = (): void => {
    for (const wake of this.#waiting.splice(0)) wake();
  };

  constructor(state: ReplicaState, cursor: DotSet, options: FeedOptions) {
    this.#state = state;
    this.#cursor = cursor;
    this.#options = options;
    this.#mends = options.mends;
    state.listeners.add(this.#listener);
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async next(): Promise<IteratorResult<Change, undefined>> {
    while (!this.#hasEnded) {
      if (this.#pending.length === 0) {
        const { journal } = this.#options;
        if (journal !== undefined) await this.#untilPrepared(journal);
        // Whoever ended the feed meanwhile has woken nobody: nobody was waiting yet.
        if (this.#hasEnded) break;
        if (this.#pending.length === 0) this.#pending = this.#gather();
      }
      const change = this.#pending.shift();
      if (change !== undefined) return { done: false, value: change };
      if (!this.#options.isLive) break;
      await new Promise<void>((resolve) => {
        this.#waiting.push(resolve);
      });
    }
    return this.return();
  }

  /** Brings in what is looked at; a feed that was ended meanwhile needs nothing of it. */
  async #untilPrepared(journal: Journal): Promise<void> {
    try {
      await journal.read('all', () => undefined);
    } catch (error) {
      if (!this.#hasEnded) throw error;
    }
  }

  async return(): Promise<IteratorReturnResult<undefined>> {
    this.#isEnded = true;
    this.#state.listeners.delete(this.#listener);
    this.#listener();
    return { done: true, value: undefined };
  }

  get #hasEnded(): boolean {
    return this.#isEnded || this.#state.isClosed;
  }

  /** The changes since the cursor; all but the last carry the token from before them, so that none is skipped. */
  #gather(): Change[] {
    const { knowledge, table, view } = this.#state;
    const { isInternalKey } = this.#options;
    const before = this.#token();
    const seen = view === undefined ? knowledge.seen : view.at.toDotSet();
    const keys = new Set<string>();
    const fresh = seen.minus(this.#cursor);
    const isRebase =
      this.#mends !== this.#state.mends || [...fresh.ranges()].some(([id, from]) => from <= knowledge.reaped.get(id));
    this.#mends = this.#state.mends;
    if (isRebase) {
      if (this.#state.damaged.size > 0) throw this.#lostKeys();
      for (const key of table.ordered().keys) {
        const isThere = view?.isDirty(key) === true ? view.cellOf(key) !== undefined : table.has(key);
        if (isThere) keys.add(key);
      }
    } else {
      table.visit(fresh, (_id, _counter, key) => keys.add(key));
      this.#addResidualKeys(keys);
      // What a dirty key held before is in no index now, and may be all that stays. Told once too often is told.
      if (view !== undefined) for (const key of view.dirtyKeys()) if (view.cellOf(key) !== undefined) keys.add(key);
    }
    const changes: Change[] = isRebase ? [{ kind: 'rebase', token: before }] : [];
    for (const key of keys) if (!isInternalKey(key)) changes.push({ kind: 'change', key, token: before });
    this.#cursor = seen;
    const last = changes.pop();
    if (last !== undefined) changes.push({ ...last, token: this.#token() });
    return changes;
  }

  /** What was told is the cursor; and how many mends there had been, after a point, where there were any. */
  #token(): string {
    const mends = this.#mends === 0 ? '' : `${this.#mends}`;
    const token = this.#options.encodeToken('changes', mends, this.#cursor);
    return mends === '' ? token : `${token}.${mends}`;
  }

  /** A version can go without a new dot, by a context received; such keys have a residual. */
  #addResidualKeys(keys: Set<string>): void {
    const { table } = this.#state;
    const shown = new Map<string, readonly Version[]>();
    for (const key of table.unsettled) {
      const { versions, residual } = table.record(key);
      if (residual.isEmpty) continue;
      shown.set(key, versions);
      if (this.#shown.get(key) !== versions) keys.add(key);
    }
    this.#shown = shown;
  }

  #lostKeys(): CausalError {
    const { Failure } = this.#options;
    const message = 'Cannot tell what changed: stored records were lost, exchange with a peer';
    return new Failure('RECORD_CORRUPT', message, { keys: [...this.#state.damaged.keys()] });
  }
}
