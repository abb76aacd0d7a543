/** Short runs written down by hand, for the tests of what a report makes of a run. */

import type { TraceEvent, View } from '../../../src/lab/cluster/trace.ts';
import type { AnomalyKind } from '../../../src/lab/truth/judge.ts';

export const view = (live: readonly number[], deleted: readonly number[] = []): View => ({ live, deleted });

/** A write or delete that its replica shows afterwards, unless it says otherwise. */
export function operation(
  at: number,
  number: number,
  more: Partial<Extract<TraceEvent, { readonly kind: 'operation' }>> = {},
): TraceEvent {
  return {
    ...{ at, kind: 'operation', replica: 0, client: 0, key: 'a', operation: number, isDelete: false, basis: [] },
    view: view([number]),
    ...more,
  };
}

export function sent(at: number, message: number, to: number, key: string = 'a'): TraceEvent {
  return { at, kind: 'sent', message, carries: 'write', from: 0, to, key };
}

export function arrived(at: number, message: number, replica: number, shown: View, key: string = 'a'): TraceEvent {
  return { at, kind: 'arrived', message, replica, key, view: shown };
}

export function anomaly(at: number, kind: AnomalyKind, number: number, key: string = 'a'): TraceEvent {
  return { at, kind: 'anomaly', anomaly: kind, key, operation: number };
}
