/**
 * CouchDB and PouchDB: an edit names the revision it replaces and is refused (409) when that is no leaf here; replicas join
 * their trees; readers are shown the winner, and the other leaves stay until somebody deletes each. A delete is a leaf
 * for ever, and loses against any edit beside it. Without a revision only what is not there can be written; on top of a
 * delete such a write goes on from it.
 */

import { type KeyWrite, keyStrategy } from './key-strategy.ts';
import {
  areSameTrees,
  graft,
  leafLike,
  mergeTrees,
  type RevisionTree,
  revise,
  revisionsIn,
  winnerOf,
} from './revision-tree.ts';
import type { Shown, Strategy } from './strategy.ts';

export type CouchDbOptions = {
  /** How many revisions a leaf remembers. Default: 1,000, as `revs_limit`. */
  readonly revsLimit?: number;
};

/** `revs_limit` as it is by default. */
export const REVS_LIMIT = 1_000;
/** The hash of a revision; its generation follows from its place. */
const REVISION_BYTES = 16;

/** Makes it. */
export function couchDb({ revsLimit = REVS_LIMIT }: CouchDbOptions = {}): Strategy {
  return keyStrategy<RevisionTree>({
    name: 'couchdb',
    title: 'CouchDB',
    rule: 'of the leaves of a revision tree the longest that is no delete is shown; stale edits are refused',
    source: 'https://docs.couchdb.org/en/stable/replication/conflicts.html',
    showsConflicts: false,
    write: edit,
    answer: (told, { operation }) => told.filter((leaf) => leaf.operation === operation),
    merge: (one, other) => mergeTrees(one, other, revsLimit),
    show,
    isEqual: areSameTrees,
    versionsIn: (tree) => tree.length,
    tombstonesIn: (tree) => (winnerOf(tree).isDelete ? tree.map(({ operation }) => operation) : []),
    metadataBytes: (tree) => REVISION_BYTES * revisionsIn(tree, revsLimit) + tree.length,
  });
}

/** undefined: refused. */
function edit(
  held: RevisionTree | undefined,
  { operation, isDelete, basis }: KeyWrite<RevisionTree>,
): RevisionTree | undefined {
  const tree = held ?? [];
  const shown = basis.kind === 'none' || basis.held === undefined ? undefined : winnerOf(basis.held);
  const stored = held === undefined ? undefined : winnerOf(held);
  if (shown !== undefined && !shown.isDelete) {
    const parent = leafLike(tree, shown);
    return parent === undefined ? undefined : graft(tree, revise(parent, operation, isDelete));
  }
  // Who was shown nothing has no revision to name.
  if (isDelete || stored?.isDelete === false) return undefined;
  return graft(tree, revise(stored, operation, isDelete));
}

function show(tree: RevisionTree): Shown {
  const winner = winnerOf(tree);
  const aside = tree.filter((leaf) => leaf !== winner && !leaf.isDelete).map(({ operation }) => operation);
  return {
    live: winner.isDelete ? [] : [winner.operation],
    deleted: winner.isDelete ? [winner.operation] : [],
    passedOver: [],
    aside: aside.sort((one, other) => one - other),
  };
}
