/**
 * Replays a commit history on real replicas. Law of the replay: each commit is made by a replica that has seen exactly
 * that commit's ancestors. A replica stands at every commit that still awaits a child; when one of several children is
 * made, another replica first takes over for the rest. A merge learns from its other parents' replicas by one-way
 * exchanges, meets their conflicts, resolves each to what git's merge has, and writes what else differs.
 */

import { assert } from '../assert.ts';
import { compareText } from '../codec/text.ts';
import type { Answer } from '../store/answer.ts';
import type { BatchOperation } from '../store/operations.ts';
import type { Version } from '../store/record.ts';
import type { Changes, Commit, History } from './git-history.ts';
import { LastWriterWins } from './last-writer-wins.ts';
import { type MetadataBytes, metadataBytes } from './metadata.ts';
import { PathKeys } from './path-key.ts';
import { type ReplayReplica, ReplicaPool } from './replay-replicas.ts';
import type { ConflictKind, MergeConflicts, ReplayResult } from './replay-result.ts';

type Operation = BatchOperation<string>;
type Mutable<T> = { -readonly [field in keyof T]: T[field] };

/** Replays the whole history; the same history gives the same result, but for the time it took. */
export async function replay(
  history: History,
  onProgress: (done: number, total: number) => void = () => {},
): Promise<ReplayResult> {
  const run = new Run(history);
  const startedMs = performance.now();
  try {
    for (const [at, commit] of history.entries()) {
      await run.make(commit);
      onProgress(at + 1, history.length);
    }
    const figures = await run.finish();
    return { ...figures, timeMs: Math.round(performance.now() - startedMs) };
  } finally {
    await run.close();
  }
}

class Run {
  readonly #history: History;
  readonly #pool = new ReplicaPool();
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

  constructor(history: History) {
    this.#history = history;
    this.#lastWriterWins = new LastWriterWins(history);
    for (const { parents } of history)
      for (const parent of parents) this.#awaited.set(parent, (this.#awaited.get(parent) ?? 0) + 1);
  }

  async make(commit: Commit): Promise<void> {
    this.#pool.setTime(commit.time);
    const [first, ...others] = commit.parents;
    const replica = first === undefined ? await this.#pool.open() : await this.#depart(first);
    replica.touched.clear();
    for (const parent of others) await this.#learn(replica, parent);
    const wanted = new Map([...(commit.changes[0] ?? [])].map(([path, blob]) => [this.#paths.keyOf(path), blob]));
    const written =
      others.length === 0 ? await this.#write(replica, wanted) : await this.#merge(replica, commit.id, wanted);
    for (const [key, blob] of wanted) {
      if (blob === null) replica.tree.delete(key);
      else replica.tree.set(key, blob);
    }
    this.#lastWriterWins.commit(commit, written);
    this.#standing.set(commit.id, replica);
  }

  /** The figures at the head, then the meeting of all replicas and the reaping. */
  async finish(): Promise<Omit<ReplayResult, 'timeMs'>> {
    const last = this.#history.at(-1)?.id ?? '';
    const head = this.#standing.get(last);
    assert(head !== undefined, 'no replica stands at the last commit');
    const live = this.#liveAt(head);
    const atHead = {
      headLive: live.size,
      headDeleted: head.store.stats().tombstones,
      headDigest: await sha256(
        [...live]
          .map(([path, blob]) => `${path}\t${blob}`)
          .sort(compareText)
          .join('\n'),
      ),
      metadataBytes: await metadataOf(head),
    };
    const tips = [...this.#awaited.values()].filter((count) => count > 0).length;
    assert(tips === 0, 'a commit still awaits a child');
    return {
      commits: this.#history.length,
      merges: this.#merges,
      events: this.#events,
      conflicts: this.#conflicts,
      perMerge: this.#perMerge,
      ...atHead,
      tips: this.#standing.size,
      tombstones: await this.#reap(head),
      replicas: this.#pool.all.length,
      exchanges: this.#pool.exchanges,
      lastWriterWins: this.#lastWriterWins.losses(),
    };
  }

  close(): Promise<void> {
    return this.#pool.close();
  }

  /** The replica at the first parent goes on; another takes its place while more children are awaited. */
  async #depart(parent: string): Promise<ReplayReplica> {
    const replica = this.#at(parent);
    if (this.#leave(parent)) this.#standing.set(parent, await this.#pool.fork(replica));
    return replica;
  }

  /** Learns what the replica at another parent has seen. */
  async #learn(replica: ReplayReplica, parent: string): Promise<void> {
    const source = this.#at(parent);
    await this.#pool.pull(replica, source);
    if (!this.#leave(parent)) this.#pool.release(source);
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
  async #write(replica: ReplayReplica, wanted: Changes): Promise<Changes> {
    const operations: Operation[] = [...wanted].map(([key, blob]) =>
      blob === null ? { delete: key } : { put: key, value: blob },
    );
    return this.#commit(replica, operations);
  }

  /** A merge: resolves every conflict, and writes each key whose single version is not what git's merge has. */
  async #merge(replica: ReplayReplica, id: string, changes: Changes): Promise<Changes> {
    this.#merges += 1;
    const operations: Operation[] = [];
    const conflicts: [string, ConflictKind][] = [];
    const keys = [...new Set([...replica.touched, ...changes.keys()])].sort(compareText);
    for (const key of keys) {
      const answer = replica.store.peek(key);
      const wanted = changes.get(key) ?? (changes.has(key) ? null : (replica.tree.get(key) ?? null));
      const kind = kindOf(answer);
      if (kind === undefined && blobOf(answer) === wanted) continue;
      if (kind !== undefined) conflicts.push([this.#paths.pathOf(key), kind]);
      const context = answer.context;
      operations.push(wanted === null ? { delete: key, context } : { put: key, value: wanted, context });
    }
    for (const [, kind] of conflicts) this.#conflicts[kind] += 1;
    if (conflicts.length > 0) {
      this.#perMerge.push({ merge: id, conflicts: new Map(conflicts.sort(([a], [b]) => compareText(a, b))) });
    }
    return this.#commit(replica, operations);
  }

  async #commit(replica: ReplayReplica, operations: readonly Operation[]): Promise<Changes> {
    if (operations.length > 0) await replica.store.batch(operations);
    const written = new Map<string, string | null>();
    for (const operation of operations) {
      if ('put' in operation) {
        this.#events.writes += 1;
        written.set(this.#paths.pathOf(operation.put), operation.value);
      } else {
        this.#events.deletes += 1;
        written.set(this.#paths.pathOf(operation.delete), null);
      }
    }
    return written;
  }

  /** What the replica shows; it must be the tree that git has there. */
  #liveAt({ store, tree }: ReplayReplica): Map<string, string> {
    const live = new Map<string, string>();
    for (const [key, answer] of store.entries()) {
      assert(answer.status === 'live', `key ${key} is left in conflict at the head`);
      assert(tree.get(key) === answer.value, `key ${key} differs from git's tree at the head`);
      live.set(this.#paths.pathOf(key), answer.value);
    }
    assert(live.size === tree.size, "the head lacks keys of git's tree");
    return live;
  }

  /** Everybody meets the head replica, so every member has seen the deletes; then it reaps. */
  async #reap(head: ReplayReplica): Promise<ReplayResult['tombstones']> {
    const before = head.store.stats().tombstones;
    const others = this.#pool.all.filter((replica) => replica !== head);
    for (const { store } of others) await head.store.join(store.id);
    // Tips that no merge has met bring news, so they come first, and again with all the others.
    for (const tip of this.#standing.values()) if (tip !== head) await this.#pool.meet(head, tip);
    for (const replica of others) await this.#pool.meet(head, replica);
    await head.store.reap();
    return { before, after: head.store.stats().tombstones };
  }
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

async function metadataOf({ store, tree }: ReplayReplica): Promise<MetadataBytes> {
  const settled: [string, Version][] = [];
  for (const key of tree.keys()) for (const version of (await store.record(key)).versions) settled.push([key, version]);
  return metadataBytes(settled, store.seen);
}

async function sha256(text: string): Promise<string> {
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text));
  return [...new Uint8Array(digest)].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}
