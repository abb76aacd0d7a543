/** The settings of a scenario: every combination of replicas, R, W and network, with the faults that a seed draws. */

import type { Delay } from './delay.ts';
import { ScenarioError } from './form.ts';
import { LATENCY_FITS } from './latency-fits.ts';
import { plannedMs } from './planned.ts';
import type { FullNetwork, FullScenario, FullWorkload } from './scenario.ts';
import type { Latency, NetworkSetting, Setting, Workload } from './setting.ts';
import { drawSwarm } from './swarm.ts';

/** The choices of a sweep that lead to a setting. */
export type Point = { readonly replicas: number; readonly r: number; readonly w: number; readonly network: string };

/** Every combination that makes sense: neither R nor W is larger than the cluster. In the order of the scenario. */
export function pointsOf({ replicas, r, w, network }: FullScenario): readonly Point[] {
  return network
    .flatMap(({ name }) =>
      replicas.flatMap((count) =>
        r.flatMap((reads) => w.map((writes) => ({ replicas: count, r: reads, w: writes, network: name }))),
      ),
    )
    .filter((point) => point.r <= point.replicas && point.w <= point.replicas);
}

/** The settings of one seed, one for each of `pointsOf`, in that order. */
export function settingsOf(scenario: FullScenario, seed: number): readonly Setting[] {
  return pointsOf(scenario).map((point) => settingAt(scenario, point, seed));
}

/** The setting at one point. */
export function settingAt(scenario: FullScenario, point: Point, seed: number): Setting {
  const { exchangeEveryMs, readRepair, hints, tidyEveryMs, faults } = scenario;
  const { replicas, r, w } = point;
  const network = scenario.network.find(({ name }) => name === point.network);
  if (network === undefined) throw new RangeError(`Cannot set up ${point.network}: the scenario has no such network`);
  const workload = workloadOf(scenario.workload);
  const ofCluster = { replicas, r, w, coordinator: scenario.coordinator, timeoutMs: scenario.timeoutMs };
  const background = {
    exchangeEveryMs: exchangeEveryMs ?? undefined,
    readRepair,
    hints: hints || undefined,
    tidyEveryMs,
  };
  const setting = { ...ofCluster, network: networkOf(network), background, workload };
  return {
    ...setting,
    faults: 'swarm' in faults ? drawSwarm(faults.swarm, replicas, plannedMs(setting), seed) : faults,
    settleMs: scenario.settleMs,
    clockSkewMs: scenario.clockSkewMs,
  };
}

function networkOf({ name, latency, loss, duplicate }: FullNetwork): NetworkSetting {
  return { name, latency: latencyOf(latency), loss, duplicate };
}

function latencyOf(latency: FullNetwork['latency']): Latency {
  if (typeof latency === 'string') return LATENCY_FITS[latency];
  return 'kind' in latency ? ofAll(latency) : latency;
}

function ofAll(delay: Delay): Latency {
  return { write: delay, acknowledge: delay, request: delay, response: delay };
}

function workloadOf(workload: FullWorkload): Workload {
  if (workload.kind === 'history')
    throw new ScenarioError('workload', 'is the history of a file', 'what historyWorkload makes of it', 'sense');
  if (workload.kind !== 'drawn') return workload;
  const { operations, durationMs, keys, choice, ...rest } = workload;
  return {
    ...rest,
    operations: operations ?? Number.MAX_SAFE_INTEGER,
    durationMs: durationMs ?? Number.POSITIVE_INFINITY,
    keys: { count: keys, choice },
  };
}
