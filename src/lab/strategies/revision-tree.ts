/**
 * Revision trees as CouchDB keeps them: every edit makes a revision whose name follows from its parent and what was written, so
 * the same edit made twice is one revision. A tree is held as its leaves, each knowing the way back to its root, up to
 * a limit; merging two trees joins them, and a leaf that the other has built on is no leaf any more.
 */

/** `generation`: 1 for a first one. `hash` and `generation` name it; `operation` is the value. */
export type Revision = {
  readonly generation: number;
  readonly hash: number;
  readonly operation: number;
  readonly isDelete: boolean;
  readonly parent: Revision | undefined;
};

/** The leaves: by generation, then hash, greatest first. Never empty. */
export type RevisionTree = readonly Revision[];

/** The revision that an edit of a parent makes. All deletes of one revision are the same, having no content. */
export function revise(parent: Revision | undefined, operation: number, isDelete: boolean): Revision {
  const generation = (parent?.generation ?? 0) + 1;
  const hash = mix(mix(parent?.hash ?? 0, generation), isDelete ? -1 : operation);
  return { generation, hash, operation, isDelete, parent };
}

/** Puts a revision where its parent is a leaf, or beside the leaves. */
export function graft(tree: RevisionTree, revision: Revision): RevisionTree {
  const others = tree.filter((leaf) => revision.parent === undefined || !isSame(leaf, revision.parent));
  return [...others, revision].sort(byGeneration);
}

/** Joins two trees. `limit`: how many revisions a leaf remembers of its way, itself among them. */
export function mergeTrees(one: RevisionTree, other: RevisionTree, limit: number): RevisionTree {
  const common: Revision[] = [];
  const onlyOne: Revision[] = [];
  for (const leaf of one) {
    const same = leafLike(other, leaf);
    // Of a delete that was made twice, each merge keeps the same one.
    if (same === undefined) onlyOne.push(leaf);
    else common.push(same.operation < leaf.operation ? same : leaf);
  }
  const onlyOther = other.filter((leaf) => leafLike(one, leaf) === undefined);
  if (onlyOne.length + onlyOther.length === 0) return common;
  const isBuiltOn = (leaf: Revision, by: RevisionTree): boolean => by.some((end) => isBehind(leaf, end, limit));
  return [
    ...common,
    ...onlyOne.filter((leaf) => !isBuiltOn(leaf, onlyOther)),
    ...onlyOther.filter((leaf) => !isBuiltOn(leaf, onlyOne)),
  ].sort(byGeneration);
}

/** The leaf that readers are shown: of those that are no deletes, if there are any, the first. */
export function winnerOf(tree: RevisionTree): Revision {
  const [first] = tree;
  return tree.find(({ isDelete }) => !isDelete) ?? (first as Revision); // never empty
}

/** The leaf of that name, if it is one. */
export function leafLike(tree: RevisionTree, revision: Revision): Revision | undefined {
  return tree.find((leaf) => isSame(leaf, revision));
}

/** Whether two trees have the same leaves. */
export function areSameTrees(one: RevisionTree, other: RevisionTree): boolean {
  return one === other || (one.length === other.length && one.every((leaf, at) => isSame(leaf, other[at])));
}

/** How many revisions a tree remembers. Cost: O(1) for one leaf, else O(leaves × limit) once. */
export function revisionsIn(tree: RevisionTree, limit: number): number {
  const [only] = tree;
  if (tree.length === 1 && only !== undefined) return Math.min(only.generation, limit);
  const hashes = new Set<number>();
  for (const leaf of tree) {
    let at: Revision | undefined = leaf;
    for (let count = 0; at !== undefined && count < limit; count += 1) {
      hashes.add(at.hash);
      at = at.parent;
    }
  }
  return hashes.size;
}

/** Whether a revision is on the way that `end` remembers, and not `end` itself. */
function isBehind(revision: Revision, end: Revision, limit: number): boolean {
  if (revision.generation >= end.generation || end.generation - revision.generation >= limit) return false;
  let at: Revision | undefined = end;
  while (at !== undefined && at.generation > revision.generation) at = at.parent;
  return isSame(revision, at);
}

function isSame(one: Revision, other: Revision | undefined): boolean {
  return one.generation === other?.generation && one.hash === other.hash;
}

function byGeneration(one: Revision, other: Revision): number {
  return other.generation - one.generation || other.hash - one.hash;
}

/** A number of 52 bits out of two, well stirred: two rounds of the finisher of MurmurHash3. */
function mix(one: number, other: number): number {
  const low = stir(stir(one % 2 ** 32) ^ stir(other + 0x9e3779b9));
  const high = stir(stir(one / 2 ** 32) ^ low ^ 0x85ebca77);
  return (high % 2 ** 20) * 2 ** 32 + low;
}

function stir(number: number): number {
  let mixed = Math.floor(number) | 0;
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return (mixed ^ (mixed >>> 16)) >>> 0;
}
