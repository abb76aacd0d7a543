/**
 * What a run has lost, and what that excuses: a disk that knows less than it did, records that were harmed, writes that
 * nobody has any more. Knows what was issued and who has it; what is asked of a key all the same, the observer says.
 */

import { CausalError } from '../errors.ts';
import type { Operation, OperationBook } from './operation-book.ts';

const PASSING: readonly string[] = ['STORAGE_UNREADABLE', 'STORAGE_FAILED', 'STORE_CLOSED'];

/** The losses of one run. */
export class Losses {
  /** Processes whose disk may have lost something since it was last looked at. */
  readonly #doubtful = new Set<string>();
  /** Of a process, the keys whose record was harmed. */
  readonly #harmed = new Map<string, Set<string>>();
  /** Processes of which a record was put back. */
  readonly #putBack = new Set<string>();
  /** Keys of which something is lost for good: what it had superseded may be back where that was not known. */
  readonly #relaxed = new Set<string>();
  /** Of a process, the keys that its own harm excuses, while others still have everything. */
  readonly #excused = new Map<string, Set<string>>();
  /** Something is gone that somebody was told of or shown. */
  hasLost = false;
  /** Some replica knows less than it did, which a quorum may have counted on. */
  hasForgotten = false;

  /** Whether the disk of some process was not looked at since it may have lost something. */
  get areInDoubt(): boolean {
    return this.#doubtful.size > 0;
  }

  /** Whether less is asked of a key, because something of it is lost for good. */
  isRelaxed(key: string): boolean {
    return this.#relaxed.has(key);
  }

  /** Whether less is asked of what a process shows of a key. */
  isExcused(process: string, key: string): boolean {
    return this.#excused.get(process)?.has(key) === true;
  }

  /**
   * Whether a process may refuse to show a key with this error: its record was harmed. Where one was put back and then
   * written over, nothing says any more what is lost, and any key may be refused.
   */
  excuse(process: string, key: string, cause: unknown): boolean {
    if (!(cause instanceof CausalError)) return false;
    if (PASSING.includes(cause.code)) return true;
    const isHarmed = this.#harmed.get(process)?.has(key) === true || this.#putBack.has(process);
    return cause.code === 'RECORD_CORRUPT' && isHarmed;
  }

  /** A record of a process is again what it was before it was written over. */
  putBack(process: string): void {
    this.#putBack.add(process);
  }

  /** A process writes a key while it has not read everything. */
  wroteUnread(process: string, key: string): void {
    if (this.#putBack.has(process) && this.#harmed.get(process)?.has(key) === true) this.#relaxed.add(key);
  }

  /** Some process, whose records nobody has read yet, knows less by its clocks than it did. */
  mayHaveForgotten(): void {
    this.hasForgotten = true;
    this.hasLost = true;
  }

  /** The disk of a process may know less than it did. */
  doubt(process: string): void {
    this.#doubtful.add(process);
  }

  /** The disk of a process was looked at; whether it was in doubt. */
  lookedAt(process: string): boolean {
    return this.#doubtful.delete(process);
  }

  /** The record of a key was harmed. */
  harmed(process: string, key: string, book: OperationBook): void {
    this.#harmed.set(process, (this.#harmed.get(process) ?? new Set()).add(key));
    this.hasLost = true;
    const held = book.of(key).filter(({ holders }) => holders.has(process));
    this.lost(process, held);
    if (held.some(({ isGone }) => isGone)) this.#relaxed.add(key);
    this.#excused.set(process, (this.#excused.get(process) ?? new Set()).add(key));
  }

  /** A process has these no longer; what nobody has is gone, and excuses what follows from it. */
  lost(process: string, operations: readonly Operation[]): void {
    this.hasForgotten = true;
    for (const operation of operations) {
      operation.holders.delete(process);
      if (operation.holders.size > 0) continue;
      operation.isGone = true;
      // What was shown may be in the contexts of clients.
      if (!(operation.isAcknowledged || operation.isShown)) continue;
      this.hasLost = true;
      this.#relaxed.add(operation.key);
    }
  }
}
