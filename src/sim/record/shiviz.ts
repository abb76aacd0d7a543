/**
 * A trace as a log for ShiViz (Beschastnikh et al. 2016): two lines an event, a host with its vector clock and what
 * happened. The clocks are made here, from what was sent and received: they are of the trace, not of the replicas. The
 * first line of the file is the expression that ShiViz reads the rest with; the second, which would part several runs, is
 * empty.
 */

import type { TraceEvent } from '../recorder.ts';

/** What ShiViz takes each event apart with. */
export const SHIVIZ_PARSER = '(?<host>\\S+) (?<clock>\\{.*\\})\\n(?<event>.*)';

/** The log of a trace, or of a part of it: what was sent before the part began is received from nobody. */
export function toShiViz(events: readonly TraceEvent[]): string {
  const clocks = new Map<string, Map<string, number>>();
  const sent = new Map<number, { readonly by: string; readonly clock: ReadonlyMap<string, number> }>();
  const lines = [SHIVIZ_PARSER, ''];
  for (const event of events) {
    const sending = event.message === undefined ? undefined : sent.get(event.message);
    // The network has no clock: that a frame was lost is told where it came from.
    const host = event.what === 'lost' ? sending?.by : event.process;
    if (host === undefined) continue;
    const clock = clocks.get(host) ?? new Map<string, number>();
    clocks.set(host, clock);
    if (event.what === 'receive') for (const [name, count] of sending?.clock ?? []) raise(clock, name, count);
    clock.set(host, (clock.get(host) ?? 0) + 1);
    if (event.what === 'send' && event.message !== undefined)
      sent.set(event.message, { by: host, clock: new Map(clock) });
    lines.push(`${host} ${JSON.stringify(Object.fromEntries(clock))}`, sentence(event, sending?.by));
  }
  return `${lines.join('\n')}\n`;
}

function raise(clock: Map<string, number>, name: string, count: number): void {
  clock.set(name, Math.max(clock.get(name) ?? 0, count));
}

function sentence({ at, what, detail, message }: TraceEvent, from: string | undefined): string {
  const told = Object.entries(detail).map(([name, value]) => `${name}=${plain(value)}`);
  const frame = message === undefined ? [] : [`frame=${message}`];
  const sender = what === 'receive' && from !== undefined ? [`from=${from}`] : [];
  return [`${at.toFixed(3)} ms`, what, ...sender, ...frame, ...told].join(' ');
}

function plain(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}
