/**
 * How far a replay is, in a store of its own, so that a run that was cut off anywhere goes on exactly. Most of a replay
 * is decided by the history alone and is simply decided again. Only what the replicas no longer tell afterwards is
 * noted: which replica took over at a fork (after it had learned), what a merge met and means to write (before it
 * writes), the figures at the head, the result. Whether a write happened, the replica that wrote it says by itself: by
 * how many dots it has seen. Steps follow one another and each is durable before the next, so what is done is a
 * beginning of the whole; anything else is refused.
 */

import type { Value } from '../../codec/value.ts';
import { openStore } from '../../store/open-store.ts';
import type { VersionedKVStore } from '../../store/versioned-kv-store.ts';
import { type History, HistoryError } from './git-history.ts';
import { sha256 } from './replay-head.ts';
import type { StorageAt } from './replay-replicas.ts';
import type { ConflictKind, ExchangeCount, ReplayResult } from './replay-result.ts';

/** Replicas are numbered in the order in which they were opened. */
export type ForkNote = { readonly replica: number; readonly exchange: ExchangeCount };

/** `seen`: how many dots the replica has seen when it has learned and not yet written. */
export type MergeNote = {
  readonly seen: number;
  readonly exchanges: readonly ExchangeCount[];
  readonly conflicts: readonly (readonly [path: string, kind: ConflictKind])[];
  readonly writes: readonly (readonly [key: string, blob: string | null])[];
};

/** What is found out at the head before the replicas meet. */
export type HeadNote = Pick<ReplayResult, 'headLive' | 'headDeleted' | 'headDigest' | 'metadataBytes' | 'tips'>;

type Note = { readonly fork: ForkNote; readonly merge: MergeNote };

const FORMAT = 1;

/** The progress of one replay; of one that is kept nowhere, nothing is ever noted. */
export class ReplayProgress {
  readonly #store: VersionedKVStore | undefined;
  /** The commit at which this run began to do something itself. */
  #continuedAt: number | undefined;
  #at = 0;

  private constructor(store: VersionedKVStore | undefined, isNew: boolean) {
    this.#store = store;
    if (isNew) this.#continuedAt = 0;
  }

  /** Throws: HistoryError when the place holds the replay of another history; what opening a store throws. */
  static async open(history: History, storageAt: StorageAt | undefined): Promise<ReplayProgress> {
    if (storageAt === undefined) return new ReplayProgress(undefined, true);
    const storage = storageAt('progress');
    const store = await openStore({ name: 'progress', storage });
    try {
      await store.load();
      const ours: Value = { format: FORMAT, commits: history.length, digest: await digestOf(history) };
      const noted = store.peek('history');
      if (noted.status === 'absent') await store.put('history', ours);
      else if (noted.status !== 'live' || JSON.stringify(noted.value) !== JSON.stringify(ours)) {
        throw new HistoryError(
          `Cannot continue in ${storage.name}: it is the replay of another history, give another directory`,
        );
      }
      return new ReplayProgress(store, noted.status === 'absent');
    } catch (error) {
      await store.close();
      throw error;
    }
  }

  /** How many commits were found done; all there are until this run has done something. */
  continuedFrom(commits: number): number {
    return this.#continuedAt ?? commits;
  }

  /** Whether this run does something itself for the first time, so that an earlier run may have begun it. */
  get isTakingOver(): boolean {
    return this.#continuedAt === this.#at && this.#store !== undefined;
  }

  /** The commit that the replay is at, by number. */
  reach(at: number): void {
    this.#at = at;
  }

  /** What an earlier run noted at this commit; if it did not, this run takes over. */
  note<K extends keyof Note>(kind: K): Note[K] | undefined {
    const noted = this.#read<Note[K]>(`${kind}/${this.#at}`);
    if (noted === undefined) this.#continuedAt ??= this.#at;
    else if (this.#continuedAt !== undefined) throw this.#mismatch(`a ${kind}`);
    return noted;
  }

  keep<K extends keyof Note>(kind: K, note: Note[K]): Promise<void> {
    return this.#write(`${kind}/${this.#at}`, note);
  }

  /**
   * Whether a write that takes a replica from `before` dots seen to `after` is done already; if not, this run takes
   * over. Throws: HistoryError when the replica is at neither, as after files were removed or put back.
   */
  isWritten(seen: number, before: number, after: number): boolean {
    if (before === after) return true;
    if (seen >= after && this.#continuedAt === undefined) return true;
    if (seen !== before) throw this.#mismatch(`a replica that has seen ${seen} writes, not ${before},`);
    this.#continuedAt ??= this.#at;
    return false;
  }

  get head(): HeadNote | undefined {
    return this.#read('head');
  }

  keepHead(note: HeadNote): Promise<void> {
    return this.#write('head', note);
  }

  get result(): ReplayResult | undefined {
    const noted = this.#read<Omit<ReplayResult, 'perMerge'> & { readonly perMerge: StoredMerges }>('result');
    if (noted === undefined) return undefined;
    const perMerge = noted.perMerge.map(({ merge, conflicts }) => ({ merge, conflicts: new Map(conflicts) }));
    return { ...noted, perMerge };
  }

  keepResult(result: ReplayResult): Promise<void> {
    const perMerge = result.perMerge.map(({ merge, conflicts }) => ({ merge, conflicts: [...conflicts] }));
    return this.#write('result', { ...result, perMerge });
  }

  async close(): Promise<void> {
    await this.#store?.close();
  }

  #read<T>(key: string): T | undefined {
    const answer = this.#store?.peek(key);
    return answer?.status === 'live' ? (answer.value as T) : undefined; // as: this class wrote it, for this history
  }

  async #write(key: string, note: unknown): Promise<void> {
    await this.#store?.put(key, note as Value); // as: numbers, text and lists; put checks
  }

  #mismatch(found: string): HistoryError {
    return new HistoryError(
      `Cannot continue at commit ${this.#at + 1}: ${found} does not fit what was noted, give another directory, or remove this one`,
    );
  }
}

type StoredMerges = readonly {
  readonly merge: string;
  readonly conflicts: readonly (readonly [string, ConflictKind])[];
}[];

/** Two histories with one digest are the same. */
function digestOf(history: History): Promise<string> {
  const lines = history.map(({ id, parents, time, changes }) =>
    JSON.stringify([id, parents, time, changes.map((map) => [...map])]),
  );
  return sha256(lines.join('\n'));
}
