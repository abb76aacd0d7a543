/**
 * Cairn itself, as it is: the replica's state, the record algebra, the exchange machine with its frames, reaping by causal
 * stability. Only promises are left out, since everything here happens at once. With a resolver, readers are shown what
 * it chooses; what is stored stays the same.
 */

import { mergeRecords, repairOf } from '../../repair/read-repair.ts';
import { isTombstone, type Version } from '../../store/record.ts';
import type { ReplicaRecord } from '../../store/replica-record.ts';
import { type DeletePolicy, decideConflict, lastWriter, type Resolver, toSibling } from '../../store/resolve.ts';
import { CairnReplica, recordBytes } from './cairn-replica.ts';
import type { Shown, Strategy } from './strategy.ts';

/** How readers are shown a conflict. */
type View = { readonly resolver?: Resolver<number>; readonly deletePolicy?: DeletePolicy };

const SOURCE = 'https://www.npmjs.com/package/cairndb';
const RULE = 'a version goes when somebody who saw it writes or deletes';

/** Siblings are shown. */
export const cairn: Strategy = cairnWith('cairn', 'Cairn', `${RULE}; siblings are shown`, {});

export const cairnLastWriter: Strategy = cairnWith(
  'cairn-last-writer',
  'Cairn, last writer shown',
  `${RULE}; of siblings the newest is shown`,
  { resolver: lastWriter },
);

export const cairnDeleteWins: Strategy = cairnWith(
  'cairn-delete-wins',
  'Cairn, delete wins',
  `${RULE}; beside a delete nothing is shown`,
  { deletePolicy: 'delete-wins' },
);

export const cairnUpdateWins: Strategy = cairnWith(
  'cairn-update-wins',
  'Cairn, update wins',
  `${RULE}; a delete beside a value is not shown`,
  { deletePolicy: 'update-wins' },
);

function cairnWith(name: string, title: string, rule: string, view: View): Strategy {
  return {
    ...{ name, title, rule, source: SOURCE },
    showsConflicts: view.resolver === undefined,
    begin: () => {
      const deletes = new Map<string, number>();
      return {
        create: (seat) => new CairnReplica(seat, deletes),
        merge: (key, one, other) => mergeRecords(key, [asRecord(one), asRecord(other)]),
        show: (key, held) => show(key, asRecord(held).versions, view, deletes),
        isSame: (held, merged) => repairOf(asRecord(held), asRecord(merged)) === 'none',
        bytesOf: (key, told) => recordBytes(key, asRecord(told)),
      };
    },
  };
}

/** What is held here is what a CairnReplica gave out. */
function asRecord(held: unknown): ReplicaRecord {
  return held as ReplicaRecord; // as: see above
}

function show(key: string, versions: readonly Version[], view: View, deletes: ReadonlyMap<string, number>): Shown {
  const live = versions.flatMap(({ value }) => (typeof value === 'number' ? [value] : [])).sort(ascending);
  const deleted = versions.filter(isTombstone).map((version) => deletes.get(dotName(version)) ?? -1);
  deleted.sort(ascending);
  if (versions.length < 2) return { live, deleted, passedOver: [] };
  const siblings = versions.map((version) => toSibling<number>(version));
  const decision = decideConflict(siblings, key, {
    deletePolicy: view.deletePolicy ?? 'keep',
    resolver: view.resolver,
  });
  if (decision.kind === 'keep') return { live, deleted, passedOver: [] };
  if (decision.kind === 'delete') return { live: [], deleted, passedOver: live };
  const passedOver = [...live, ...deleted].filter((operation) => operation !== decision.value).sort(ascending);
  return { live: [decision.value], deleted: [], passedOver };
}

/** A dot as one text. */
export function dotName({ id, counter }: Version): string {
  return `${id}:${counter}`;
}

function ascending(one: number, other: number): number {
  return one - other;
}
