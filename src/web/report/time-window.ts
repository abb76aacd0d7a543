/** The part of a run that is looked at: from when to when, never outside of the run. */

export type TimeWindow = { readonly from: number; readonly to: number };

/** Nothing shorter can be looked at, ms. */
export const SPAN_LEAST_MS = 2;

/** A window brought within 0 and `end`, as long as it was if it fits. */
export function clamped({ from, to }: TimeWindow, end: number): TimeWindow {
  const most = Math.max(end, SPAN_LEAST_MS);
  const span = Math.min(Math.max(to - from, SPAN_LEAST_MS), most);
  const middle = (from + to) / 2;
  const start = Math.min(Math.max(middle - span / 2, 0), most - span);
  return { from: start, to: start + span };
}

/** Moved by a share of its length. */
export function panned({ from, to }: TimeWindow, share: number, end: number): TimeWindow {
  const by = (to - from) * share;
  return clamped({ from: from + by, to: to + by }, end);
}

/** Longer (factor > 1) or shorter; what lies at `around`, a share of the window, stays where it is. */
export function zoomed({ from, to }: TimeWindow, factor: number, around: number, end: number): TimeWindow {
  const span = Math.min(Math.max((to - from) * factor, SPAN_LEAST_MS), Math.max(end, SPAN_LEAST_MS));
  const fixed = from + (to - from) * around;
  const start = Math.min(Math.max(fixed - span * around, 0), Math.max(end, SPAN_LEAST_MS) - span);
  return { from: start, to: start + span };
}

/** The window that shows these moments, with room at both sides; at least so long. */
export function around(moments: readonly number[], least: number, end: number): TimeWindow {
  const first = Math.min(...moments);
  const last = Math.max(...moments);
  const room = Math.max((last - first) * 0.15, (least - (last - first)) / 2);
  return clamped({ from: first - room, to: last + room }, end);
}
