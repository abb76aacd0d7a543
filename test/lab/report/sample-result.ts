/**
 * A real result to look at: a few strategies on lively clusters, assembled by hand from single runs. With it the traces of
 * the first seed, as a report gets them. `npx tsx test/lab/report/sample-result.ts FILE [small]` writes the report of it.
 */

import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { TraceEvent } from '../../../src/lab/cluster/trace.ts';
import { MEASURE_NAMES, type MeasureName, type Measures } from '../../../src/lab/experiment/measures.ts';
import type { Cell, ExperimentResult, Interval, Point } from '../../../src/lab/experiment/result.ts';
import { type RunResult, runSetting, type Series } from '../../../src/lab/experiment/run-setting.ts';
import { type RunTrace, reportHtml } from '../../../src/lab/report/report.ts';
import type { Fault, Setting } from '../../../src/lab/scenario/setting.ts';
import { cairn } from '../../../src/lab/strategies/cairn.ts';
import { lastWriterByHybridClock, lastWriterByWallClock } from '../../../src/lab/strategies/last-writer.ts';
import type { Strategy } from '../../../src/lab/strategies/strategy.ts';

export type SampleOptions = {
  readonly seeds: readonly number[];
  /** R and W. */
  readonly quorums: readonly (readonly [number, number])[];
  readonly operations: number;
  readonly strategies?: readonly Strategy[];
  readonly text?: Partial<Pick<ExperimentResult['scenario'], 'name' | 'about'>>;
};

export const SMALL: SampleOptions = { seeds: [1, 2], quorums: [[2, 2]], operations: 300 };
export const LARGE: SampleOptions = {
  seeds: [1, 2, 3, 4, 5, 6, 7, 8],
  quorums: [
    [1, 1],
    [2, 2],
    [3, 3],
  ],
  operations: 1_500,
};

const FAULTS: readonly Fault[] = [
  { kind: 'away', atMs: 350, forMs: 420, replica: 4 },
  {
    kind: 'cut',
    atMs: 600,
    forMs: 500,
    sides: [
      [0, 1],
      [2, 3],
    ],
  },
  { kind: 'clock', atMs: 300, replica: 1, byMs: 120 },
];

const EXPONENTIAL = { kind: 'exponential', meanMs: 5 } as const;

/** The lively setting of the tests. */
export function sampleSetting(r: number, w: number, operations: number): Setting {
  return {
    ...{ replicas: 5, r, w, coordinator: 'replica', timeoutMs: 200, settleMs: 10_000, clockSkewMs: 50 },
    network: {
      ...{ name: 'lossy', loss: 0.01, duplicate: 0 },
      latency: { write: EXPONENTIAL, acknowledge: EXPONENTIAL, request: EXPONENTIAL, response: EXPONENTIAL },
    },
    background: {
      ...{ exchangeEveryMs: 1_000, readRepair: true, tidyEveryMs: 1_000 },
      hints: { ttlMs: 60_000, everyMs: 500 },
    },
    workload: {
      ...{ kind: 'drawn', clients: 8, operations, durationMs: 20_000, loaded: 0, inserts: 0, isSticky: false },
      keys: { count: 20, choice: { kind: 'zipf', skew: 0.99 } },
      mix: { read: 40, put: 20, 'blind put': 0, delete: 10, update: 30 },
      thinkMs: { kind: 'exponential', meanMs: 20 },
    },
    faults: FAULTS,
  };
}

/** Runs it all. */
export function sampleResult(options: SampleOptions): { result: ExperimentResult; traces: RunTrace[] } {
  const { seeds, quorums, operations, strategies = [cairn, lastWriterByWallClock, lastWriterByHybridClock] } = options;
  const traces: RunTrace[] = [];
  const cells: Cell[] = [];
  const points = quorums.map(([r, w]): Point => ({ replicas: 5, r, w, network: 'lossy' }));
  let asked = 0;
  for (const point of points) {
    for (const strategy of strategies) {
      const runs = seeds.map((seed) => {
        const events: TraceEvent[] = [];
        const isTraced = seed === seeds[0] && point === points[0];
        const trace = isTraced ? { trace: (event: TraceEvent) => void events.push(event) } : {};
        const run = runSetting(strategy, sampleSetting(point.r, point.w, operations), seed, trace);
        if (isTraced) traces.push({ strategy: strategy.name, point, seed, events });
        asked += run.operations;
        return run;
      });
      const measured = runs.map(({ measures }) => measures);
      cells.push({
        ...{ strategy: strategy.name, point, runs: measured },
        ...{ summary: summaryOf(measured), series: seriesOf(runs) },
      });
    }
  }
  const result: ExperimentResult = {
    ...{ result: 1, cairn: '0.1.0', seeds, points, cells, operations: asked },
    scenario: {
      scenario: 1,
      name: 'A busy cart service with a flaky link',
      about:
        'Five replicas, eight clients, twenty keys of which a few are hot. One replica goes away, a cut follows, one wall clock jumps ahead by 120 ms. What does each way to resolve conflicts make of it?',
      ...{ seeds, strategies: strategies.map(({ name }) => name), replicas: 5, r: [1, 2, 3], w: [1, 2, 3] },
      ...{ exchangeEveryMs: 1_000, readRepair: true, faults: FAULTS, settleMs: 10_000, clockSkewMs: 50 },
      assertions: [{ strategy: 'cairn', measure: 'writesLost', is: '=', to: 0, of: 'every' }],
      ...options.text,
    },
    strategies: strategies.map(({ name, title, rule, source, showsConflicts }) => ({
      ...{ name, title, rule, source, showsConflicts },
    })),
    assertions: [
      { text: 'writes lost of cairn = 0 in every run', holds: true, found: '' },
      { text: 'writes lost of lww-wall = 0 in every run', holds: false, found: '11 with seed 1 at R 1, W 1' },
    ],
  };
  return { result, traces };
}

/** Two-sided, 95 %, by degrees of freedom from 1 on. */
const STUDENT = [12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228];

function intervalOf(values: readonly number[]): Interval | null {
  if (values.length === 0) return null;
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  const error = values.length < 2 ? 0 : Math.sqrt(squares / (values.length - 1) / values.length);
  const half = error * (STUDENT[values.length - 2] ?? 1.96);
  return { mean, low: mean - half, high: mean + half, runs: values.length };
}

function summaryOf(runs: readonly Measures[]): Cell['summary'] {
  const of = (name: MeasureName) => intervalOf(runs.flatMap(({ [name]: value }) => value ?? []));
  return Object.fromEntries(MEASURE_NAMES.map((name) => [name, of(name)])) as Cell['summary'];
}

function seriesOf(runs: readonly RunResult[]): Series {
  const visibility = new Map<number, { reads: number; fresh: number }>();
  for (const { series } of runs) {
    for (const { sinceMs, reads, fresh } of series.visibility) {
      const sum = visibility.get(sinceMs) ?? { reads: 0, fresh: 0 };
      visibility.set(sinceMs, { reads: sum.reads + reads, fresh: sum.fresh + fresh });
    }
  }
  const sum = (pick: (series: Series) => readonly number[]): number[] => {
    const lists = runs.map(({ series }) => pick(series));
    const length = Math.max(...lists.map((list) => list.length));
    return Array.from({ length }, (_, at) => lists.reduce((all, list) => all + (list[at] ?? 0), 0));
  };
  return {
    visibility: [...visibility].sort(([a], [b]) => a - b).map(([sinceMs, seen]) => ({ sinceMs, ...seen })),
    siblings: sum(({ siblings }) => siblings),
    behind: sum(({ behind }) => behind),
    tombstones: sum(({ tombstones }) => tombstones).map((count) => count / runs.length),
  };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { result, traces } = sampleResult(process.argv[3] === 'small' ? SMALL : LARGE);
  const html = reportHtml(result, traces);
  writeFileSync(process.argv[2] ?? 'report.html', html);
  console.log(`${html.length} characters, ${traces.map(({ events }) => events.length).join(', ')} events`);
}
