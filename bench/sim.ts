/**
 * `npm run bench:sim -- [--small] [--only PART] [--json]`: how much virtual time the simulator gets out of a second of one
 * core, counted in time of the processor, since machines are shared. Beside each figure stands what the loop of events
 * alone takes: as many events in the same scheduler's manner, one turn of the host each, in which nothing happens.
 */

import { fileURLToPath } from 'node:url';
import { type DrawOptions, drawPlan, type Plan, type RunResult, runPlan } from 'cairndb/sim';
import { collectGarbage, cpuMs, ensure } from './measure.ts';
import { commandOf, type Parts, type PartsOptions, runParts } from './parts.ts';
import type { StorageFigure } from './storage-report.ts';

/** What is not drawn in the calm settings: everything that decides how much there is to do. */
const CALM: NonNullable<DrawOptions['set']> = {
  ...{ hasSessions: true, durability: 'synced', r: 3, w: 3, isSloppy: false, timeoutMs: 2_000, hintTtlMs: 60_000 },
  ...{ exchangeEveryMs: 5_000, reapEveryMs: 1_000, silenceMs: 4_000 },
  weather: { latency: { kind: 'uniform', fromMs: 1, toMs: 20 }, loss: 0, duplicate: 0, reorder: 0 },
  disk: { synced: { kind: 'uniform', fromMs: 1, toMs: 10 }, buffered: { kind: 'constant', ms: 0.1 } },
};
/** The paces of a replica that is told none. */
const DEFAULTS = { ...CALM, exchangeEveryMs: 60_000, reapEveryMs: 5_000, silenceMs: 15_000 };

const PARTS: Parts = {
  calm: ({ small }) => benchCalm('calm', CALM, small),
  defaults: ({ small }) => benchCalm('calm, default paces', DEFAULTS, small),
  swarm: ({ small }) => benchSwarm(small),
};

/** Everything, or one part, in the order of the table. */
export function benchSim(options: PartsOptions): Promise<StorageFigure[]> {
  return runParts(PARTS, options);
}

/** One cluster without faults: 5 replicas, each linked with every other, 10 operations a second of all clients together. */
async function benchCalm(name: string, set: NonNullable<DrawOptions['set']>, small: boolean): Promise<StorageFigure[]> {
  const plans = [1, 2, 3].slice(0, small ? 1 : 3).map((seed) =>
    drawPlan(seed, {
      ...{ profile: 'calm', minutes: small ? 0.1 : 5, replicas: 5, operationsPerSecond: 10, keys: 8 },
      set,
    } as const),
  );
  return figures(`${name}, 5 replicas`, plans, { atLeast: 1_000 }, small);
}

/** The schedules of `npm run soak -- --minutes 0.35`: 2 to 5 replicas, 2 to 20 operations a second, half of all faults. */
async function benchSwarm(small: boolean): Promise<StorageFigure[]> {
  const plans = Array.from({ length: small ? 2 : 200 }, (_, at) => drawPlan(1 + at, { minutes: 0.35 }));
  return figures('swarm, 2 to 5 replicas', plans, undefined, small);
}

async function figures(
  name: string,
  plans: readonly Plan[],
  floor: StorageFigure['floor'],
  small: boolean,
): Promise<StorageFigure[]> {
  // The compiler is busy with the first minutes.
  if (!small) for (let seed = 1_001; seed <= 1_030; seed += 1) await runPlan(drawPlan(seed, { minutes: 0.35 }));
  if (!small) for (const plan of plans.slice(0, 1)) await runPlan(plan);
  collectGarbage();
  const runs: RunResult[] = [];
  const runMs = await cpuMs(async () => {
    for (const plan of plans) runs.push(await runPlan(plan));
  });
  for (const { violation } of runs) ensure(violation === undefined, `a law did not hold: ${violation?.what}`);
  const sum = (of: (run: RunResult) => number): number => runs.reduce((total, run) => total + of(run), 0);
  const virtualMs = sum((run) => run.virtualMs);
  const events = sum((run) => run.events);
  const operations = sum(
    ({ clients: { acknowledged, reads, refused, unknown } }) => acknowledged + reads + refused + unknown,
  );
  ensure(operations > 0 && events > operations, 'nothing happened');
  collectGarbage();
  const bareMs = await cpuMs(() => bareLoop(events));
  const perSecond = (plans.length / (runMs / 1_000)).toFixed(1);
  const frames = (sum((run) => run.messages) / operations).toFixed(1);
  return [
    {
      name: `${name}, virtual against processor time`,
      ...{ value: virtualMs / runMs, unit: 'times' },
      ...(floor === undefined ? {} : { floor }),
      note: `${(virtualMs / 1_000).toFixed(0)} virtual s, ${plans.length} runs, ${perSecond} a second`,
    },
    {
      name: `${name}, one event`,
      ...{ value: (runMs * 1_000) / events, unit: 'µs' },
      note: `${(events / operations).toFixed(1)} events and ${frames} frames an operation`,
    },
    {
      name: `${name}, against the bare loop`,
      ...{ value: runMs / bareMs, unit: 'times' },
      note: `${((bareMs * 1_000) / events).toFixed(2)} µs an event`,
    },
  ];
}

/** So many turns of the host, one after another, with a promise each. */
async function bareLoop(events: number): Promise<void> {
  for (let at = 0; at < events; at += 1) await new Promise<void>((resolve) => void setImmediate(resolve));
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await commandOf(PARTS, 'the simulator');
