/** A trace as JSON lines: one event a line, in order, as the run told it. */

import type { TraceEvent } from '../recorder.ts';

/** Ends with a newline, unless there is no event. */
export function toJsonLines(events: readonly TraceEvent[]): string {
  return events
    .map(({ at, process, what, message, detail }) => `${JSON.stringify({ at, process, what, message, detail })}\n`)
    .join('');
}
