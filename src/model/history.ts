/**
 * The oracle for a version-control history: what merging the parents of each merge commit must meet, worked out from sets
 * of ancestors alone. A commit knows every operation of its ancestors; a merge commit resolves the paths whose versions in
 * its parents are concurrent, and writes the paths it changed on its own. Knows nothing of replicas or exchanges.
 */

import { InvariantError } from '../errors.ts';
import { type Operation, Operations, visible } from './operations.ts';

/** A commit as a fact: `changes` holds one map path → blob (null: removed) per parent; a root has one, against nothing. */
export type HistoryCommit = {
  readonly id: string;
  readonly parents: readonly string[];
  readonly changes: readonly Readonly<Record<string, string | null>>[];
};

/** What kind of concurrent versions of one path a merge met; both sides removed it counts as `same-value`. */
export type HistoryConflict = 'write-vs-write' | 'same-value' | 'delete-vs-write';

/** Everything a faithful replay of the history must reproduce. */
export type HistoryFacts = {
  readonly commits: number;
  readonly merges: number;
  readonly events: { readonly writes: number; readonly deletes: number };
  readonly conflicts: Readonly<Record<HistoryConflict, number>>;
  /** The merges that met concurrent versions, in the order of the history; paths in code unit order. */
  readonly perMerge: readonly {
    readonly merge: string;
    readonly conflicts: Readonly<Record<string, HistoryConflict>>;
  }[];
  /** What the last commit knows: live paths with their blobs, and the paths that are removed. */
  readonly head: { readonly live: ReadonlyMap<string, string>; readonly deleted: ReadonlySet<string> };
};

type Knowledge = ReadonlyMap<string, ReadonlySet<string>>;
type Snapshot = { readonly known: Map<string, ReadonlySet<string>>; readonly tree: Map<string, string> };

const NOTHING: ReadonlySet<string> = new Set();

/** Works out the facts of a history whose commits come parents first. Cost: commits × paths, plus the square of a path's operations a merge. */
export function historyFacts(commits: Iterable<HistoryCommit>): HistoryFacts {
  const operations = new Operations();
  const snapshots = new Map<string, Snapshot>();
  const events = { writes: 0, deletes: 0 };
  const conflicts: Record<HistoryConflict, number> = { 'write-vs-write': 0, 'same-value': 0, 'delete-vs-write': 0 };
  const perMerge: { merge: string; conflicts: Record<string, HistoryConflict> }[] = [];
  let count = 0;
  let merges = 0;
  let head: Snapshot = { known: new Map(), tree: new Map() };

  for (const commit of commits) {
    count++;
    const parents = commit.parents.map((id) => snapshots.get(id) ?? missing(commit.id, id));
    const known = unionOf(parents.map((parent) => parent.known));
    const tree = treeOf(commit, parents[0]);
    const read = (path: string): Operation[] =>
      visible([...(known.get(path) ?? NOTHING)].map((name) => operations.get(name)));
    const write = (path: string): void => {
      const blob = tree.get(path) ?? null;
      const context = known.get(path) ?? NOTHING;
      const name = `${commit.id} ${path}`;
      operations.add({ name, key: path, tombstone: blob === null, value: blob, context });
      known.set(path, new Set([...context, name]));
      if (blob === null) events.deletes++;
      else events.writes++;
    };

    if (commit.parents.length <= 1) {
      for (const path of Object.keys(commit.changes[0] ?? {})) write(path);
    } else {
      merges++;
      const met: Record<string, HistoryConflict> = Object.create(null);
      for (const path of new Set([...known.keys(), ...tree.keys()].sort())) {
        const versions = read(path);
        if (versions.length > 1) {
          const kind = conflictKind(versions);
          met[path] = kind;
          conflicts[kind]++;
          write(path);
        } else if ((versions[0]?.value ?? null) !== (tree.get(path) ?? null)) write(path);
      }
      if (Object.keys(met).length > 0) perMerge.push({ merge: commit.id, conflicts: { ...met } });
    }
    head = { known, tree };
    snapshots.set(commit.id, head);
  }

  const deleted = new Set([...head.known.keys()].filter((path) => !head.tree.has(path)));
  return { commits: count, merges, events, conflicts, perMerge, head: { live: head.tree, deleted } };
}

/** The `path TAB blob` lines of a tree, sorted, joined by newlines: the text whose SHA-256 is the head digest. */
export function treeText(live: ReadonlyMap<string, string>): string {
  return [...live]
    .map(([path, blob]) => `${path}\t${blob}`)
    .sort()
    .join('\n');
}

function conflictKind(versions: readonly Operation[]): HistoryConflict {
  if (versions.every((version) => version.value === versions[0]?.value)) return 'same-value';
  return versions.some((version) => version.tombstone) ? 'delete-vs-write' : 'write-vs-write';
}

function unionOf(sides: readonly Knowledge[]): Map<string, ReadonlySet<string>> {
  const union = new Map<string, ReadonlySet<string>>(sides[0] ?? []);
  for (const side of sides.slice(1)) {
    for (const [path, names] of side) {
      const have = union.get(path);
      if (have === undefined) union.set(path, names);
      else if (have !== names) union.set(path, new Set([...have, ...names]));
    }
  }
  return union;
}

function treeOf(commit: HistoryCommit, parent: Snapshot | undefined): Map<string, string> {
  const tree = new Map(parent?.tree ?? []);
  for (const [path, blob] of Object.entries(commit.changes[0] ?? {})) {
    if (blob === null) tree.delete(path);
    else tree.set(path, blob);
  }
  return tree;
}

function missing(commit: string, parent: string): never {
  throw new InvariantError(`commit ${commit} comes before its parent ${parent}`);
}
