/**
 * How a store is read: turns what the table holds into answers under the store's policy, one key at a time or along a
 * range. Reading changes nothing; a schema may make it asynchronous, because what peers sent is checked when shown.
 */

import { checkInteger } from '../assert.ts';
import { exposeValue } from '../codec/value.ts';
import { COUNTER_MAX } from '../limits.ts';
import { type Answer, AnswerView } from './answer.ts';
import type { Journal } from './journal.ts';
import { checkKey, isInternalKey } from './key.ts';
import { boundsOf, type KeyRange } from './key-order.ts';
import type { SeenAt } from './knowledge.ts';
import type { StorePolicy } from './operations.ts';
import { isConflict, type Version } from './record.ts';
import type { ReplicaState } from './replica-state.ts';
import { type Decision, decideConflict, type Sibling, toSibling } from './resolve.ts';
import { Scan } from './scan.ts';
import { type Cell, isSettled, toRecord } from './table.ts';

/** As many reads of memory as a processor has under way at once, or some more. */
const FETCHED_AT_ONCE = 16;

type Entry<T> = readonly [key: string, answer: Answer<T>];

/** Answers under a store's policy. */
export class Reader<T> {
  readonly #state: ReplicaState;
  readonly #policy: StorePolicy<T>;
  readonly #journal: Journal | undefined;

  constructor(state: ReplicaState, policy: StorePolicy<T>, journal?: Journal) {
    this.#state = state;
    this.#policy = policy;
    this.#journal = journal;
  }

  /** The answer for what a key holds; a promise only when an asynchronous schema has to look at what a peer sent. */
  read(key: string, cell: Cell | undefined, seen: SeenAt): Answer<T> | Promise<Answer<T>> {
    const wait = this.#policy.schema?.check(toRecord(cell).versions, this.#state.id);
    return wait === undefined ? this.#answer(key, cell, seen) : wait.then(() => this.#answer(key, cell, seen));
  }

  /** Throws: TypeError when the schema is asynchronous. */
  readNow(key: string, cell: Cell | undefined, seen: SeenAt): Answer<T> {
    const answer = this.read(key, cell, seen);
    if (answer instanceof Promise) throw new TypeError('Cannot peek: the schema is asynchronous');
    return answer;
  }

  keys(range: KeyRange): Scan<string> {
    return this.#scanOf(() =>
      this.#walk(range, (key, cell, seen) => (this.#isShown(key, cell, seen) ? key : undefined), false),
    );
  }

  entries(range: KeyRange): Scan<Entry<T>> {
    return this.#scan(range, (key, cell, seen) => this.#isShown(key, cell, seen));
  }

  conflicts(range: KeyRange): Scan<Entry<T>> {
    return this.#scan(range, (_key, cell) => !isSettled(cell) && isConflict(cell.versions));
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
    if (siblings.length === 0) return new AnswerView<T>('absent', undefined, key, cell, seen, siblings);
    const decision: Decision<T> = siblings.every((sibling) => sibling.tombstone)
      ? { kind: 'delete' }
      : decideConflict(siblings, key, this.#policy);
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

  #isShown(key: string, cell: Cell, seen: SeenAt): boolean {
    if (isSettled(cell)) return cell.value !== undefined;
    const { status } = this.#answer(key, cell, seen);
    return status === 'live' || status === 'conflict';
  }

  #scan(range: KeyRange, isWanted: (key: string, cell: Cell, seen: SeenAt) => boolean): Scan<Entry<T>> {
    const walk = (): Iterator<Entry<T>> =>
      this.#walk(range, (key, cell, seen): Entry<T> | undefined =>
        isWanted(key, cell, seen) ? [key, this.readNow(key, cell, seen)] : undefined,
      );
    if (this.#policy.schema === undefined) return this.#scanOf(walk);
    type Pending = readonly [key: string, answer: Answer<T> | Promise<Answer<T>>];
    const pending = (): Iterator<Pending> =>
      this.#walk(range, (key, cell, seen): Pending | undefined =>
        isWanted(key, cell, seen) ? [key, this.read(key, cell, seen)] : undefined,
      );
    const journal = this.#journal;
    return new Scan(walk, async function* () {
      await journal?.read('all', () => undefined);
      for (const [key, answer] of new Scan(pending)) yield [key, await answer] as const;
    });
  }

  /** A scan that answers at once; with a journal, asynchronous readers wait until every key is in memory. */
  #scanOf<R>(walk: () => Iterator<R>): Scan<R> {
    const journal = this.#journal;
    if (journal === undefined) return new Scan(walk);
    return new Scan(walk, async function* () {
      await journal.read('all', () => undefined);
      yield* new Scan(walk);
    });
  }

  /** Walks the keys there are now, each as it is when it is reached. `isRead`: values are about to be read. */
  #walk<R>(
    range: KeyRange,
    pick: (key: string, cell: Cell, seen: SeenAt) => R | undefined,
    isRead = true,
  ): Iterator<R> {
    this.#journal?.requireRange(range);
    const { table, knowledge, view } = this.#state;
    const ordered = table.ordered();
    const { keys } = ordered;
    const hasInternal = table.internal.size > 0;
    let [at, end] = boundsOf(keys, range);
    let ahead = isRead ? at : end;
    let left = range.limit ?? COUNTER_MAX;
    checkInteger(left, 'a limit', 0, COUNTER_MAX);
    return {
      next: (): IteratorResult<R, undefined> => {
        while (at < end && left > 0) {
          if (at === ahead) {
            ahead = Math.min(at + FETCHED_AT_ONCE, end);
            table.fetch(ordered, at, ahead);
          }
          const key = keys[at] as string; // at < end ≤ length
          const isDirty = view?.isDirty(key) === true;
          const cell = isDirty ? view.cellOf(key) : table.cellNow(ordered, at);
          at += 1;
          if (cell === undefined || (hasInternal && isInternalKey(key))) continue;
          const picked = pick(key, cell, view === undefined ? knowledge.at() : view.at);
          if (picked === undefined) continue;
          left -= 1;
          return { done: false, value: picked };
        }
        return { done: true, value: undefined };
      },
    };
  }
}

/** What a key holds. Throws as checkKey. */
export function cellOf(state: ReplicaState, key: string): Cell | undefined {
  checkHeldKey(state, key);
  return state.table.get(key);
}

/** As checkKey; a key that holds something is a legal one, unless it is the store's own, and needs no looking at. */
export function checkHeldKey({ table }: ReplicaState, key: string): void {
  if (!table.has(key) || table.internal.size > 0) checkKey(key);
}
