/**
 * A real experiment to look at: a lively workload under three strategies, with the traces of its first runs. From the
 * command line it writes the report: `npx tsx test/lab/report/sample-result.ts FILE [large | the name of a preset]`.
 */

import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { runExperiment } from '../../../src/lab/experiment/experiment.ts';
import type { ExperimentResult } from '../../../src/lab/experiment/result.ts';
import { type RunTrace, traceFirstRuns } from '../../../src/lab/experiment/traces.ts';
import { PRESETS } from '../../../src/lab/presets/presets.ts';
import { reportHtml } from '../../../src/lab/report/report.ts';
import type { Scenario } from '../../../src/lab/scenario/scenario.ts';
import { strategiesNamed } from '../../../src/lab/strategies/chosen.ts';

export type Sample = { readonly result: ExperimentResult; readonly traces: readonly RunTrace[] };

/** Much happens in it: hot keys, a replica that is away, a cut, a clock that jumps, lost messages. */
export const LIVELY_SCENARIO: Scenario = {
  scenario: 1,
  name: 'A busy cart service with a flaky link',
  about:
    'Five replicas, eight clients, twenty keys of which a few are hot. One replica goes away, a cut follows, one wall clock jumps ahead by 120 ms. What does each way to resolve conflicts make of it?',
  ...{ seeds: 4, strategies: ['cairn', 'lww-wall', 'lww-hybrid'], replicas: 5, r: 2, w: 2 },
  network: { name: 'lossy', latency: { kind: 'exponential', meanMs: 5 }, loss: 0.01 },
  ...{ timeoutMs: 200, exchangeEveryMs: 1_000, tidyEveryMs: 1_000, settleMs: 10_000, clockSkewMs: 50 },
  hints: { ttlMs: 60_000, everyMs: 500 },
  workload: workload(200),
  faults: [
    { kind: 'away', atMs: 350, forMs: 420, replica: 4 },
    { kind: 'clock', atMs: 300, replica: 1, byMs: 120 },
    {
      ...{ kind: 'cut', atMs: 600, forMs: 500 },
      sides: [
        [0, 1],
        [2, 3],
      ],
    },
  ],
  assertions: [
    { strategy: 'cairn', measure: 'writesLost', is: '=', to: 0, of: 'every' },
    { strategy: 'lww-wall', measure: 'writesLost', is: '=', to: 0, of: 'every' },
  ],
};

const LARGE: Partial<Scenario> = { seeds: 8, r: [1, 2, 3], w: [1, 3], workload: workload(1_500) };

/** Runs it, with what is to be otherwise. */
export function sampleResult(otherwise: Partial<Scenario> = {}): Promise<Sample> {
  return sampleOf({ ...LIVELY_SCENARIO, ...otherwise });
}

async function sampleOf(scenario: Scenario): Promise<Sample> {
  const result = await runExperiment(scenario);
  return { result, traces: traceFirstRuns(result.scenario, strategiesNamed(result.scenario.strategies)) };
}

function workload(operations: number): NonNullable<Scenario['workload']> {
  return {
    ...{ kind: 'drawn', clients: 8, operations, keys: 20, choice: { kind: 'zipf', skew: 0.99 } },
    mix: { read: 40, put: 20, delete: 10, update: 30 },
    thinkMs: { kind: 'exponential', meanMs: 20 },
    isSticky: false,
  };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [, , file = 'report.html', which] = process.argv;
  const preset = PRESETS.find(({ name }) => name === which);
  const { result, traces } = await (preset === undefined
    ? sampleResult(which === 'large' ? LARGE : {})
    : sampleOf(preset.scenario));
  const html = reportHtml(result, traces);
  writeFileSync(file, html);
  console.log(`${html.length} characters, ${traces.map(({ events }) => events.length).join(', ')} events`);
}
