/** The measures of one run, out of its counts and its end. */

import type { Cluster } from '../cluster/cluster.ts';
import type { Meter } from '../cluster/meter.ts';
import type { Judge } from '../truth/judge.ts';
import type { OperationBook } from '../truth/operation-book.ts';
import type { Measures } from './measures.ts';

export type RunEnd = {
  readonly cluster: Cluster;
  readonly book: OperationBook;
  readonly judge: Judge;
  readonly meter: Meter;
  readonly convergedMs: number | undefined;
};

type AnomalyMeasures = Readonly<
  Record<
    'writesLost' | 'deletesUndone' | 'falseConflicts' | 'conflictsHidden' | 'deletesHidden' | 'wentBack' | 'diverged',
    number
  >
>;

/** Figures keep this many places, so that the last bit of a sum decides nothing. */
const PLACES = 1e6;

/** Every measure; null where there is nothing to measure. */
export function measuresOf({ cluster, book, judge, meter, convergedMs }: RunEnd): Measures {
  const { reads, writes, traffic, exchanges, sessions } = meter;
  const ends = cluster.replicas.map(({ replica }) => replica.census());
  const left = ends.flatMap(({ tombstones }) => tombstones);
  const oldest = left.reduce(
    (age, number) => Math.max(age, cluster.now - (book.operations[number]?.at ?? cluster.now)),
    0,
  );
  const liveKeys = [...book.keys()].filter((key) =>
    cluster.replicas.some(({ replica }) => cluster.run.show(key, replica.held(key)).live.length > 0),
  ).length;
  const metadata = ends.reduce((sum, { metadataBytes }) => sum + metadataBytes, 0) / ends.length;
  const siblings = distribution(meter.siblings.map((count, at) => (at === 0 ? 0 : count)));
  const behind = distribution(meter.behind);
  return {
    ...anomalyMeasures(judge),
    acknowledged: writes.done,
    refused: meter.refused,
    availability: share(reads.done + writes.done, reads.asked + writes.asked),
    readMs: quantile(reads.latencies, 0.5),
    read99Ms: quantile(reads.latencies, 0.99),
    writeMs: quantile(writes.latencies, 0.5),
    write99Ms: quantile(writes.latencies, 0.99),
    staleReads: share(meter.staleReads, reads.done),
    behindMean: behind.mean,
    ownWritesMissed: share(sessions.ownWriteMissed, sessions.reads),
    readsWentBack: share(sessions.wentBack, sessions.reads),
    siblingsMean: siblings.mean,
    siblings99: siblings.at99,
    siblingsMax: siblings.most,
    metadataPerKey: share(metadata, liveKeys),
    metadataPerWrite: share(traffic.write.bytes, traffic.write.weighed),
    convergedMs: convergedMs === undefined ? null : rounded(convergedMs),
    repairMessages: traffic['read repair'].messages,
    repairNeedless: share(traffic['read repair'].needless, traffic['read repair'].messages),
    hintMessages: traffic.hint.messages,
    hintNeedless: share(traffic.hint.needless, traffic.hint.messages),
    hintsKept: meter.hintsKept,
    hintsExpired: meter.hintsExpired,
    exchangeRecords: exchanges.messages,
    exchangeNeedless: share(exchanges.needless, exchanges.messages),
    exchangeBytes: exchanges.bytes,
    tombstonesMost: Math.max(0, ...meter.tombstones),
    tombstonesLeft: left.length,
    tombstoneAgeMs: left.length === 0 ? null : rounded(oldest),
  };
}

/** A share, or a mean; null of nothing. */
export function share(part: number, whole: number): number | null {
  return whole === 0 ? null : rounded(part / whole);
}

function rounded(figure: number): number {
  return Math.round(figure * PLACES) / PLACES;
}

/** The value below which this share lies; by the nearest rank. */
export function quantile(values: readonly number[], at: number): number | null {
  if (values.length === 0) return null;
  const sorted = Float64Array.from(values).sort();
  return rounded(sorted[Math.min(sorted.length - 1, Math.floor(at * sorted.length))] ?? 0);
}

type Distribution = { readonly mean: number | null; readonly at99: number | null; readonly most: number | null };

/** Of numbers 0, 1, 2 … that were each seen so often. */
export function distribution(counts: readonly number[]): Distribution {
  const total = counts.reduce((sum, count) => sum + count, 0);
  if (total === 0) return { mean: null, at99: null, most: null };
  const sum = counts.reduce((all, count, value) => all + count * value, 0);
  let left = 0.99 * total;
  const at99 = counts.findIndex((count) => {
    left -= count;
    return left < 0;
  });
  return { mean: rounded(sum / total), at99, most: counts.findLastIndex((count) => count > 0) };
}

/** The measures that count anomalies. */
export function anomalyMeasures(judge: Judge): AnomalyMeasures {
  return {
    writesLost: judge.count('lost'),
    deletesUndone: judge.count('undone'),
    falseConflicts: judge.count('false sibling'),
    conflictsHidden: judge.count('hidden'),
    deletesHidden: judge.count('delete hidden'),
    wentBack: judge.count('regressed'),
    diverged: judge.count('diverged'),
  };
}
