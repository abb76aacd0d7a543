/** Lets the faults of a setting befall a cluster, each at its time, and ends them. */

import type { Fault } from '../scenario/setting.ts';
import type { Cluster } from './cluster.ts';

/** What undoes a fault. */
type Heal = () => void;

/** Plans every fault; returns what ends all that still hold. */
export function planFaults(cluster: Cluster, faults: readonly Fault[]): () => void {
  const held = new Set<Heal>();
  for (const fault of faults) {
    cluster.queue.at(fault.atMs, () => {
      const replicas = 'sides' in fault ? fault.sides.flat() : [fault.replica];
      const forMs = 'forMs' in fault ? fault.forMs : undefined;
      const until = forMs === undefined ? {} : { untilMs: cluster.now + forMs };
      cluster.trace?.({ at: cluster.now, kind: 'fault', what: fault.kind, replicas, ...until });
      const end = strike(cluster, fault);
      if (end === undefined) return;
      const heal = (): void => {
        if (!held.delete(heal)) return;
        end();
        cluster.trace?.({ at: cluster.now, kind: 'healed', what: fault.kind, replicas });
      };
      held.add(heal);
      if (forMs !== undefined) cluster.queue.after(forMs, heal);
    });
  }
  return () => {
    for (const heal of [...held]) heal();
  };
}

function strike(cluster: Cluster, fault: Fault): Heal | undefined {
  if (fault.kind === 'cut') {
    const sides = [...fault.sides];
    cluster.cuts.add(sides);
    return () => void cluster.cuts.delete(sides);
  }
  const seat = cluster.seatAt(fault.replica);
  switch (fault.kind) {
    case 'away':
      seat.isAway = true;
      return () => {
        seat.isAway = false;
      };
    case 'crash':
      seat.isDown = true;
      return () => {
        seat.isDown = false;
      };
    case 'forget':
      cluster.forget(seat);
      return undefined;
    case 'clock':
      seat.skewMs += fault.byMs;
      return undefined;
    default:
      throw new TypeError(`Cannot let it strike: ${JSON.stringify(fault satisfies never)} is of no known kind`);
  }
}
