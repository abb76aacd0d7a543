/**
 * A calendar on two phones and a server: both phones are offline for a day, move the same meetings, and one of them
 * cancels some that the other moves.
 */

import type { ScriptStep } from '../scenario/setting.ts';
import { nothingLost, shows } from './nothing-lost.ts';
import type { Preset } from './preset.ts';

const about =
  'Two phones offline for a day move and cancel the same meetings: which change does nobody ever see again?';
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const MEETINGS = Array.from({ length: 12 }, (_, at) => `meeting-${at + 1}`);

/** The server is the first replica, the phones the second and the third. Of every three meetings one is cancelled. */
const steps: readonly ScriptStep[] = MEETINGS.flatMap((key, at): readonly ScriptStep[] => [
  { atMs: at * MINUTE, client: 0, do: 'put', key },
  { atMs: 2 * HOUR + at * 7 * MINUTE, client: 1, do: 'put', key },
  { atMs: 2 * HOUR + (13 * at + 20) * MINUTE, client: 2, do: at % 3 === 0 ? 'delete' : 'put', key },
  { atMs: 26 * HOUR + at * MINUTE, client: 1, do: 'read', key },
]);

export const calendarTwoPhones: Preset = {
  name: 'calendar-two-phones',
  about,
  scenario: {
    ...{ scenario: 1, name: 'calendar-two-phones', about, seeds: 5 },
    strategies: ['cairn', 'cairn-delete-wins', 'cairn-update-wins', 'couchdb', 'lww-wall', 'lww-hybrid'],
    ...{ replicas: 3, r: 1, w: 1, timeoutMs: 5_000 },
    network: { latency: { kind: 'exponential', meanMs: 60 } },
    exchangeEveryMs: 10 * MINUTE,
    hints: false,
    tidyEveryMs: HOUR,
    workload: { kind: 'script', steps },
    faults: [
      { kind: 'away', atMs: HOUR, forMs: 24 * HOUR, replica: 1 },
      { kind: 'away', atMs: HOUR, forMs: 24 * HOUR, replica: 2 },
    ],
    clockSkewMs: 2_000,
    settleMs: 6 * HOUR,
    assertions: [
      ...nothingLost(),
      ...nothingLost('cairn-delete-wins'),
      ...nothingLost('cairn-update-wins'),
      shows('lww-wall', 'writesLost'),
      shows('couchdb', 'conflictsHidden'),
    ],
  },
};
