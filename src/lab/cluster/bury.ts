/**
 * What a strategy lost for good need not be carried along for ever. Of every key that many writes were lost of, each message
 * and each verdict would grow with them.
 */

import type { Judge } from '../truth/judge.ts';
import { countOf } from '../truth/known.ts';
import type { Cluster } from './cluster.ts';

/** Buries the operations of a key that every replica was told of, that nobody overwrote and that no replica shows. */
export function buryLost(cluster: Cluster, judge: Judge, key: string): void {
  const { replicas, run } = cluster;
  const [first, ...others] = replicas;
  if (first === undefined) return;
  const shown = replicas.map(({ replica }) => run.show(key, replica.held(key)));
  const isShown = (number: number): boolean =>
    shown.some(({ live, deleted, passedOver, aside = [] }) =>
      [live, deleted, passedOver, aside].some((list) => list.includes(number)),
    );
  for (const head of judge.headsOf(key, cluster.knownOf(first, key))) {
    if (isShown(head.number) || (head.isDelete && shown.some(({ live }) => live.length === 0))) continue;
    if (others.every((other) => countOf(cluster.knownOf(other, key), head.lane) >= head.place))
      judge.bury(head, cluster.now);
  }
  for (const seat of cluster.seats) cluster.strip(seat, key);
}
