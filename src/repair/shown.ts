/** What an exchange shows of a state beside its records: how peers were met, and the dots that are compared one by one. */

import type { DotSet } from '../clock/dot-set.ts';
import { dotHashLo, hashText, markHash } from '../codec/hash.ts';
import type { Membership, Met } from '../store/membership.ts';
import { find } from '../store/record.ts';
import type { ReplicaState } from '../store/replica-state.ts';
import { toRecord } from '../store/table.ts';
import { type DotList, dotListOf } from './reconcile.ts';

/** How each id was met last, of those that told their life. */
export function metBy({ peers }: Membership): ReadonlyMap<string, Met> {
  const told = [...peers.values()].filter(({ life }) => life !== 0);
  return new Map(told.map(({ id, seen, life }) => [id, { life, counter: seen.vector.get(id) }]));
}

/** The current dots in `common`, with their marks if those are asked for. */
export function dotsIn({ table }: ReplicaState, common: DotSet, isMarked: boolean): DotList {
  return dotListOf(common, isMarked, (dots, found) => {
    table.visit(dots, (id, counter, key, slot) => {
      if (!isMarked) return found(id, counter, 0);
      const time = find(toRecord(table.cellAt(key, slot)).versions, { id, counter })?.time ?? 0;
      found(id, counter, markHash(dotHashLo(hashText(id), counter), hashText(key).lo, time));
    });
  });
}
