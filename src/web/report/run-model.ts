/**
 * A packed run, unpacked into marks: one for each thing that is drawn and can be chosen, in order of time. What an
 * operation was based on, and what was based on it, is followed here. Knows nothing of the page.
 */

import type { MessageKind } from '../../lab/cluster/trace.ts';
import type { PackedTrace, PackedView } from '../../lab/report/page-data.ts';
import type { AnomalyKind } from '../../lab/truth/judge.ts';

type Placed = { readonly id: number; readonly at: number; readonly lane: number };

export type OperationMark = Placed & {
  readonly kind: 'operation';
  readonly number: number;
  readonly client: number;
  readonly key: number;
  readonly isDelete: boolean;
  readonly basis: readonly number[];
  readonly view: number;
  /** Undefined: neither acknowledged nor failed. */
  readonly doneAt: number | undefined;
  readonly isAcknowledged: boolean;
};

export type ReadMark = Placed & {
  readonly kind: 'read';
  readonly client: number;
  readonly key: number;
  readonly view: number;
};

export type MessageMark = Placed & {
  readonly kind: 'message';
  readonly carries: MessageKind;
  readonly key: number;
  readonly to: number;
  readonly endAt: number;
  readonly isLost: boolean;
  readonly view: number;
};

export type ExchangeMark = Placed & {
  readonly kind: 'exchange';
  readonly peer: number;
  readonly records: number;
  readonly changed: readonly { readonly key: number; readonly view: number; readonly peerView: number }[];
};

export type TidiedMark = Placed & { readonly kind: 'tidied'; readonly keys: readonly number[] };

export type FaultMark = Placed & {
  readonly kind: 'fault';
  readonly what: string;
  /** Undefined: it only strikes. */
  readonly untilAt: number | undefined;
  readonly replicas: readonly number[];
  readonly sides: readonly (readonly number[])[];
};

export type AnomalyMark = Placed & {
  readonly kind: 'anomaly';
  readonly what: AnomalyKind;
  readonly key: number;
  readonly operation: number;
  readonly by: number | undefined;
  readonly noticedAt: number;
  readonly instead: readonly number[];
};

export type Mark = OperationMark | ReadMark | MessageMark | ExchangeMark | TidiedMark | FaultMark | AnomalyMark;

/** What can be shown or left out. */
export type Layer = 'writes' | 'acknowledgements' | 'reads' | 'read repair' | 'hints' | 'exchanges' | 'reaping';

export type Run = {
  readonly packed: PackedTrace;
  readonly marks: readonly Mark[];
  readonly operations: ReadonlyMap<number, OperationMark>;
  readonly anomalies: readonly AnomalyMark[];
  readonly faults: readonly FaultMark[];
  /** By operation: those based on it. */
  readonly heirs: ReadonlyMap<number, readonly number[]>;
};

/** Unpacks a run. */
export function openRun(packed: PackedTrace): Run {
  let id = 0;
  const place = (at: number, lane: number): Placed => ({ id: id++, at, lane });
  const operations = packed.operations.map(
    ([number, at, lane, client, key, isDelete, basis, view, doneAt, isAcknowledged]): OperationMark => ({
      ...{ ...place(at, lane), kind: 'operation', number, client, key, isDelete: isDelete === 1, basis, view },
      ...{ doneAt: doneAt < 0 ? undefined : doneAt, isAcknowledged: isAcknowledged === 1 },
    }),
  );
  const reads = packed.reads.map(
    ([at, lane, client, key, view]): ReadMark => ({ ...place(at, lane), kind: 'read', client, key, view }),
  );
  const messages = packed.messages.map(
    ([carries, key, from, to, at, endAt, isLost, view]): MessageMark => ({
      ...{ ...place(at, from), kind: 'message', carries, key, to, isLost: isLost === 1, view },
      endAt: endAt < 0 ? packed.endAt : endAt,
    }),
  );
  const exchanges = packed.exchanges.map(
    ([at, lane, peer, records, changed]): ExchangeMark => ({
      ...{ ...place(at, lane), kind: 'exchange', peer, records },
      changed: changed.map(([key, view, peerView]) => ({ key, view, peerView })),
    }),
  );
  const tidied = packed.tidied.map(([at, lane, keys]): TidiedMark => ({ ...place(at, lane), kind: 'tidied', keys }));
  const faults = packed.faults.map(
    ([what, at, untilAt, replicas, sides]): FaultMark => ({
      ...{ ...place(at, replicas[0] ?? 0), kind: 'fault', what, replicas, sides },
      untilAt: untilAt < 0 ? undefined : untilAt,
    }),
  );
  const anomalies = packed.anomalies.map(
    ([what, at, lane, key, operation, by, noticedAt, instead]): AnomalyMark => ({
      ...{ ...place(at, lane), kind: 'anomaly', what, key, operation, noticedAt, instead },
      by: by < 0 ? undefined : by,
    }),
  );
  const marks = [...operations, ...reads, ...messages, ...exchanges, ...tidied, ...faults, ...anomalies];
  const heirs = new Map<number, number[]>();
  for (const { number, basis } of operations) {
    for (const base of basis) heirs.set(base, [...(heirs.get(base) ?? []), number]);
  }
  return {
    ...{ packed, faults, heirs, anomalies },
    marks: marks.sort((one, other) => one.at - other.at || one.id - other.id),
    operations: new Map(operations.map((operation) => [operation.number, operation])),
  };
}

/** Everything an operation was based on, directly or not, newest first; itself left out. */
export function causalPast({ operations }: Run, number: number): readonly OperationMark[] {
  const found = new Map<number, OperationMark>();
  const ahead = [...(operations.get(number)?.basis ?? [])];
  for (let next = ahead.pop(); next !== undefined; next = ahead.pop()) {
    const operation = operations.get(next);
    if (operation === undefined || found.has(next)) continue;
    found.set(next, operation);
    ahead.push(...operation.basis);
  }
  return [...found.values()].sort((one, other) => other.at - one.at || other.number - one.number);
}

/** The first loss: a lost write, else a delete undone, else whatever went wrong first. */
export function firstLoss({ anomalies }: Run): AnomalyMark | undefined {
  const first = (what: AnomalyKind) => anomalies.find((anomaly) => anomaly.what === what);
  return first('lost') ?? first('undone') ?? anomalies[0];
}

/** Whether a mark is shown: it is about the key (-1: any), and its layer is not left out. */
export function isShown(mark: Mark, key: number, layers: ReadonlySet<Layer>): boolean {
  const layer = layerOf(mark);
  if (layer !== undefined && !layers.has(layer)) return false;
  if (key < 0) return true;
  switch (mark.kind) {
    case 'fault':
      return true;
    case 'exchange':
      return mark.changed.some((one) => one.key === key);
    case 'tidied':
      return mark.keys.length === 0 || mark.keys.includes(key);
    default:
      return mark.key === key;
  }
}

/** What a message belongs to, for who shows and hides. Operations, faults and anomalies are always shown. */
export function layerOf(mark: Mark): Layer | undefined {
  if (mark.kind === 'read') return 'reads';
  if (mark.kind === 'exchange') return 'exchanges';
  if (mark.kind === 'tidied') return 'reaping';
  return mark.kind === 'message' ? LAYER_OF[mark.carries] : undefined;
}

/** How many anomalies each key has, by its place. */
export function anomaliesByKey({ anomalies, packed }: Run): readonly number[] {
  const counts = packed.keys.map(() => 0);
  for (const { key } of anomalies) counts[key] = (counts[key] ?? 0) + 1;
  return counts;
}

/** A view of the run, or one that shows nothing. */
export function viewAt({ packed }: Run, view: number): PackedView | undefined {
  return packed.views[view];
}

const LAYER_OF: Readonly<Record<MessageKind, Layer>> = {
  write: 'writes',
  acknowledge: 'acknowledgements',
  request: 'reads',
  response: 'reads',
  'read repair': 'read repair',
  hint: 'hints',
  reap: 'reaping',
};
