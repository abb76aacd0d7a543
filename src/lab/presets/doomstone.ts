/**
 * Riak's doomstone (basho/riak_kv issue 679, one of its forms): a delete is told to all and reaped, but who coordinated it
 * still owes it to a replica whose acknowledgement was lost. The key is written anew; its vector begins anew too. Then the
 * old tombstone is handed off, has seen more than the new write, and takes it along.
 */

import type { ScriptStep } from '../scenario/setting.ts';
import { nothingLost, shows } from './nothing-lost.ts';
import type { Preset } from './preset.ts';

const about = 'A tombstone is reaped everywhere, a hint of it is not: handed off later, it takes a newer write along.';
const KEYS = Array.from({ length: 10 }, (_, at) => `key-${at + 1}`);

/** Messages take 10 ms each way; the acknowledgements of the deletes are on their way when the network is cut. */
const steps: readonly ScriptStep[] = KEYS.flatMap((key): readonly ScriptStep[] => [
  { atMs: 0, client: 0, do: 'put', key },
  { atMs: 1_000, client: 0, do: 'put', key },
  { atMs: 2_000, client: 0, do: 'delete', key },
  { atMs: 8_000, client: 0, do: 'put', key },
  { atMs: 70_000, client: 1, do: 'read', key },
]);

export const doomstone: Preset = {
  name: 'doomstone',
  about,
  scenario: {
    ...{ scenario: 1, name: 'doomstone', about, seeds: 3 },
    strategies: ['cairn', 'riak-delay', 'riak-immediate', 'riak-keep', 'dvv'],
    ...{ replicas: 3, r: 2, w: 1, timeoutMs: 500 },
    network: { latency: { kind: 'constant', ms: 10 } },
    exchangeEveryMs: null,
    readRepair: true,
    hints: { ttlMs: 200_000, everyMs: 60_000 },
    tidyEveryMs: 1_000,
    workload: { kind: 'script', steps },
    faults: [{ kind: 'cut', atMs: 2_015, forMs: 400, sides: [[0], [1, 2]] }],
    settleMs: 130_000,
    assertions: [...nothingLost(), shows('riak-delay', 'writesLost')],
  },
};
