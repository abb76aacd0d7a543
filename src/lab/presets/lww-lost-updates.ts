/** Updates of a few keys by several clients, under clocks that disagree: what a rule loses that keeps one version by its time. */

import { nothingLost, shows } from './nothing-lost.ts';
import type { Preset } from './preset.ts';

const about = 'Six clients read and update a few keys while clocks disagree: how many acknowledged writes are gone?';

export const lwwLostUpdates: Preset = {
  name: 'lww-lost-updates',
  about,
  scenario: {
    scenario: 1,
    name: 'lww-lost-updates',
    about,
    seeds: 10,
    strategies: ['cairn', 'cairn-last-writer', 'lww-wall', 'lww-hybrid', 'lww-lamport'],
    replicas: 3,
    r: 2,
    w: 2,
    network: { latency: { kind: 'exponential', meanMs: 10 } },
    workload: {
      clients: 6,
      operations: 1_200,
      keys: 8,
      mix: { read: 3, update: 6, delete: 1 },
      thinkMs: { kind: 'exponential', meanMs: 50 },
    },
    clockSkewMs: 100,
    assertions: [...nothingLost(), shows('lww-wall', 'writesLost'), shows('lww-wall', 'deletesUndone')],
  },
};
