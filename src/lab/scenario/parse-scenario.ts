/**
 * From unknown data to a scenario with every default filled in. First its form, by the table; then what depends on several
 * fields: quorums no larger than the cluster, replicas that exist, bounds in order.
 */

import type { Delay } from './delay.ts';
import { refuse, ScenarioError } from './form.ts';
import type { FullNetwork, FullScenario } from './scenario.ts';
import { type FormedScenario, scenarioForm } from './scenario-form.ts';
import type { Fault } from './setting.ts';
import type { NamelessNetwork } from './workload-form.ts';

export { ScenarioError } from './form.ts';

/** How long a workload lasts that says neither how many operations it has nor how long it takes. */
const DURATION_MS = 10_000;

/**
 * The scenario that the data is. Law: `parseScenario(parseScenario(data))` is the same.
 * Throws: ScenarioError with the path of what is wrong.
 */
export function parseScenario(data: unknown): FullScenario {
  const formed = scenarioForm.read(data, '');
  const scenario: FullScenario = {
    ...formed,
    seeds: typeof formed.seeds === 'number' ? Array.from({ length: formed.seeds }, (_, at) => at + 1) : formed.seeds,
    network: formed.network.map(nameNetwork),
    workload: endWorkload(formed.workload),
  };
  checkQuorums(scenario);
  checkNetworks(scenario);
  checkWorkload(scenario);
  checkFaults(scenario);
  return scenario;
}

function nameNetwork(network: NamelessNetwork): FullNetwork {
  const { latency, loss, duplicate } = network;
  const parts = [
    typeof latency === 'string' ? latency : 'kind' in latency ? wordsOf(latency) : 'by kind of message',
    ...(loss === 0 ? [] : [`loss ${loss}`]),
    ...(duplicate === 0 ? [] : [`duplicates ${duplicate}`]),
  ];
  return { name: network.name ?? parts.join(', '), latency, loss, duplicate };
}

/** A delay in a few words. */
function wordsOf(delay: Delay): string {
  switch (delay.kind) {
    case 'constant':
      return `${delay.ms} ms`;
    case 'uniform':
      return `${delay.fromMs} to ${delay.toMs} ms`;
    case 'exponential':
      return `exponential ${delay.meanMs} ms`;
    case 'pareto':
      return `Pareto ${delay.fromMs} ms, ${delay.shape}`;
    case 'mixture':
      return `mixture of ${delay.of.length}`;
    default:
      throw new TypeError(`Cannot describe ${JSON.stringify(delay satisfies never)}: it is of no known kind`);
  }
}

function endWorkload(workload: FormedScenario['workload']): FullScenario['workload'] {
  if (workload.kind !== 'drawn' || workload.operations !== null || workload.durationMs !== null) return workload;
  return { ...workload, durationMs: DURATION_MS };
}

function checkQuorums({ replicas, r, w }: FullScenario): void {
  const most = Math.max(...replicas);
  for (const [name, counts] of Object.entries({ r, w })) {
    const over = counts.find((count) => count > most);
    if (over !== undefined) refuse(name, over, `at most the number of replicas, ${most}`, 'sense');
  }
}

function checkNetworks({ network }: FullScenario): void {
  const names = new Set<string>();
  for (const [at, { name, latency }] of network.entries()) {
    if (names.has(name)) refuse(`network[${at}].name`, name, 'each network a name of its own', 'sense');
    names.add(name);
    if (typeof latency === 'string') continue;
    if ('kind' in latency) checkDelay(latency, `network[${at}].latency`);
    else for (const [leg, delay] of Object.entries(latency)) checkDelay(delay, `network[${at}].latency.${leg}`);
  }
}

function checkDelay(delay: Delay, path: string): void {
  if (delay.kind === 'mixture')
    for (const [at, part] of delay.of.entries()) checkDelay(part.delay, `${path}.of[${at}].delay`);
  else if (delay.kind === 'uniform' && delay.fromMs > delay.toMs)
    refuse(`${path}.fromMs`, delay.fromMs, `at most toMs, ${delay.toMs}`, 'sense');
}

function checkWorkload({ workload, replicas }: FullScenario): void {
  switch (workload.kind) {
    case 'drawn':
      checkDelay(workload.thinkMs, 'workload.thinkMs');
      if (Object.values(workload.mix).every((weight) => weight === 0))
        throw new ScenarioError('workload.mix', 'has no weight above 0', 'one at least', 'sense');
      if (workload.loaded > workload.keys)
        refuse('workload.loaded', workload.loaded, `at most the number of keys, ${workload.keys}`, 'sense');
      return;
    case 'script':
      for (const [at, { replica }] of workload.steps.entries())
        if (replica !== undefined) checkReplica(replica, replicas, `workload.steps[${at}].replica`);
      return;
    case 'probe':
    case 'history':
      return;
    default:
      throw new TypeError(`Cannot check ${JSON.stringify(workload satisfies never)}: it is of no known kind`);
  }
}

function checkFaults({ faults, replicas }: FullScenario): void {
  if ('swarm' in faults) {
    const { fromMs, toMs } = faults.swarm.forMs;
    if (fromMs > toMs) refuse('faults.swarm.forMs.fromMs', fromMs, `at most toMs, ${toMs}`, 'sense');
    return;
  }
  for (const [at, fault] of faults.entries()) checkFault(fault, replicas, `faults[${at}]`);
}

function checkFault(fault: Fault, replicas: readonly number[], path: string): void {
  if (fault.kind !== 'cut') {
    checkReplica(fault.replica, replicas, `${path}.replica`);
    return;
  }
  const seen = new Set<number>();
  for (const [at, side] of fault.sides.entries()) {
    for (const replica of side) {
      checkReplica(replica, replicas, `${path}.sides[${at}]`);
      if (seen.has(replica))
        refuse(`${path}.sides[${at}]`, side, `each replica on one side; ${replica} is on two`, 'sense');
      seen.add(replica);
    }
  }
}

/** It must be there in every cluster of the sweep. */
function checkReplica(replica: number, replicas: readonly number[], path: string): void {
  const fewest = Math.min(...replicas);
  if (replica >= fewest) refuse(path, replica, `an index below the number of replicas, ${fewest}`, 'sense');
}
