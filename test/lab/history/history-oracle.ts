/**
 * What a replay must find, computed from sets alone: no clocks, no replicas, no exchange. For each commit the versions of
 * every path, and the set of all versions that its ancestors made.
 */

import { createHash } from 'node:crypto';
import type { Commit, History } from '../../../src/lab/history/git-history.ts';

type Version = { readonly blob: string | null };
type Known = {
  readonly held: ReadonlyMap<string, ReadonlySet<Version>>;
  readonly all: ReadonlySet<Version>;
  readonly tree: ReadonlyMap<string, string>;
};

export type Figures = {
  readonly commits: number;
  readonly merges: number;
  readonly events: { writes: number; deletes: number };
  readonly conflicts: { [kind: string]: number };
  readonly headLive: number;
  readonly headDeleted: number;
  readonly headDigest: string;
  readonly perMerge: { merge: string; conflicts: { [path: string]: string } }[];
};

export function figuresOf(history: History): Figures {
  const known = new Map<string, Known>();
  const events = { writes: 0, deletes: 0 };
  const conflicts: { [kind: string]: number } = { 'write-vs-write': 0, 'same-value': 0, 'delete-vs-write': 0 };
  const perMerge: Figures['perMerge'] = [];
  for (const commit of history) {
    const parents = commit.parents.map((parent) => known.get(parent)!); // parents come first
    const tree = new Map(parents[0]?.tree);
    for (const [path, blob] of commit.changes[0]!) blob === null ? tree.delete(path) : tree.set(path, blob);
    const held = new Map<string, ReadonlySet<Version>>();
    const all = new Set(parents.flatMap((parent) => [...parent.all]));
    const write = (path: string): void => {
      const version = { blob: tree.get(path) ?? null };
      events[version.blob === null ? 'deletes' : 'writes'] += 1;
      held.set(path, new Set([version]));
      all.add(version);
    };
    const kinds = new Map<string, string>();
    for (const path of new Set([
      ...parents.flatMap((parent) => [...parent.held.keys()]),
      ...commit.changes[0]!.keys(),
    ])) {
      const versions = new Set(parents.flatMap((parent) => [...(parent.held.get(path) ?? [])]));
      for (const version of versions) {
        if (parents.some((parent) => parent.all.has(version) && parent.held.get(path)?.has(version) !== true))
          versions.delete(version);
      }
      held.set(path, versions);
      const blobs = [...versions].map((version) => version.blob);
      if (blobs.length > 1) {
        const kind =
          new Set(blobs).size === 1 ? 'same-value' : blobs.includes(null) ? 'delete-vs-write' : 'write-vs-write';
        kinds.set(path, kind);
        conflicts[kind] = (conflicts[kind] ?? 0) + 1;
      }
      const isEvent =
        parents.length <= 1
          ? commit.changes[0]!.has(path)
          : blobs.length > 1 || (blobs[0] ?? null) !== (tree.get(path) ?? null);
      if (isEvent) write(path);
    }
    if (kinds.size > 0) perMerge.push({ merge: commit.id, conflicts: Object.fromEntries(kinds) });
    known.set(commit.id, { held, all, tree });
  }
  const head = known.get(history.at(-1)!.id)!;
  const versions = [...head.held.values()].flatMap((set) => [...set]);
  const lines = [...head.tree].map(([path, blob]) => `${path}\t${blob}`).sort();
  return {
    commits: history.length,
    merges: history.filter((commit) => commit.parents.length > 1).length,
    events,
    conflicts,
    headLive: versions.filter(({ blob }) => blob !== null).length,
    headDeleted: versions.filter(({ blob }) => blob === null).length,
    headDigest: createHash('sha256').update(lines.join('\n')).digest('hex'),
    perMerge,
  };
}

/** A history by chance: branches, merges of two to four, several roots, deletes, equal writes on both sides; one head. */
export function randomHistory(seed: number, length: number): History {
  let state = seed;
  const below = (limit: number): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * limit);
  };
  const trees = new Map<string, Map<string, string>>();
  const commits: Commit[] = [];
  const tips = new Set<string>();
  const add = (parents: string[]): void => {
    const id = `c${commits.length}`;
    const bases = parents.map((parent) => trees.get(parent)!); // parents come first
    const tree = new Map(bases[below(Math.max(1, bases.length))]);
    for (const base of bases) for (const [path, blob] of base) if (below(2) === 0) tree.set(path, blob);
    for (let edits = below(4); edits > 0; edits -= 1)
      below(4) === 0 ? tree.delete(`p${below(8)}`) : tree.set(`p${below(8)}`, `b${below(5)}`);
    trees.set(id, tree);
    const changes = (bases.length === 0 ? [new Map<string, string>()] : bases).map((base) => difference(base, tree));
    commits.push({ id, parents, author: 0, time: 1_000 + commits.length * 10 - below(30), changes });
    for (const parent of parents) tips.delete(parent);
    tips.add(id);
  };
  while (commits.length < length) {
    const kind = below(10);
    const open = [...tips];
    if (commits.length === 0 || kind === 0) add([]);
    else if (kind <= 4)
      add([commits[below(commits.length)]!.id]); // a branch from anywhere
    else if (kind <= 6)
      add([open[below(open.length)]!]); // or further along one
    else {
      const parents = new Set<string>();
      for (let count = 2 + below(3); count > 0; count -= 1) parents.add(commits[below(commits.length)]!.id);
      add([...parents]);
    }
  }
  while (tips.size > 1) add([...tips].slice(0, 3));
  return commits;
}

function difference(from: ReadonlyMap<string, string>, to: ReadonlyMap<string, string>): Map<string, string | null> {
  const changes = new Map<string, string | null>();
  for (const [path, blob] of to) if (from.get(path) !== blob) changes.set(path, blob);
  for (const path of from.keys()) if (!to.has(path)) changes.set(path, null);
  return changes;
}
