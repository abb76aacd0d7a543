/**
 * Where in a run an anomaly is drawn. What a read showed is drawn at that read. A loss is only certain in the end, but it
 * happened when the last replica that showed the value ceased to: that is followed here, view by view.
 */

import type { TraceEvent, View } from '../cluster/trace.ts';

const NOTHING: View = { live: [], deleted: [] };

export type AnomalyEvent = Extract<TraceEvent, { readonly kind: 'anomaly' }>;

export type Placed = {
  readonly at: number;
  readonly replica: number;
  /** What the replica showed in its place. */
  readonly instead: readonly number[];
};

/** Where each anomaly of a run is drawn; one without a place of its own, where its operation was made. */
export function placeAnomalies(events: readonly TraceEvent[]): ReadonlyMap<AnomalyEvent, Placed> {
  const gone = lastSeen(events);
  const reads = new Map<string, Placed>();
  const made = new Map<number, Placed>();
  const anomalies: AnomalyEvent[] = [];
  for (const event of events) {
    if (event.kind === 'read') {
      reads.set(`${event.at} ${event.key}`, { at: event.at, replica: event.replica, instead: event.view.live });
    } else if (event.kind === 'operation') {
      made.set(event.operation, { at: event.at, replica: event.replica, instead: [] });
    } else if (event.kind === 'anomaly') {
      anomalies.push(event);
    }
  }
  return new Map(
    anomalies.map((event) => {
      const origin = made.get(event.operation);
      const home = { at: event.at, replica: origin?.replica ?? 0, instead: [] };
      if (event.anomaly === 'lost') return [event, gone.get(event.operation) ?? origin ?? home];
      return [event, reads.get(`${event.at} ${event.key}`) ?? home];
    }),
  );
}

/** Of each operation that some replica showed and none does any more: when and where the last of them ceased to. */
function lastSeen(events: readonly TraceEvent[]): ReadonlyMap<number, Placed> {
  /** By key and replica: what it showed last. By operation: at how many replicas it is shown. */
  const shown = new Map<string, readonly number[]>();
  const holders = new Map<number, number>();
  const gone = new Map<number, Placed>();
  const see = (at: number, replica: number, key: string, { live, deleted }: View): void => {
    const place = `${replica} ${key}`;
    const before = shown.get(place) ?? [];
    const after = [...live, ...deleted];
    shown.set(place, after);
    for (const operation of after) {
      if (before.includes(operation)) continue;
      holders.set(operation, (holders.get(operation) ?? 0) + 1);
      gone.delete(operation);
    }
    for (const operation of before) {
      if (after.includes(operation)) continue;
      const left = (holders.get(operation) ?? 1) - 1;
      holders.set(operation, left);
      if (left === 0) gone.set(operation, { at, replica, instead: after });
    }
  };
  for (const event of events) {
    if (event.kind === 'operation') {
      see(event.at, event.replica, event.key, event.view);
      const { live, deleted } = event.view;
      const isShown = live.includes(event.operation) || deleted.includes(event.operation);
      // Never shown, not even where it was made.
      if (!isShown) gone.set(event.operation, { at: event.at, replica: event.replica, instead: [...live, ...deleted] });
    } else if (event.kind === 'arrived') {
      see(event.at, event.replica, event.key, event.view);
    } else if (event.kind === 'exchange') {
      for (const { key, view, peerView } of event.changed) {
        see(event.at, event.replica, key, view);
        see(event.at, event.peer, key, peerView);
      }
    } else if (event.kind === 'fault' && event.what === 'forget') {
      const [replica = -1] = event.replicas;
      for (const place of [...shown.keys()]) {
        const key = place.slice(place.indexOf(' ') + 1);
        if (place === `${replica} ${key}`) see(event.at, replica, key, NOTHING);
      }
    }
  }
  return gone;
}
