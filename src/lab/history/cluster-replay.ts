/**
 * Replays a commit history through clients of a running cluster. A line of development stays at one replica; where it
 * forks, the fork goes to the next. Who makes a commit holds, for each path, the context of the version that the commit's
 * parents had, and writes on exactly that, wherever it was written: so the causality of the history goes over the wire as
 * tokens, even to a replica that has not heard of what they name. A merge holds the contexts of all its parents at once.
 */

import { assert } from '../../assert.ts';
import type { Dot } from '../../clock/dot.ts';
import { DotSet } from '../../clock/dot-set.ts';
import { compareText } from '../../codec/text.ts';
import { decodeToken, encodeToken } from '../../store/context-token.ts';
import { nameOf } from '../../store/membership.ts';
import type { Written } from '../../store/operations.ts';
import type { Changes, Commit, History } from './git-history.ts';
import { PathKeys } from './path-key.ts';
import { sha256 } from './replay-head.ts';
import type { ConflictKind } from './replay-result.ts';

/** One change of a commit, on the context of its parents. */
export type ClusterWrite =
  | { readonly put: string; readonly value: string; readonly context: string }
  | { readonly delete: string; readonly context: string };

/** A client of one replica, as far as it is used here. */
export type ReplicaClient = {
  /** The name of the replica. */
  readonly name: string;
  readonly batch: (operations: readonly ClusterWrite[]) => Promise<readonly Written[]>;
  /**
   * The dots of the siblings that a key shows in conflict (none when it shows no conflict) to a session that has seen what
   * the token names; undefined when the replica is behind it, and stays so for `waitMs`.
   */
  readonly siblings: (key: string, session: string, waitMs: number) => Promise<readonly Dot[] | undefined>;
};

export type ClusterReplayOptions = {
  readonly replicas: readonly ReplicaClient[];
  /** Called before each commit: the place to cut and to heal. */
  readonly before?: (at: number) => Promise<void>;
  /** Whether what was written at the one cannot reach the other now. */
  readonly isCut?: (one: string, other: string) => boolean;
};

export type ClusterReplayResult = {
  readonly commits: number;
  readonly merges: number;
  readonly events: { readonly writes: number; readonly deletes: number };
  /** Concurrent versions that merges had to settle, by the contexts of their parents. */
  readonly conflicts: Readonly<Record<ConflictKind, number>>;
  /**
   * Of these: shown as a conflict by the replica of the merge; settled there already by another merge, which shows
   * instead; and out of its sight, because it was cut off.
   */
  readonly shown: number;
  readonly settled: number;
  readonly hidden: number;
  /** Commits by the name of the replica they were made at. */
  readonly through: ReadonlyMap<string, number>;
  /** Commits without a child. What a cluster shows is the tree at the head only where there is one. */
  readonly tips: number;
  /** The tree at the head: key → blob. */
  readonly head: ReadonlyMap<string, string>;
};

/** What a commit has at a path: the version, and everything it is known to stand above. */
type Held = { readonly dot: Dot; readonly blob: string | null; readonly past: DotSet };
type Tree = Map<string, Held>;

/** How long what the parents of a merge wrote may take to reach its replica, when nothing is cut. */
const SEEN_WITHIN_MS = 30_000;
/** And how long it is waited for where it may be out of reach. */
const SEEN_BESIDE_CUT_MS = 50;

/** Throws: what the clients throw; InvariantError when a replica does not show what it must. */
export async function replayOnCluster(history: History, options: ClusterReplayOptions): Promise<ClusterReplayResult> {
  const run = new ClusterRun(history, options);
  for (const [at, commit] of history.entries()) {
    await options.before?.(at);
    await run.make(commit);
  }
  return run.result();
}

/** What a cluster shows at the head, as `headDigest` of the expected figures has it. */
export function digestOfHead(live: Iterable<readonly [key: string, blob: string]>): Promise<string> {
  return sha256(
    [...live]
      .map(([path, blob]) => `${path}\t${blob}`)
      .sort(compareText)
      .join('\n'),
  );
}

class ClusterRun {
  readonly #history: History;
  readonly #options: ClusterReplayOptions;
  readonly #paths = new PathKeys();
  readonly #trees = new Map<string, Tree>();
  readonly #replicaOf = new Map<string, ReplicaClient>();
  /** How many children of a commit are still to come. */
  readonly #awaited = new Map<string, number>();
  readonly #hasFirstChild = new Set<string>();
  readonly #events = { writes: 0, deletes: 0 };
  readonly #conflicts = { 'write-vs-write': 0, 'same-value': 0, 'delete-vs-write': 0 };
  readonly #through = new Map<string, number>();
  #merges = 0;
  #shown = 0;
  #settled = 0;
  #hidden = 0;
  #next = 0;

  constructor(history: History, options: ClusterReplayOptions) {
    this.#history = history;
    this.#options = options;
    for (const { parents } of history)
      for (const parent of parents) this.#awaited.set(parent, (this.#awaited.get(parent) ?? 0) + 1);
    for (const { name } of options.replicas) this.#through.set(name, 0);
  }

  async make(commit: Commit): Promise<void> {
    const replica = this.#placeOf(commit);
    const { parents, changes } = commit;
    const trees = parents.map((parent) => this.#treeOf(parent));
    const [first = new Map<string, Held>(), ...others] = trees;
    const wanted = new Map([...(changes[0] ?? [])].map(([path, blob]) => [this.#paths.keyOf(path), blob]));
    const tree: Tree = new Map(first);
    const writes = others.length === 0 ? wanted : await this.#merge(replica, tree, others, wanted);
    await this.#write(replica, tree, writes);
    this.#trees.set(commit.id, tree);
    this.#replicaOf.set(commit.id, replica);
    this.#through.set(replica.name, (this.#through.get(replica.name) ?? 0) + 1);
    for (const parent of parents) this.#leave(parent);
  }

  result(): ClusterReplayResult {
    const head = this.#trees.get(this.#history.at(-1)?.id ?? '');
    assert(head !== undefined, 'the replay has no head');
    const live = new Map<string, string>();
    for (const [key, { blob }] of head) if (blob !== null) live.set(key, blob);
    return {
      ...{ commits: this.#history.length, merges: this.#merges, events: this.#events, conflicts: this.#conflicts },
      ...{ shown: this.#shown, settled: this.#settled, hidden: this.#hidden, through: this.#through, head: live },
      tips: this.#trees.size,
    };
  }

  /** The first child of a commit is made where that was; a further one is a fork, and goes to the next replica. */
  #placeOf({ parents: [parent] }: Commit): ReplicaClient {
    const { replicas } = this.#options;
    const before = parent === undefined ? undefined : this.#replicaOf.get(parent);
    if (parent !== undefined && before !== undefined && !this.#hasFirstChild.has(parent)) {
      this.#hasFirstChild.add(parent);
      return before;
    }
    const replica = replicas[this.#next % replicas.length];
    assert(replica !== undefined, 'a cluster without replicas');
    this.#next += 1;
    return replica;
  }

  /** Joins what the other parents have into `tree`; what is to be written so that the merge has what git has. */
  async #merge(replica: ReplicaClient, tree: Tree, others: readonly Tree[], wanted: Changes): Promise<Changes> {
    this.#merges += 1;
    const keys = new Set([...others.flatMap((other) => differing(tree, other)), ...wanted.keys()]);
    const writes = new Map<string, string | null>();
    for (const key of [...keys].sort(compareText)) {
      const before = tree.get(key);
      const held = [before, ...others.map((other) => other.get(key))].filter((one) => one !== undefined);
      const want = wanted.get(key) ?? (wanted.has(key) ? null : (before?.blob ?? null));
      const [newest, ...concurrent] = maximal(held);
      if (newest === undefined) {
        if (want !== null) writes.set(key, want);
        continue;
      }
      tree.set(key, { ...newest, past: joined(held) });
      if (concurrent.length > 0) {
        const siblings = [newest, ...concurrent];
        this.#conflicts[kindOf(siblings)] += 1;
        await this.#look(replica, key, siblings);
      } else if (newest.blob === want) continue;
      writes.set(key, want);
    }
    return writes;
  }

  /** What a reader is shown who had seen both sides: the conflict, unless it was settled, or is out of sight. */
  async #look(replica: ReplicaClient, key: string, siblings: readonly Held[]): Promise<void> {
    const { isCut = () => false } = this.#options;
    const past = joined(siblings);
    const isOutOfSight = past.ids().some((id) => isCut(nameOf(id), replica.name));
    const waitMs = isOutOfSight ? SEEN_BESIDE_CUT_MS : SEEN_WITHIN_MS;
    const shown = await replica.siblings(key, encodeToken('session', '', past), waitMs);
    assert(shown !== undefined || isOutOfSight, `"${replica.name}" has not heard of what its peers wrote`);
    const isShown = siblings.every(({ dot }) => shown?.some((one) => one.id === dot.id && one.counter === dot.counter));
    if (shown === undefined) this.#hidden += 1;
    else if (isShown) this.#shown += 1;
    else this.#settled += 1;
  }

  /** One commit is one batch, each key on what the commit's parents had of it. */
  async #write(replica: ReplicaClient, tree: Tree, writes: Changes): Promise<void> {
    const entries = [...writes];
    if (entries.length === 0) return;
    const written = await replica.batch(
      entries.map(([key, blob]) => {
        const held = tree.get(key);
        const context = held === undefined ? 'none' : encodeToken('context', key, held.past);
        return blob === null ? { delete: key, context } : { put: key, value: blob, context };
      }),
    );
    for (const [at, [key, blob]] of entries.entries()) {
      const one = written[at];
      assert(one !== undefined, 'a batch gives one result for each operation');
      if (blob === null) this.#events.deletes += 1;
      else this.#events.writes += 1;
      tree.set(key, { dot: one.dot, blob, past: decodeToken('context', key, one.context) });
    }
  }

  #treeOf(commit: string): Tree {
    const tree = this.#trees.get(commit);
    assert(tree !== undefined, `commit ${commit} has no tree`);
    return tree;
  }

  /** Counts one child off; a tree that nobody awaits any more is let go. */
  #leave(parent: string): void {
    const awaited = (this.#awaited.get(parent) ?? 1) - 1;
    this.#awaited.set(parent, awaited);
    if (awaited === 0) this.#trees.delete(parent);
  }
}

/** Keys at which two trees hold different versions, or know differently much. */
function differing(one: Tree, other: Tree): string[] {
  const keys: string[] = [];
  for (const [key, held] of other) if (one.get(key) !== held) keys.push(key);
  return keys;
}

function joined(held: readonly Held[]): DotSet {
  return held.reduce((past, one) => past.union(one.past), DotSet.empty);
}

/** The versions that no other one was based on, each once. */
function maximal(held: readonly Held[]): Held[] {
  const each = new Map(held.map((one) => [`${one.dot.id} ${one.dot.counter}`, one]));
  const all = [...each.values()];
  return all.filter(({ dot }) => !all.some((one) => one.dot !== dot && one.past.has(dot.id, dot.counter)));
}

/** As the replay of one process has it. Two deletes agree, so they are the same value. */
function kindOf(siblings: readonly Held[]): ConflictKind {
  const blobs = new Set(siblings.map(({ blob }) => blob));
  if (blobs.size === 1) return 'same-value';
  return blobs.has(null) ? 'delete-vs-write' : 'write-vs-write';
}
