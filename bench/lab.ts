/**
 * `npm run bench:lab -- [--small] [--json]`: how long an experiment takes: a million operations of clients in all, over five
 * replicas and four strategies, in time of one core. Beside it, what each strategy takes against the plainest of them.
 */

import { fileURLToPath } from 'node:url';
import { runExperiment, type Scenario } from 'cairndb/lab';
import { collectGarbage, cpuMs, ensure } from './measure.ts';
import { commandOf, type Parts, type PartsOptions, runParts } from './parts.ts';
import type { StorageFigure } from './storage-report.ts';

/** The plainest first: one version a key. */
const STRATEGIES = ['lww-hybrid', 'cairn', 'dvv', 'cassandra'];
/** An update is a read and a write, so that clients ask for a quarter more than this. */
const OPERATIONS = 200_000;

const PARTS: Parts = { million: ({ small }) => benchMillion(small ? 300 : OPERATIONS, small) };

/** Everything, in the order of the table. */
export function benchLab(options: PartsOptions): Promise<StorageFigure[]> {
  return runParts(PARTS, options);
}

function scenarioOf(strategy: string, operations: number): Scenario {
  return {
    ...{ scenario: 1, name: 'bench', seeds: 1, strategies: [strategy], replicas: 5, r: 2, w: 2 },
    network: { latency: { kind: 'exponential', meanMs: 5 } },
    ...{ exchangeEveryMs: 2_000, tidyEveryMs: 2_000, settleMs: 5_000, clockSkewMs: 5 },
    workload: {
      ...{ clients: 50, operations, keys: 10_000, choice: { kind: 'zipf', skew: 0.99 } },
      mix: { read: 50, put: 20, delete: 5, update: 25 },
      thinkMs: { kind: 'exponential', meanMs: 20 },
    },
  };
}

async function benchMillion(operations: number, small: boolean): Promise<StorageFigure[]> {
  const spent: { readonly strategy: string; readonly ms: number; readonly asked: number }[] = [];
  for (const strategy of STRATEGIES) {
    if (!small) await runExperiment(scenarioOf(strategy, 5_000));
    collectGarbage();
    let asked = 0;
    const ms = await cpuMs(async () => {
      const { operations: done, cells } = await runExperiment(scenarioOf(strategy, operations));
      asked = done;
      const { writesLost, deletesUndone, falseConflicts } = cells[0]?.runs[0] ?? {};
      const isClean = writesLost === 0 && deletesUndone === 0 && falseConflicts === 0;
      ensure(strategy !== 'cairn' || isClean, 'Cairn lost a write, undid a delete or showed a false conflict');
    });
    spent.push({ strategy, ms, asked });
  }
  const sum = (of: (one: (typeof spent)[number]) => number): number => spent.reduce((all, one) => all + of(one), 0);
  const baseMs = spent[0]?.ms ?? 0;
  const asked = sum((one) => one.asked);
  const total = sum(({ ms }) => ms);
  return [
    {
      name: `${asked.toLocaleString('en')} operations, 5 replicas, 4 strategies`,
      ...{ value: total, unit: 'ms', floor: { atMost: 120_000 } },
      note: `${Math.round(asked / (total / 1_000)).toLocaleString('en')} operations a second of one core`,
    },
    ...spent.slice(1).map(({ strategy, ms, asked: own }) => ({
      name: `${strategy}, against lww-hybrid`,
      ...{ value: ms / baseMs, unit: 'times' as const },
      note: `${((ms * 1_000) / own).toFixed(0)} µs an operation`,
    })),
  ];
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await commandOf(PARTS, 'experiments');
