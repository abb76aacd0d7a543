/** A run as rows of numbers, a message one row from where it was sent to where it ended; thinned when it is too long. */

import type { TraceEvent, View } from '../cluster/trace.ts';
import type { RunTrace } from '../experiment/traces.ts';
import type { Fault } from '../scenario/setting.ts';
import type {
  PackedAnomaly,
  PackedExchange,
  PackedFault,
  PackedMessage,
  PackedOperation,
  PackedRead,
  PackedTidying,
  PackedTrace,
  PackedView,
} from './page-data.ts';
import { type AnomalyEvent, placeAnomalies } from './place-anomalies.ts';
import { keysOf, type Thinned, thinTrace } from './thin-trace.ts';

type Of<K extends TraceEvent['kind']> = Extract<TraceEvent, { readonly kind: K }>;

/** So many things of a run are kept. A message counts once, when it is sent. */
export const KEPT_MAX = 8_000;

/** Packs a run. `faults`: of its setting, which says more of a cut than the run does. */
export function packTrace(trace: RunTrace, faults: readonly Fault[] = [], limit: number = KEPT_MAX): PackedTrace {
  return new Packing(trace, faults, limit).pack();
}

class Packing {
  readonly #trace: RunTrace;
  readonly #cuts: readonly { readonly atMs: number; readonly sides: readonly (readonly number[])[] }[];
  readonly #thinned: Thinned;
  readonly #placed: ReturnType<typeof placeAnomalies>;
  readonly #keys: ReadonlyMap<string, number>;
  readonly #clocks: readonly string[];
  readonly #views = new Map<string, number>();
  readonly #viewRows: PackedView[] = [];
  /** How each operation and each message ended. */
  readonly #done = new Map<number, Of<'acknowledged' | 'failed'>>();
  readonly #ended = new Map<number, Of<'arrived' | 'lost'>>();

  constructor(trace: RunTrace, faults: readonly Fault[], limit: number) {
    this.#trace = trace;
    this.#cuts = faults.filter((fault) => fault.kind === 'cut');
    this.#thinned = thinTrace(trace.events, limit);
    this.#placed = placeAnomalies(trace.events);
    this.#keys = new Map(this.#thinned.keys.map((key, at) => [key, at]));
    this.#clocks = clockNames(trace.events);
    for (const event of trace.events) {
      if (event.kind === 'acknowledged' || event.kind === 'failed') this.#done.set(event.operation, event);
      // Of a message that came twice, when it came first.
      if ((event.kind === 'arrived' || event.kind === 'lost') && !this.#ended.has(event.message))
        this.#ended.set(event.message, event);
    }
  }

  pack(): PackedTrace {
    const operations: PackedOperation[] = [];
    const reads: PackedRead[] = [];
    const messages: PackedMessage[] = [];
    const exchanges: PackedExchange[] = [];
    const tidied: PackedTidying[] = [];
    const faults: PackedFault[] = [];
    const anomalies: PackedAnomaly[] = [];
    const { events, ...run } = this.#trace;
    let lane = run.point.replicas;
    let workedUntil = 0;
    let count = 0;
    for (const event of events) {
      if (event.kind === 'operation' || event.kind === 'read' || event.kind === 'acknowledged') workedUntil = event.at;
      if (event.kind === 'sent') lane = Math.max(lane, event.from + 1, event.to + 1);
      if (!ENDS.includes(event.kind)) count += 1;
      if (!this.#isKept(event)) continue;
      if (event.kind === 'operation') operations.push(this.#operation(event));
      else if (event.kind === 'read')
        reads.push([ms(event.at), event.replica, event.client, this.#key(event.key), this.#view(event.view)]);
      else if (event.kind === 'sent') messages.push(this.#message(event));
      else if (event.kind === 'exchange') exchanges.push(this.#exchange(event));
      else if (event.kind === 'tidied') tidied.push([ms(event.at), event.replica, this.#known(event.keys)]);
      else if (event.kind === 'fault') faults.push(this.#fault(event));
      else if (event.kind === 'anomaly') anomalies.push(this.#anomaly(event));
    }
    const rows = [operations, reads, messages, exchanges, tidied, faults, anomalies];
    const { part, keys, keysAll } = this.#thinned;
    return {
      ...{ ...run, keys, clocks: this.#clocks, views: this.#viewRows },
      lanes: Array.from({ length: lane }, (_, at) => laneName(at, run.point.replicas)),
      endAt: ms(events.at(-1)?.at ?? 0),
      workedUntil: ms(workedUntil),
      ...{ operations, reads, messages, exchanges, tidied, faults },
      anomalies: anomalies.sort(([, one], [, other]) => one - other),
      kept: {
        ...{ events: rows.reduce((sum, { length }) => sum + length, 0), eventsAll: count, keysAll },
        part: part === undefined ? null : [this.#key(part.key), ms(part.from), ms(part.to)],
      },
    };
  }

  /** Faults always; of an exchange or a tidying, if it changed a kept key or none at all. */
  #isKept(event: TraceEvent): boolean {
    if (event.kind === 'fault') return true;
    const keys = keysOf(event);
    if (keys.length === 0) return event.kind === 'exchange' || event.kind === 'tidied';
    const { part } = this.#thinned;
    if (part !== undefined && (event.at < part.from || event.at > part.to) && event.kind !== 'anomaly') return false;
    return keys.some((key) => this.#keys.has(key));
  }

  #operation(event: Of<'operation'>): PackedOperation {
    const done = this.#done.get(event.operation);
    return [
      ...([event.operation, ms(event.at), event.replica, event.client, this.#key(event.key)] as const),
      ...([event.isDelete ? 1 : 0, event.basis, this.#view(event.view)] as const),
      ...([done === undefined ? -1 : ms(done.at), done?.kind === 'acknowledged' ? 1 : 0] as const),
    ];
  }

  #message(event: Of<'sent'>): PackedMessage {
    const end = this.#ended.get(event.message);
    const isTelling = end?.kind === 'arrived' && TELLING.includes(event.carries);
    return [
      ...([event.carries, this.#key(event.key), event.from, event.to, ms(event.at)] as const),
      ...([end === undefined ? -1 : ms(end.at), end?.kind === 'lost' ? 1 : 0] as const),
      isTelling ? this.#view(end.view) : -1,
    ];
  }

  #exchange({ at, replica, peer, records, changed }: Of<'exchange'>): PackedExchange {
    const kept = changed.filter(({ key }) => this.#keys.has(key));
    return [
      ...([ms(at), replica, peer, records] as const),
      kept.map(({ key, view, peerView }) => [this.#key(key), this.#view(view), this.#view(peerView)] as const),
    ];
  }

  #fault({ at, what, replicas, untilMs }: Of<'fault'>): PackedFault {
    const cut =
      what === 'cut' ? this.#cuts.find(({ atMs, sides }) => atMs === at && isSame(sides.flat(), replicas)) : undefined;
    const isLasting = what !== 'forget' && what !== 'clock';
    const until = untilMs ?? (isLasting ? this.#healedAt(at, what) : -1);
    return [what, ms(at), ms(until), replicas, cut?.sides ?? []];
  }

  #healedAt(after: number, what: string): number {
    const { events } = this.#trace;
    const healed = events.find((event) => event.kind === 'healed' && event.what === what && event.at >= after);
    return healed?.at ?? events.at(-1)?.at ?? after;
  }

  #anomaly(event: AnomalyEvent): PackedAnomaly {
    const { at, replica, instead } = this.#placed.get(event) ?? { at: event.at, replica: 0, instead: [] };
    return [
      ...([event.anomaly, ms(at), replica, this.#key(event.key), event.operation] as const),
      ...([event.by ?? -1, ms(event.at), instead] as const),
    ];
  }

  #key(key: string): number {
    return this.#keys.get(key) ?? -1;
  }

  #known(keys: readonly string[]): number[] {
    return keys.map((key) => this.#key(key)).filter((key) => key >= 0);
  }

  #view({ live, deleted, clock }: View): number {
    const row: PackedView = [live, deleted, clock === undefined ? null : this.#clocks.map((id) => clock[id] ?? 0)];
    const name = JSON.stringify(row);
    const known = this.#views.get(name);
    if (known !== undefined) return known;
    this.#views.set(name, this.#viewRows.length);
    return this.#viewRows.push(row) - 1;
  }
}

/** Messages after which their receiver may show something else. */
const TELLING: readonly string[] = ['write', 'read repair', 'hint', 'reap'];
/** What only ends something else. */
const ENDS: readonly string[] = ['acknowledged', 'failed', 'arrived', 'lost', 'healed'];

function isSame(one: readonly number[], other: readonly number[]): boolean {
  return one.length === other.length && one.every((number, at) => number === other[at]);
}

function ms(time: number): number {
  return Math.round(time * 1_000) / 1_000;
}

function laneName(at: number, replicas: number): string {
  return at < replicas ? `replica-${at + 1}` : `client-${at - replicas + 1}`;
}

/** Every id that a clock of the run names, in order. */
function clockNames(events: readonly TraceEvent[]): readonly string[] {
  const names = new Set<string>();
  for (const event of events)
    if ('view' in event) for (const name of Object.keys(event.view.clock ?? {})) names.add(name);
  return [...names].sort();
}
