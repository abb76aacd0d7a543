/**
 * Shopping carts as in Dynamo (DeCandia et al., SOSP 2007): N=3, R=2, W=2, every change reads the cart and writes it back.
 * How many versions readers meet, and what is gone where only one is kept.
 */

import { nothingLost, shows } from './nothing-lost.ts';
import type { Preset } from './preset.ts';

const about = 'Shopping carts with N=3, R=2, W=2: how many versions a reader meets, and which additions are gone.';

export const dynamoCart: Preset = {
  name: 'dynamo-cart',
  about,
  scenario: {
    ...{ scenario: 1, name: 'dynamo-cart', about, seeds: 10 },
    strategies: ['cairn', 'cairn-last-writer', 'dvv', 'lww-wall', 'lww-hybrid'],
    ...{ replicas: 3, r: 2, w: 2, timeoutMs: 300 },
    network: { latency: { kind: 'exponential', meanMs: 8 }, loss: 0.001 },
    exchangeEveryMs: 5_000,
    hints: { ttlMs: 60_000, everyMs: 1_000 },
    workload: {
      ...{ clients: 30, operations: 12_000, durationMs: 300_000, keys: 400, isSticky: false },
      choice: { kind: 'zipf', skew: 0.99 },
      mix: { read: 60, update: 38, delete: 2 },
      thinkMs: { kind: 'exponential', meanMs: 400 },
    },
    faults: { swarm: { kinds: ['away', 'cut'], count: 4, withinMs: 100_000, forMs: { fromMs: 1_000, toMs: 8_000 } } },
    clockSkewMs: 20,
    settleMs: 30_000,
    assertions: [...nothingLost(), ...nothingLost('cairn-last-writer'), shows('lww-wall', 'writesLost')],
  },
};
