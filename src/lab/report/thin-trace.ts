/**
 * What of a run a report keeps when it is longer than a page can draw: the histories of whole keys, so that what a key
 * went through is there from its first write to its last. Keys with anomalies come first, in the order in which these were
 * noticed. A key that alone is too long is kept around its first anomaly.
 */

import type { TraceEvent } from '../cluster/trace.ts';

export type Thinned = {
  /** The keys that are kept, those with anomalies first. */
  readonly keys: readonly string[];
  readonly keysAll: number;
  /** Of a key that is kept in part: from when to when. */
  readonly part: { readonly key: string; readonly from: number; readonly to: number } | undefined;
};

/** Of a key that is kept in part, this share of its events lies before its first anomaly. */
const BEFORE = 0.7;

/** Which keys fit into so many events; at least one is kept, if need be in part. */
export function thinTrace(events: readonly TraceEvent[], limit: number): Thinned {
  const times = new Map<string, number[]>();
  const firstAnomaly = new Map<string, number>();
  for (const event of events) {
    for (const key of keysOf(event)) {
      const list = times.get(key);
      if (list === undefined) times.set(key, [event.at]);
      else list.push(event.at);
    }
    if (event.kind === 'anomaly' && !firstAnomaly.has(event.key)) firstAnomaly.set(event.key, event.at);
  }
  const inOrder = [...firstAnomaly.keys(), ...[...times.keys()].filter((key) => !firstAnomaly.has(key))];
  const keys: string[] = [];
  let left = limit;
  for (const key of inOrder) {
    const count = times.get(key)?.length ?? 0;
    if (count > left) continue;
    keys.push(key);
    left -= count;
  }
  const [first] = inOrder;
  if (keys.length > 0 || first === undefined) return { keys, keysAll: times.size, part: undefined };
  const part = partOf(times.get(first) ?? [], firstAnomaly.get(first), limit);
  return { keys: [first], keysAll: times.size, part: { key: first, ...part } };
}

/** The keys an event is about; of an exchange, those that it changed. */
export function keysOf(event: TraceEvent): readonly string[] {
  switch (event.kind) {
    case 'operation':
    case 'read':
    case 'sent':
    case 'anomaly':
      return [event.key];
    case 'exchange':
      return event.changed.map(({ key }) => key);
    case 'tidied':
      return event.keys;
    case 'acknowledged':
    case 'failed':
    case 'arrived':
    case 'lost':
    case 'fault':
    case 'healed':
      // They end what was counted when it began, or are kept always.
      return [];
    default:
      throw new TypeError(`Cannot tell the keys of ${JSON.stringify(event satisfies never)}: it is of no known kind`);
  }
}

function partOf(times: readonly number[], anomalyAt: number | undefined, limit: number) {
  const at = anomalyAt === undefined ? 0 : times.findIndex((time) => time >= anomalyAt);
  const last = Math.min(times.length, Math.max(limit, at + Math.ceil(limit * (1 - BEFORE))));
  const first = Math.max(0, last - limit);
  return { from: times[first] ?? 0, to: times[last - 1] ?? 0 };
}
