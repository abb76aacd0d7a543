/**
 * What the fence `reaped` decides in an exchange: whether the difference of two clocks tells a side all that is gone, and
 * whether it may adopt the other's clock at the end. docs/semantics.md, section 4, says why.
 */

import type { Clocks } from './messages.ts';

/**
 * Whether one side was away while the other reaped: the difference alone would not tell it what is gone. Replicas
 * that have seen nothing in common hold nothing that could be gone.
 */
export function mustReconcile(me: Clocks, peer: Clocks): boolean {
  return (!me.seen.covers(peer.reaped) || !peer.seen.covers(me.reaped)) && !me.seen.intersect(peer.seen).isEmpty;
}

/** Not if the peer reaped something between `then`, its hello, and `now`, its snapshot, that was not reconciled. */
export function mayAdopt(me: Clocks, then: Clocks | undefined, now: Clocks): boolean {
  if (me.seen.covers(now.reaped)) return true;
  // Not covered, but reconciled (or nothing in common to reconcile): as long as neither moved.
  return then?.reaped.equals(now.reaped) === true && me.seen.intersect(now.seen).equals(me.seen.intersect(then.seen));
}
