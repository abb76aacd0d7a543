/** A small scenario, and its result, for the tests of what is made of results. */

import { type ExperimentOptions, runExperiment } from '../../../src/lab/experiment/experiment.ts';
import type { ExperimentResult } from '../../../src/lab/experiment/result.ts';
import type { Scenario } from '../../../src/lab/scenario/scenario.ts';

export const SMALL: Scenario = {
  scenario: 1,
  name: 'small',
  seeds: [4, 9],
  strategies: ['cairn', 'lww-wall'],
  r: [1, 2],
  network: [{ latency: { kind: 'exponential', meanMs: 10 } }, { name: 'a, "b"', latency: 'LNKD-SSD', loss: 0.05 }],
  workload: { clients: 4, operations: 60, keys: 3, mix: { read: 2, update: 4, delete: 1 } },
  faults: { swarm: { count: 2 } },
  clockSkewMs: 100,
  settleMs: 3_000,
};

export function runSmall(more: Partial<Scenario> = {}, options: ExperimentOptions = {}): Promise<ExperimentResult> {
  return runExperiment({ ...SMALL, ...more }, options);
}
