/** A short run in which much goes wrong: loss, copies, a cut, a replica away, one that crashes, a clock that jumps. */

import type { DrawnWorkload, Fault, Setting } from '../../../src/lab/scenario/setting.ts';

const delay = { kind: 'exponential', meanMs: 5 } as const;

const FAULTS: readonly Fault[] = [
  { kind: 'cut', atMs: 100, forMs: 350, sides: [[0, 1], [2]] },
  { kind: 'away', atMs: 550, forMs: 250, replica: 1 },
  { kind: 'crash', atMs: 850, forMs: 150, replica: 0 },
];

const WORKLOAD: DrawnWorkload = {
  kind: 'drawn',
  clients: 6,
  operations: 1_200,
  durationMs: 10_000,
  keys: { count: 5, choice: { kind: 'uniform' } },
  loaded: 5,
  mix: { read: 3, put: 3, 'blind put': 1, delete: 2, update: 2 },
  inserts: 0,
  scanKeys: 1,
  thinkMs: delay,
  isSticky: true,
};

export const LIVELY: Setting = {
  replicas: 3,
  r: 1,
  w: 1,
  coordinator: 'replica',
  timeoutMs: 80,
  network: {
    name: 'lossy',
    latency: { write: delay, acknowledge: delay, request: delay, response: delay },
    loss: 0.05,
    duplicate: 0.05,
  },
  background: { exchangeEveryMs: 200, readRepair: true, hints: { ttlMs: 2_000, everyMs: 60 }, tidyEveryMs: 40 },
  workload: WORKLOAD,
  faults: FAULTS,
  settleMs: 2_000,
  clockSkewMs: 0,
};

/** The same, and the clock of one replica is behind from some moment on. */
export const LIVELY_WITH_BAD_CLOCK: Setting = {
  ...LIVELY,
  faults: [...FAULTS, { kind: 'clock', atMs: 300, replica: 2, byMs: -150 }],
};

/** The same with keys that are seldom touched, and what could not be delivered at once is left to reads and exchanges. */
export const LIVELY_AND_COLD: Setting = {
  ...LIVELY,
  workload: { ...WORKLOAD, keys: { count: 100, choice: { kind: 'uniform' } }, loaded: 100 },
  background: { ...LIVELY.background, hints: undefined },
};

/** The same, and each client builds on what its own replica shows. */
export const LIVELY_WITHOUT_BLIND_WRITES: Setting = {
  ...LIVELY,
  workload: { ...WORKLOAD, mix: { read: 3, put: 5, 'blind put': 0, delete: 2, update: 0 } },
};
