/**
 * Cassandra's rule: a tombstone goes when it is older than the grace period. A replica is away for two minutes; grace
 * periods shorter and longer than that show both sides of the choice.
 */

import type { Assertion } from '../scenario/scenario.ts';
import { nothingLost, shows } from './nothing-lost.ts';
import type { Preset } from './preset.ts';

const about =
  'Grace periods of 10 s to 10 min and a replica that is away for 2 min: deletes undone, or tombstones held.';
const GRACES_MS = [10_000, 60_000, 240_000, 600_000];

const cassandra = (graceMs: number): string => `cassandra(graceMs=${graceMs})`;
const strategies = GRACES_MS.map((graceMs) => ({
  use: 'cassandra',
  title: `grace of ${graceMs / 1_000} s`,
  options: { graceMs },
}));
const short: readonly Assertion[] = [
  shows(cassandra(10_000), 'deletesUndone'),
  shows(cassandra(60_000), 'deletesUndone'),
];

export const cassandraGrace: Preset = {
  name: 'cassandra-grace',
  about,
  scenario: {
    ...{ scenario: 1, name: 'cassandra-grace', about, seeds: 10 },
    strategies: ['cairn', ...strategies],
    ...{ replicas: 3, r: 2, w: 2, timeoutMs: 300 },
    network: { latency: { kind: 'exponential', meanMs: 10 } },
    exchangeEveryMs: 5_000,
    hints: { ttlMs: 30_000, everyMs: 2_000 },
    tidyEveryMs: 2_000,
    workload: {
      ...{ clients: 6, operations: 6_000, durationMs: 300_000, keys: 400, loaded: 400 },
      mix: { read: 50, update: 25, delete: 25 },
      thinkMs: { kind: 'exponential', meanMs: 250 },
    },
    faults: [{ kind: 'away', atMs: 60_000, forMs: 120_000, replica: 2 }],
    settleMs: 120_000,
    assertions: [
      ...nothingLost(),
      { strategy: 'cairn', measure: 'tombstonesLeft', is: '=', to: 0, of: 'every' },
      ...short,
      shows(cassandra(600_000), 'tombstonesLeft'),
    ],
  },
};
