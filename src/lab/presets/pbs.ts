/**
 * How soon a write is visible behind partial quorums: the setting of Bailis et al., "Probabilistically Bounded Staleness for
 * Practical Partial Quorums", VLDB 2012 (its model WARS). The client sends to all three replicas itself; nothing but the
 * writes themselves brings replicas up to date.
 */

import type { Preset } from './preset.ts';

const about =
  'Writes and reads behind partial quorums, with latencies measured in production: how soon is a write visible?';

export const pbs: Preset = {
  name: 'pbs',
  about,
  scenario: {
    scenario: 1,
    name: 'pbs',
    about,
    seeds: 2,
    strategies: ['cairn', 'lww-wall'],
    replicas: 3,
    r: [1, 2, 3],
    w: [1, 2, 3],
    network: [{ latency: 'LNKD-SSD' }, { latency: 'LNKD-DISK' }, { latency: 'YMMR' }],
    coordinator: 'client',
    // Longer than nearly every delay of the fits: what is asked is how late answers are, not whether they come.
    timeoutMs: 10_000,
    exchangeEveryMs: null,
    readRepair: false,
    hints: false,
    tidyEveryMs: 86_400_000,
    workload: {
      kind: 'probe',
      clients: 50,
      probesEach: 280,
      // Around the published times for 99.9 %: 1.85, 13.6, 45.5, 202 and 1364 ms.
      afterMs: [0, 1, 2, 3, 10, 15, 40, 60, 100, 150, 200, 250, 1_000, 2_000],
      gapMs: 100,
    },
    settleMs: 1,
    measures: ['staleReads', 'behindMean', 'readMs', 'read99Ms', 'writeMs', 'write99Ms'],
  },
};
