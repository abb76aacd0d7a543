/**
 * The core workloads of YCSB (Cooper et al., SoCC 2010) on three replicas of which one is away for a while. An update of
 * A and B overwrites what its replica shows; F reads first. A scan of E is a read of each of its keys.
 */

import type { ScenarioWorkload } from '../scenario/scenario.ts';
import type { KeyChoice, OperationKind } from '../scenario/setting.ts';
import { nothingLost } from './nothing-lost.ts';
import type { Preset } from './preset.ts';

const RECORDS = 1_000;
const zipf: KeyChoice = { kind: 'zipf', skew: 0.99 };
const latest: KeyChoice = { kind: 'latest', skew: 0.99 };

type Mix = Readonly<Partial<Record<OperationKind, number>>>;

function ycsb(
  letter: string,
  what: string,
  mix: Mix,
  more: { readonly choice: KeyChoice; readonly inserts?: number },
): Preset {
  const name = `ycsb-${letter}`;
  const about = `YCSB ${letter.toUpperCase()}: ${what}; one of three replicas is away for a while.`;
  const workload: ScenarioWorkload = {
    ...{
      clients: 12,
      operations: 'scan' in mix ? 1_200 : 6_000,
      durationMs: 120_000,
      keys: RECORDS,
      loaded: RECORDS,
      isSticky: false,
    },
    thinkMs: { kind: 'exponential', meanMs: 100 },
    mix,
    ...more,
    ...('scan' in mix ? { scanKeys: 100 } : {}),
  };
  return {
    name,
    about,
    scenario: {
      ...{ scenario: 1, name, about, seeds: 5 },
      strategies: ['cairn', 'dvv', 'lww-wall', 'cassandra'],
      ...{ replicas: 3, r: 2, w: 2, timeoutMs: 300 },
      network: { latency: { kind: 'exponential', meanMs: 5 } },
      exchangeEveryMs: 2_000,
      hints: { ttlMs: 60_000, everyMs: 1_000 },
      workload,
      faults: [{ kind: 'away', atMs: 10_000, forMs: 15_000, replica: 1 }],
      clockSkewMs: 20,
      settleMs: 20_000,
      assertions: nothingLost(),
    },
  };
}

export const YCSB: readonly Preset[] = [
  ycsb('a', 'half reads, half updates', { read: 50, put: 50 }, { choice: zipf }),
  ycsb('b', 'mostly reads', { read: 95, put: 5 }, { choice: zipf }),
  ycsb('c', 'only reads', { read: 100 }, { choice: zipf }),
  ycsb('d', 'reads of what is new', { read: 95, put: 5 }, { choice: latest, inserts: 1 }),
  ycsb('e', 'short scans', { scan: 95, put: 5 }, { choice: zipf, inserts: 1 }),
  ycsb('f', 'reads and read-modify-writes', { read: 50, update: 50 }, { choice: zipf }),
];
