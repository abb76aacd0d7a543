/** Riak's three delete modes under deletes, replicas that come and go, and no luck: what each brings back, what each keeps. */

import { nothingLost, shows } from './nothing-lost.ts';
import type { Preset } from './preset.ts';

const about = 'Delete modes: keep tombstones for ever, or reap them at once or after 3 s and see some deletes undone.';

export const riakReap: Preset = {
  name: 'riak-reap',
  about,
  scenario: {
    ...{ scenario: 1, name: 'riak-reap', about, seeds: 10 },
    strategies: ['cairn', 'riak-keep', 'riak-immediate', 'riak-delay'],
    ...{ replicas: 3, r: 2, w: 2, timeoutMs: 300 },
    network: { latency: { kind: 'exponential', meanMs: 10 }, loss: 0.02 },
    exchangeEveryMs: 4_000,
    hints: { ttlMs: 30_000, everyMs: 2_000 },
    tidyEveryMs: 1_000,
    workload: {
      ...{ clients: 6, operations: 4_000, durationMs: 120_000, keys: 60 },
      mix: { read: 40, update: 35, delete: 25 },
      thinkMs: { kind: 'exponential', meanMs: 120 },
    },
    faults: { swarm: { kinds: ['away', 'cut'], count: 8, withinMs: 90_000, forMs: { fromMs: 2_000, toMs: 15_000 } } },
    settleMs: 60_000,
    assertions: [
      ...nothingLost(),
      { strategy: 'cairn', measure: 'tombstonesLeft', is: '=', to: 0, of: 'every' },
      shows('riak-keep', 'tombstonesLeft'),
      shows('riak-immediate', 'deletesUndone'),
    ],
  },
};
