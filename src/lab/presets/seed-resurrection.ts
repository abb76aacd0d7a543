/**
 * The bug that Cairn began with: a store of scalar versions in which a delete removes the key. The replica that missed the
 * delete still has the value, a read finds it, and read repair brings it back everywhere.
 */

import type { ScriptStep } from '../scenario/setting.ts';
import { nothingLost, shows } from './nothing-lost.ts';
import type { Preset } from './preset.ts';

const about = 'A replica misses 20 deletes and is read once it is back: read repair brings all the values back.';
const KEYS = Array.from({ length: 20 }, (_, at) => `key-${at + 1}`);

const steps: readonly ScriptStep[] = KEYS.flatMap((key, at): readonly ScriptStep[] => [
  { atMs: at * 10, client: 0, do: 'put', key },
  { atMs: 1_000 + at * 10, client: 0, do: 'delete', key },
  { atMs: 3_000 + at * 10, client: 1, do: 'read', key },
]);

export const seedResurrection: Preset = {
  name: 'seed-resurrection',
  about,
  scenario: {
    ...{ scenario: 1, name: 'seed-resurrection', about, seeds: 5 },
    strategies: ['cairn', 'scalar', 'scalar-tombstones', 'lww-hybrid'],
    ...{ replicas: 3, r: 3, w: 2, timeoutMs: 200 },
    network: { latency: { kind: 'exponential', meanMs: 5 } },
    ...{ exchangeEveryMs: null, hints: false, readRepair: true, tidyEveryMs: 500 },
    workload: { kind: 'script', steps },
    faults: [{ kind: 'away', atMs: 800, forMs: 1_500, replica: 2 }],
    settleMs: 2_000,
    assertions: [...nothingLost(), shows('scalar', 'deletesUndone', 19)],
  },
};
