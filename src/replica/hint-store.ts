/**
 * The hints of a replica, kept in an engine of their own so that they survive its end: one commit at a time, with all
 * that came meanwhile in the next. What cannot be read back is dropped and counted, never believed. Hints are reminders,
 * not data: whatever happens to them, the exchange brings what they would have.
 */

import { checkInteger } from '../assert.ts';
import { CausalError } from '../errors.ts';
import { TIME_MAX } from '../limits.ts';
import { type Hint, HintBook } from '../repair/hints.ts';
import type { Durability, Storage } from '../storage/storage.ts';
import type { GroupCounts } from './group-counts.ts';
import { decodeHint, encodeHint, HINT_RANGE, hintKey } from './hint-encoding.ts';
import { checkMs } from './quorum.ts';
import type { HintOptions } from './replica-types.ts';

const TTL_MS = 259_200_000; // three days
const TTL_MS_MAX = 2 ** 31 - 1;
const HINTS_MAX = 100_000;

/** What became of a hint that is not held any more. */
export type HintEnd = 'delivered' | 'expired' | 'dropped';

/** Hints in memory and, with a storage, in an engine. */
export class HintStore {
  readonly #storage: Storage | undefined;
  readonly #durability: Durability;
  readonly #book: HintBook;
  readonly #counts: GroupCounts;
  readonly #ttlMs: number;
  /** Engine keys by their hint, to put (with the hint) or to delete, in the next commit. */
  #next: Map<string, { readonly key: Uint8Array; readonly value: Uint8Array | undefined }> = new Map();
  #commits: Promise<void> = Promise.resolve();
  #nextCommit: Promise<void> | undefined;

  private constructor(storage: Storage | undefined, options: Partial<HintOptions>, counts: GroupCounts) {
    const { ttlMs = TTL_MS, hintsMax = HINTS_MAX } = options;
    checkMs(ttlMs, 'ttlMs');
    checkInteger(hintsMax, 'hintsMax', 0, TTL_MS_MAX);
    this.#storage = storage;
    this.#durability = storage?.manifest.durability.includes('synced') === false ? 'buffered' : 'synced';
    this.#book = new HintBook(hintsMax);
    this.#counts = counts;
    this.#ttlMs = ttlMs;
  }

  /** Opens the hints that were kept; without options they live in memory alone. Throws: as the engine when it opens. */
  static async open(options: HintOptions | undefined, counts: GroupCounts): Promise<HintStore> {
    const storage = await options?.storage.open();
    try {
      const store = new HintStore(storage, options ?? {}, counts);
      if (storage !== undefined) await store.#load(storage);
      return store;
    } catch (error) {
      await storage?.close();
      throw error;
    }
  }

  get size(): number {
    return this.#book.size;
  }

  of(target: string): readonly Hint[] {
    return this.#book.of(target);
  }

  targets(): readonly string[] {
    return this.#book.targets();
  }

  /** Keeps hints; answers when they are durable, and only then they count. Throws: as the engine; then they are dropped. */
  async keep(hints: readonly Hint[]): Promise<void> {
    let added = 0;
    const changed: Hint[] = [];
    for (const given of hints) {
      const hint = { ...given, keptAt: Math.min(Math.max(Math.floor(given.keptAt) || 0, 0), TIME_MAX) };
      const { isNew, isChanged, evicted } = this.#book.keep(hint);
      if (isNew) added += 1;
      if (!isChanged) continue;
      changed.push(hint);
      this.#write(hint, encodeHint(hint)[1]);
      for (const old of evicted) this.#write(old, undefined);
      this.#counts.hintsDropped += evicted.length;
    }
    try {
      if (changed.length > 0 || this.#nextCommit !== undefined) await this.#commit();
      this.#counts.hintsKept += added;
    } catch (error) {
      for (const hint of changed) this.#book.drop(hint);
      throw error;
    }
  }

  /** Forgets a hint, unless a newer one took its place, and counts why. It may come back after a crash, which is safe. */
  end(hint: Hint, how: HintEnd): void {
    if (!this.#book.drop(hint)) return;
    if (how === 'delivered') this.#counts.hintsDelivered += 1;
    else if (how === 'expired') this.#counts.hintsExpired += 1;
    else this.#counts.hintsDropped += 1;
    this.#write(hint, undefined);
    this.#commit().catch(() => undefined); // a hint that stays is handed off once more, to somebody who has it
  }

  /** Drops what is too old at the time `now`, and what is owed to nobody who `isOwed`. */
  sweep(now: number, isOwed: (target: string) => boolean): void {
    for (const hint of this.#book.expired(now, this.#ttlMs)) this.end(hint, 'expired');
    for (const target of this.#book.targets()) {
      if (!isOwed(target)) for (const hint of this.#book.of(target)) this.end(hint, 'dropped');
    }
  }

  /** Waits for what is to be committed, and closes the engine. */
  async close(): Promise<void> {
    await this.#commit().catch(() => undefined);
    await this.#storage?.close();
  }

  async #load(storage: Storage): Promise<void> {
    const found: Hint[] = [];
    for await (const entries of storage.scan(HINT_RANGE)) {
      for (const entry of entries) {
        try {
          found.push(decodeHint(entry));
        } catch (error) {
          if (error instanceof CausalError && error.code === 'VERSION_UNSUPPORTED') continue; // a newer release's
          this.#counts.hintsDropped += 1;
          this.#next.set(String(entry[0]), { key: entry[0], value: undefined });
        }
      }
    }
    found.sort((a, b) => a.keptAt - b.keptAt);
    for (const hint of found) {
      const { evicted } = this.#book.keep(hint);
      for (const old of evicted) this.#write(old, undefined);
      this.#counts.hintsDropped += evicted.length;
    }
    if (this.#next.size > 0) await this.#commit();
  }

  #write(hint: Hint, value: Uint8Array | undefined): void {
    if (this.#storage === undefined) return;
    const key = hintKey(hint);
    this.#next.set(String(key), { key, value });
  }

  /** One commit of all that is to be written when its turn comes; those who ask meanwhile share it. */
  #commit(): Promise<void> {
    const storage = this.#storage;
    if (storage === undefined) return Promise.resolve();
    if (this.#nextCommit !== undefined) return this.#nextCommit;
    const run = async (): Promise<void> => {
      this.#nextCommit = undefined;
      const batch = [...this.#next.values()];
      this.#next = new Map();
      if (batch.length === 0) return;
      const puts = batch.flatMap(({ key, value }) => (value === undefined ? [] : [[key, value] as const]));
      const deletes = batch.flatMap(({ key, value }) => (value === undefined ? [key] : []));
      await storage.commit({ puts, deletes }, this.#durability);
    };
    const commit = this.#commits.then(run);
    this.#nextCommit = commit;
    this.#commits = commit.catch(() => undefined);
    return commit;
  }
}
