/** A part of a trace that is small enough to be looked at: what happened last before a moment. */

import type { TraceEvent } from '../recorder.ts';

/** The last so many events up to a moment, which by default is the end. */
export function windowOf(
  events: readonly TraceEvent[],
  count: number,
  untilMs: number = Number.POSITIVE_INFINITY,
): readonly TraceEvent[] {
  const before = events.filter(({ at }) => at <= untilMs);
  return before.slice(Math.max(0, before.length - count));
}
