/**
 * Two clients save one document turn by turn, each without looking at what the other did: after riak_test's
 * sibling_explosion. One version vector for the whole object cannot tell which sibling a client overwrites.
 */

import type { ScriptStep } from '../scenario/setting.ts';
import { nothingLost, shows } from './nothing-lost.ts';
import type { Preset } from './preset.ts';

const about = 'Two clients save one document 99 times by turns: two siblings, or a hundred.';

const saves = Array.from({ length: 99 }, (_, at): ScriptStep => {
  return { atMs: 100 + at * 20, client: at % 2, replica: 0, do: 'save', key: 'document' };
});

export const siblingExplosion: Preset = {
  name: 'sibling-explosion',
  about,
  scenario: {
    ...{ scenario: 1, name: 'sibling-explosion', about, seeds: 3 },
    strategies: ['cairn', 'dvv', 'vv-server', 'vv-client', 'lww-hybrid'],
    ...{ replicas: 3, r: 2, w: 2 },
    network: { latency: { kind: 'exponential', meanMs: 2 } },
    workload: {
      kind: 'script',
      steps: [...saves, { atMs: 3_000, client: 0, replica: 0, do: 'read', key: 'document' }],
    },
    settleMs: 5_000,
    measures: ['siblingsMax', 'falseConflicts', 'writesLost', 'metadataPerKey', 'metadataPerWrite'],
    assertions: [
      ...nothingLost(),
      { strategy: 'cairn', measure: 'siblingsMax', is: '=', to: 2, of: 'every' },
      shows('vv-server', 'siblingsMax', 50),
      shows('lww-hybrid', 'writesLost'),
    ],
  },
};
