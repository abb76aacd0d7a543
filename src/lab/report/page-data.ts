/**
 * What a report's page is given: the result, the words of the measures, and runs packed into rows. The page (src/web/report)
 * knows these types and nothing else of the lab. Times are in ms with three places.
 */

import type { MessageKind } from '../cluster/trace.ts';
import type { Measure, MeasureName } from '../experiment/measures.ts';
import type { ExperimentResult, Point } from '../experiment/result.ts';
import type { AnomalyKind } from '../truth/judge.ts';

export type MeasureGroup = 'losses' | 'consistency' | 'cost' | 'latency';

export type PageMeasure = Measure & { readonly name: MeasureName; readonly group: MeasureGroup };

export type PageData = {
  readonly result: ExperimentResult;
  readonly measures: readonly PageMeasure[];
  readonly traces: readonly PackedTrace[];
};

/** Operations shown, deletes shown, and the clock in the order of `clocks`, where the strategy keeps one. */
export type PackedView = readonly [
  live: readonly number[],
  deleted: readonly number[],
  clock: readonly number[] | null,
];

/** Keys are places in `keys`, views places in `views`; -1 where there is none. */
export type PackedOperation = readonly [
  number: number,
  at: number,
  replica: number,
  client: number,
  key: number,
  isDelete: 0 | 1,
  basis: readonly number[],
  view: number,
  /** When W had acknowledged it, or when it had failed; -1: neither. */
  doneAt: number,
  isAcknowledged: 0 | 1,
];

export type PackedRead = readonly [at: number, replica: number, client: number, key: number, view: number];

export type PackedMessage = readonly [
  carries: MessageKind,
  key: number,
  from: number,
  to: number,
  sentAt: number,
  /** When it arrived or was lost; -1: it was still under way at the end. */
  endAt: number,
  isLost: 0 | 1,
  view: number,
];

export type PackedExchange = readonly [
  at: number,
  replica: number,
  peer: number,
  records: number,
  changed: readonly (readonly [key: number, view: number, peerView: number])[],
];

export type PackedTidying = readonly [at: number, replica: number, keys: readonly number[]];

export type PackedFault = readonly [
  what: string,
  at: number,
  /** -1: it only strikes. */
  untilAt: number,
  replicas: readonly number[],
  /** Of a cut: who is on which side, where the scenario says so. */
  sides: readonly (readonly number[])[],
];

export type PackedAnomaly = readonly [
  kind: AnomalyKind,
  at: number,
  replica: number,
  key: number,
  operation: number,
  by: number,
  /** When it was noticed; of a loss later than `at`, when the last replica let go of the value. */
  noticedAt: number,
  /** What the replica showed in its place. */
  instead: readonly number[],
];

/** What of a run is there: whole keys, those with anomalies first. */
export type Kept = {
  readonly events: number;
  readonly eventsAll: number;
  readonly keysAll: number;
  /** A key whose history is drawn in part only: from when to when; its other events are left out. */
  readonly part: readonly [key: number, fromAt: number, toAt: number] | null;
};

export type PackedTrace = {
  readonly strategy: string;
  readonly point: Point;
  readonly seed: number;
  /** The names of the lines: replicas, then clients that coordinate. */
  readonly lanes: readonly string[];
  readonly endAt: number;
  /** When the last client was answered: what comes later is settling. */
  readonly workedUntil: number;
  readonly keys: readonly string[];
  readonly clocks: readonly string[];
  readonly views: readonly PackedView[];
  readonly operations: readonly PackedOperation[];
  readonly reads: readonly PackedRead[];
  readonly messages: readonly PackedMessage[];
  readonly exchanges: readonly PackedExchange[];
  readonly tidied: readonly PackedTidying[];
  readonly faults: readonly PackedFault[];
  readonly anomalies: readonly PackedAnomaly[];
  readonly kept: Kept;
};
