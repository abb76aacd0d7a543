/** What a store has taken in, looked at from inside: what it says of that in a token takes long to read. */

import { type Dot, formatDot } from '../clock/dot.ts';
import type { DotSet } from '../clock/dot-set.ts';
import { contextOf } from '../store/answer.ts';
import { journalOf, stateOf, type VersionedKVStore } from '../store/versioned-kv-store.ts';
import type { Operation } from './operation-book.ts';

/** The context of what a store would answer for a key, which takes long to read out of a token. */
export function contextIn(store: VersionedKVStore<string>, key: string): DotSet {
  const state = stateOf(store);
  const journal = journalOf(store);
  // What is not durable yet is not shown, and then the key may hold nothing.
  const cell = journal === undefined ? state.table.get(key) : journal.now(key);
  return contextOf(state.view?.at ?? state.knowledge.at(), cell);
}

/** Whether every record is in memory: until then nobody can tell what a residual says of a key that is not. */
export function isLoaded(store: VersionedKVStore<string>): boolean {
  try {
    journalOf(store)?.requireAll();
    return true;
  } catch {
    return false;
  }
}

/** What is shown of a key of which nothing but tombstones is there, or nothing. */
export const NOTHING = 'nothing';

/** The dots that are shown of a key; tombstones alone may be reaped at one replica before the other. */
export function liveDotsIn(store: VersionedKVStore<string>, key: string): string {
  try {
    const { siblings } = store.peek(key);
    const isAlone = siblings.every(({ tombstone }) => tombstone);
    return isAlone ? NOTHING : siblings.map(({ dot }) => formatDot(dot)).join();
  } catch (cause) {
    return String(cause);
  }
}

/** Whether a state has taken the operation in. */
export function isKnownIn(state: ReturnType<typeof stateOf>, operation: Operation): boolean {
  const { residual } = state.table.record(operation.key);
  return isSeenIn(state, operation) || named(operation).some(({ id, counter }) => residual.has(id, counter));
}

/** Whether the clocks of a state say so, whatever its records do. */
export function isSeenIn({ knowledge }: ReturnType<typeof stateOf>, operation: Operation): boolean {
  return named(operation).some(({ id, counter }) => knowledge.has(id, counter));
}

function named({ dot, aliases }: Operation): readonly Dot[] {
  return [dot, ...aliases];
}
