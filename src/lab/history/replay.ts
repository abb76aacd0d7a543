/**
 * Replays a commit history on real replicas. Law of the replay: each commit is made by a replica that has seen exactly
 * that commit's ancestors. A replica stands at every commit that still awaits a child; when one of several children is
 * made, another replica first takes over for the rest. A merge learns from its other parents' replicas by one-way
 * exchanges, meets their conflicts, resolves each to what git's merge has, and writes what else differs. With a place
 * for its stores it is durable, and goes on where an earlier run was cut off (replay-progress.ts).
 */

import { assert } from '../../assert.ts';
import { compareText } from '../../codec/text.ts';
import type { Answer } from '../../store/answer.ts';
import { isInternalKey } from '../../store/key.ts';
import type { BatchOperation } from '../../store/operations.ts';
import { stateOf } from '../../store/versioned-kv-store.ts';
import type { Changes, Commit, History } from './git-history.ts';
import { LastWriterWins } from './last-writer-wins.ts';
import { PathKeys } from './path-key.ts';
import { checkStillShown, shownAtHead } from './replay-head.ts';
import { type HeadNote, type MergeNote, ReplayProgress } from './replay-progress.ts';
import { type ReplayReplica, ReplicaPool, type StorageAt } from './replay-replicas.ts';
import type { ConflictKind, ExchangeCount, MergeConflicts, ReplayResult } from './replay-result.ts';

type Operation = BatchOperation<string>;
type Mutable<T> = { -readonly [field in keyof T]: T[field] };

export type ReplayOptions = {
  readonly onProgress?: (done: number, total: number) => void;
  /** Where the replicas and the progress are kept. Default: in memory only. */
  readonly storageAt?: StorageAt;
};

/**
 * Replays the whole history; the same history gives the same result, but for the time it took, and for the exchange
 * that an earlier run was cut off in. Throws: HistoryError when there is another replay in the place.
 */
export async function replay(
  history: History,
  { onProgress = (): void => {}, storageAt }: ReplayOptions = {},
): Promise<ReplayResult> {
  const progress = await ReplayProgress.open(history, storageAt);
  const run = new Run(history, progress, storageAt);
  const startedMs = performance.now();
  const timeMs = (): number => Math.round(performance.now() - startedMs);
  try {
    const { result } = progress;
    if (result !== undefined) {
      await run.check(result);
      return { ...result, continuedFrom: history.length, timeMs: timeMs() };
    }
    for (const [at, commit] of history.entries()) {
      progress.reach(at);
      await run.make(commit);
      onProgress(at + 1, history.length);
    }
    const figures = { ...(await run.finish()), continuedFrom: progress.continuedFrom(history.length) };
    await progress.keepResult({ ...figures, timeMs: timeMs() });
    return { ...figures, timeMs: timeMs() };
  } finally {
    await run.close();
    await progress.close();
  }
}

class Run {
  readonly #history: History;
  readonly #progress: ReplayProgress;
  readonly #pool: ReplicaPool;
  readonly #paths = new PathKeys();
  readonly #lastWriterWins: LastWriterWins;
  /** The replica that stands at a commit, while children are awaited there; and how many of them. */
  readonly #standing = new Map<string, ReplayReplica>();
  readonly #awaited = new Map<string, number>();
  readonly #events = { writes: 0, deletes: 0 };
  readonly #conflicts: Mutable<ReplayResult['conflicts']> = {
    'write-vs-write': 0,
    'same-value': 0,
    'delete-vs-write': 0,
  };
  readonly #perMerge: MergeConflicts[] = [];
  #merges = 0;

  constructor(history: History, progress: ReplayProgress, storageAt: StorageAt | undefined) {
    this.#history = history;
    this.#progress = progress;
    this.#pool = new ReplicaPool(storageAt);
    this.#lastWriterWins = new LastWriterWins(history);
    for (const { parents } of history)
      for (const parent of parents) this.#awaited.set(parent, (this.#awaited.get(parent) ?? 0) + 1);
  }

  async make(commit: Commit): Promise<void> {
    this.#pool.setTime(commit.time);
    const [first, ...others] = commit.parents;
    const replica = first === undefined ? await this.#pool.open() : await this.#depart(first);
    const wanted = new Map([...(commit.changes[0] ?? [])].map(([path, blob]) => [this.#paths.keyOf(path), blob]));
    const written =
      others.length === 0 ? await this.#write(replica, wanted) : await this.#merge(replica, commit, wanted);
    for (const [key, blob] of wanted) {
      if (blob === null) replica.tree.delete(key);
      else replica.tree.set(key, blob);
    }
    this.#lastWriterWins.commit(commit, written);
    this.#standing.set(commit.id, replica);
  }

  /** The figures at the head, then the meeting of all replicas and the reaping. */
  async finish(): Promise<Omit<ReplayResult, 'timeMs' | 'continuedFrom'>> {
    const head = this.#standing.get(this.#history.at(-1)?.id ?? '');
    assert(head !== undefined, 'no replica stands at the last commit');
    const left = [...this.#awaited.values()].filter((count) => count > 0).length;
    assert(left === 0, 'a commit still awaits a child');
    const atHead = await this.#atHead(head);
    return {
      commits: this.#history.length,
      merges: this.#merges,
      events: this.#events,
      conflicts: this.#conflicts,
      perMerge: this.#perMerge,
      ...atHead,
      tombstones: { before: atHead.headDeleted, after: await this.#reap(head) },
      replicas: this.#pool.all.length,
      exchanges: this.#pool.exchanges,
      lastWriterWins: this.#lastWriterWins.losses(),
    };
  }

  /** Opens the replicas of a replay that was finished before, and sees that each shows the head. */
  async check(result: ReplayResult): Promise<void> {
    for (const { changes } of this.#history)
      for (const map of changes) for (const path of map.keys()) this.#paths.keyOf(path);
    const replicas = await this.#pool.openMany(result.replicas);
    for (const { store } of replicas) await checkStillShown(store, this.#paths, result);
  }

  close(): Promise<void> {
    return this.#pool.close();
  }

  /** The replica at the first parent goes on; another takes its place while more children are awaited. */
  async #depart(parent: string): Promise<ReplayReplica> {
    const replica = this.#at(parent);
    if (this.#leave(parent)) this.#standing.set(parent, await this.#fork(replica));
    return replica;
  }

  /** A replica that has seen exactly what `source` has. */
  async #fork(source: ReplayReplica): Promise<ReplayReplica> {
    const noted = this.#progress.note('fork');
    if (noted?.replica === this.#pool.all.length) await this.#pool.open();
    const replica = noted === undefined ? await this.#pool.nearest(source) : this.#pool.all[noted.replica];
    assert(replica !== undefined, 'a fork was noted of a replica that is not there');
    const exchange = noted?.exchange ?? (await this.#pool.pull(replica, source));
    if (noted === undefined) await this.#progress.keep('fork', { replica: replica.number, exchange });
    this.#pool.count(exchange);
    this.#pool.stand(replica, source);
    return replica;
  }

  #at(commit: string): ReplayReplica {
    const replica = this.#standing.get(commit);
    assert(replica !== undefined, `no replica stands at commit ${commit}`);
    return replica;
  }

  /** Counts one child off; whether more are awaited. */
  #leave(parent: string): boolean {
    const awaited = (this.#awaited.get(parent) ?? 1) - 1;
    this.#awaited.set(parent, awaited);
    if (awaited === 0) this.#standing.delete(parent);
    return awaited > 0;
  }

  /** A commit with at most one parent: each path it changes is an event. */
  #write(replica: ReplayReplica, wanted: Changes): Promise<Changes> {
    return this.#commit(replica, [...wanted]);
  }

  /** A merge: resolves every conflict, and writes each key whose single version is not what git's merge has. */
  async #merge(replica: ReplayReplica, { id, parents }: Commit, changes: Changes): Promise<Changes> {
    this.#merges += 1;
    const sources = parents.slice(1).map((parent) => this.#at(parent));
    let note = this.#progress.note('merge');
    if (note === undefined) {
      note = await this.#meet(replica, sources, changes);
      await this.#progress.keep('merge', note);
    }
    for (const [at, source] of sources.entries()) if (!this.#leave(parents[at + 1] ?? '')) this.#pool.release(source);
    for (const exchange of note.exchanges) this.#pool.count(exchange);
    replica.dots = note.seen;
    for (const [, kind] of note.conflicts) this.#conflicts[kind] += 1;
    if (note.conflicts.length > 0) this.#perMerge.push({ merge: id, conflicts: new Map(note.conflicts) });
    return this.#commit(replica, note.writes);
  }

  /** Learns what the replicas at the other parents have seen, and finds what met and what is to be written. */
  async #meet(replica: ReplayReplica, sources: readonly ReplayReplica[], changes: Changes): Promise<MergeNote> {
    replica.touched.clear();
    const exchanges: ExchangeCount[] = [];
    for (const source of sources) exchanges.push(await this.#pool.pull(replica, source));
    // An earlier run may have learned some of it, and nothing tells which keys that touched.
    const touched = this.#progress.isTakingOver ? stateOf(replica.store).table.ordered().keys : replica.touched;
    const writes: [string, string | null][] = [];
    const conflicts: [string, ConflictKind][] = [];
    for (const key of [...new Set([...touched, ...changes.keys()])].sort(compareText)) {
      if (isInternalKey(key)) continue;
      const answer = replica.store.peek(key);
      const wanted = wantedAt(key, changes, replica.tree);
      const kind = kindOf(answer);
      if (kind === undefined && blobOf(answer) === wanted) continue;
      if (kind !== undefined) conflicts.push([this.#paths.pathOf(key), kind]);
      writes.push([key, wanted]);
    }
    conflicts.sort(([a], [b]) => compareText(a, b));
    return { seen: replica.store.seen.size, exchanges, conflicts, writes };
  }

  /** Writes in one batch, each key on what the replica shows of it; unless an earlier run has done so. */
  async #commit(replica: ReplayReplica, writes: MergeNote['writes']): Promise<Changes> {
    const { store, dots } = replica;
    replica.dots += writes.length;
    if (!this.#progress.isWritten(store.seen.size, dots, replica.dots)) {
      const operations = writes.map(([key, blob]): Operation => {
        const answer = store.peek(key);
        const based = answer.siblings.length > 1 ? { context: answer.context } : {};
        return blob === null ? { delete: key, ...based } : { put: key, value: blob, ...based };
      });
      await store.batch(operations);
    }
    const written = new Map<string, string | null>();
    for (const [key, blob] of writes) {
      if (blob === null) this.#events.deletes += 1;
      else this.#events.writes += 1;
      written.set(this.#paths.pathOf(key), blob);
    }
    return written;
  }

  async #atHead(head: ReplayReplica): Promise<HeadNote> {
    const noted = this.#progress.head;
    if (noted !== undefined) return noted;
    const shown = await shownAtHead(head.store, head.tree, this.#paths);
    const headDeleted = head.store.stats().tombstones;
    const note = { ...shown, headDeleted, tips: this.#standing.size };
    await this.#progress.keepHead(note);
    return note;
  }

  /** Everybody meets the head replica, so every member has seen the deletes; then it reaps. How many tombstones stay. */
  async #reap(head: ReplayReplica): Promise<number> {
    const others = this.#pool.all.filter((replica) => replica !== head);
    for (const { store } of others) await head.store.join(store.id);
    // Tips that no merge has met bring news, so they come first, and again with all the others.
    const tips = [...this.#standing.values()].filter((replica) => replica !== head);
    for (const replica of [...tips, ...others]) this.#pool.count(await this.#pool.meet(head, replica));
    await head.store.reap();
    return head.store.stats().tombstones;
  }
}

/** What git's merge has at the key, whose tree so far is that of the first parent. */
function wantedAt(key: string, changes: Changes, tree: ReadonlyMap<string, string>): string | null {
  return changes.get(key) ?? (changes.has(key) ? null : (tree.get(key) ?? null));
}

/** What met at this key; undefined for a single version. Two deletes agree, so they are the same value. */
function kindOf({ siblings }: Answer<string>): ConflictKind | undefined {
  if (siblings.length < 2) return undefined;
  const blobs = new Set(siblings.map((sibling) => (sibling.tombstone ? null : sibling.value)));
  if (blobs.size === 1) return 'same-value';
  return blobs.has(null) ? 'delete-vs-write' : 'write-vs-write';
}

function blobOf(answer: Answer<string>): string | null {
  return answer.status === 'live' ? answer.value : null;
}
