/**
 * Plain version vectors by client ids, one for each sibling: a write takes the join of what its client was shown and
 * the client's next counter. Exact as long as each client sees its own writes; a write of a client that did not is taken for
 * one that was seen, or replaced by it. Vectors grow with the clients. Pruned, they forget who was seen: false conflicts.
 */

import { keyStrategy } from './key-strategy.ts';
import type { Strategy } from './strategy.ts';
import { descends, increment, join, NO_VECTOR, type Vector, vectorBytes } from './version-vector.ts';

export type VvClientOptions = {
  /** Longer vectors lose their oldest entries when they are written, as by Dynamo's threshold. 0: never, the default. */
  readonly pruneAt?: number;
};

/** `times`: when each entry of the vector was last raised; by these it is pruned. */
type Sibling = {
  readonly vector: Vector;
  readonly times: Vector;
  readonly operation: number;
  readonly isDelete: boolean;
};

/** By ascending operation. */
type Held = readonly Sibling[];

/** Of a time, where vectors are pruned. */
const TIME_BYTES = 8;

/** Makes it. */
export function versionVectorsByClient({ pruneAt = 0 }: VvClientOptions = {}): Strategy {
  return keyStrategy<Held>({
    name: 'vv-client',
    title: pruneAt === 0 ? 'version vectors, client ids' : `version vectors, client ids, pruned at ${pruneAt}`,
    rule: `a version goes when another's vector has all of its own${pruneAt === 0 ? '' : `; of ${pruneAt} entries`}`,
    source: 'https://www.allthingsdistributed.com/files/amazon-dynamo-sosp2007.pdf',
    showsConflicts: true,
    write: (held, { operation, isDelete, basis, client }, seat) => {
      const seen = basis.kind === 'shown' ? (basis.held ?? []) : [];
      const vector = increment(joined(seen.map((sibling) => sibling.vector)), client);
      const times = new Map(joined(seen.map((sibling) => sibling.times))).set(client, seat.now());
      const left = newest([...(held ?? []), { vector, times, operation, isDelete }]);
      // Only after the comparison: pruned before it, a vector has seen less than its writer.
      return left.map((sibling) => ({ ...sibling, ...pruned(sibling, pruneAt) }));
    },
    answer: (told, { operation, basis }) => {
      const own = told.filter((sibling) => sibling.operation === operation);
      return own.length > 0 || basis.kind === 'none' ? own : (basis.held ?? own);
    },
    merge: (one, other) => newest([...one, ...other]),
    show: (siblings) => ({
      live: siblings.flatMap(({ operation, isDelete }) => (isDelete ? [] : [operation])),
      deleted: deletesIn(siblings),
      passedOver: [],
    }),
    isEqual: (one, other) =>
      one.length === other.length && one.every(({ operation }, at) => operation === other[at]?.operation),
    versionsIn: (siblings) => siblings.length,
    tombstonesIn: (siblings) => (siblings.every(({ isDelete }) => isDelete) ? deletesIn(siblings) : []),
    metadataBytes: (siblings) =>
      siblings.reduce(
        (bytes, { vector }) => bytes + vectorBytes(vector) + (pruneAt === 0 ? 0 : TIME_BYTES * vector.size),
        siblings.length,
      ),
  });
}

function joined(vectors: readonly Vector[]): Vector {
  return vectors.reduce(join, NO_VECTOR);
}

/** The siblings that no other one has seen; of equal vectors, which claim to be the same write, the later operation. */
function newest(siblings: Held): Held {
  const isSeen = (one: Sibling): boolean =>
    siblings.some(
      (other) =>
        descends(other.vector, one.vector) && (!descends(one.vector, other.vector) || other.operation > one.operation),
    );
  const left = new Map(siblings.filter((one) => !isSeen(one)).map((one) => [one.operation, one]));
  return [...left.values()].sort((one, other) => one.operation - other.operation);
}

/** Leaves so many of the entries that were raised last; between equal times by id, so that all prune alike. */
function pruned({ vector, times }: Sibling, most: number): Pick<Sibling, 'vector' | 'times'> {
  if (most === 0 || vector.size <= most) return { vector, times };
  const byAge = [...vector].sort(
    ([one], [other]) => (times.get(other) ?? 0) - (times.get(one) ?? 0) || (one < other ? 1 : -1),
  );
  const left = new Map(byAge.slice(0, most));
  return { vector: left, times: new Map([...times].filter(([id]) => left.has(id))) };
}

function deletesIn(siblings: Held): number[] {
  return siblings.flatMap(({ operation, isDelete }) => (isDelete ? [operation] : []));
}
