/**
 * A device is away for a month, longer than any grace period, while 600 of its 1,000 keys are deleted elsewhere. It edits
 * some of its own meanwhile, and then comes back.
 */

import type { ScriptStep } from '../scenario/setting.ts';
import { nothingLost, shows } from './nothing-lost.ts';
import type { Preset } from './preset.ts';

const about = 'A device is away for 30 days while 600 keys are deleted; it edits 20 keys offline, and comes back.';
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const KEYS = 1_000;
const DELETED = 600;
/** The device is the third replica; it edits every 40th key, of which the first 15 are deleted elsewhere. */
const EDITED_EACH = 40;

const keyOf = (at: number): string => `key-${at + 1}`;

const puts = Array.from({ length: KEYS }, (_, at): ScriptStep => {
  return { atMs: at * 1_000, client: 0, do: 'put', key: keyOf(at) };
});
const deletes = Array.from({ length: DELETED }, (_, at): ScriptStep => {
  return { atMs: 2 * DAY + at * 5 * MINUTE, client: at % 2, do: 'delete', key: keyOf(at) };
});
const edits = Array.from({ length: 20 }, (_, at): ScriptStep => {
  return { atMs: 10 * DAY + at * HOUR, client: 2, do: 'put', key: keyOf(at * EDITED_EACH) };
});
/** Back since two days. */
const reads = Array.from({ length: 20 }, (_, at): ScriptStep => {
  return { atMs: 33 * DAY + at * MINUTE, client: 2, do: 'read', key: keyOf(at * EDITED_EACH) };
});

export const offlineMonth: Preset = {
  name: 'offline-month',
  about,
  scenario: {
    ...{ scenario: 1, name: 'offline-month', about, seeds: 3 },
    strategies: ['cairn', 'cassandra', 'scalar', 'riak-delay', 'couchdb'],
    ...{ replicas: 3, r: 1, w: 1, timeoutMs: 10_000 },
    network: { latency: { kind: 'exponential', meanMs: 40 } },
    exchangeEveryMs: HOUR,
    readRepair: true,
    // Cassandra keeps hints for three hours by default.
    hints: { ttlMs: 3 * HOUR, everyMs: 10 * MINUTE },
    tidyEveryMs: 6 * HOUR,
    workload: { kind: 'script', steps: [...puts, ...deletes, ...edits, ...reads] },
    faults: [{ kind: 'away', atMs: DAY, forMs: 30 * DAY, replica: 2 }],
    settleMs: 35 * DAY,
    assertions: [
      ...nothingLost(),
      { strategy: 'cairn', measure: 'tombstonesLeft', is: '=', to: 0, of: 'every' },
      shows('cassandra', 'deletesUndone', 500),
      shows('scalar', 'deletesUndone', 500),
      shows('couchdb', 'tombstonesLeft', 1_000),
    ],
  },
};
