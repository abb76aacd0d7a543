/** A setting in which much happens, for tests: a cut, a replica away, one that crashes, clocks that differ, lost messages. */

import type { Delay } from '../../src/lab/scenario/delay.ts';
import type { Setting } from '../../src/lab/scenario/setting.ts';

const exponential = (meanMs: number): Delay => ({ kind: 'exponential', meanMs });

export const LIVELY: Setting = {
  ...{ replicas: 5, r: 2, w: 2, coordinator: 'replica', timeoutMs: 200, settleMs: 10_000, clockSkewMs: 50 },
  network: {
    ...{ name: 'exponential', loss: 0.01, duplicate: 0.01 },
    latency: {
      write: exponential(5),
      acknowledge: exponential(5),
      request: exponential(5),
      response: exponential(5),
    },
  },
  background: { exchangeEveryMs: 500, readRepair: true, hints: { ttlMs: 2_000, everyMs: 250 }, tidyEveryMs: 500 },
  workload: {
    ...{
      kind: 'drawn',
      clients: 10,
      operations: 1_000,
      durationMs: 20_000,
      loaded: 10,
      inserts: 0.1,
      isSticky: true,
      scanKeys: 4,
    },
    keys: { count: 30, choice: { kind: 'zipf', skew: 0.99 } },
    mix: { read: 35, put: 20, 'blind put': 5, delete: 10, update: 30, save: 10, scan: 5 },
    thinkMs: exponential(20),
  },
  faults: [
    {
      kind: 'cut',
      atMs: 300,
      forMs: 800,
      sides: [
        [0, 3],
        [2, 4],
      ],
    },
    { kind: 'away', atMs: 600, forMs: 1_200, replica: 1 },
    { kind: 'crash', atMs: 900, forMs: 400, replica: 2 },
    { kind: 'clock', atMs: 500, replica: 3, byMs: 2_000 },
  ],
};
