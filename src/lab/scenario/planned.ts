/** How long a workload is expected to take: what samples, progress and swarms of faults are spread over. */

import type { Delay } from './delay.ts';
import type { Setting } from './setting.ts';

/** In ms, when most calls are answered. */
export function plannedMs({ workload, network }: Pick<Setting, 'workload' | 'network'>): number {
  switch (workload.kind) {
    case 'script':
      return workload.steps.reduce((last, { atMs }) => Math.max(last, atMs), 0);
    case 'drawn': {
      if (Number.isFinite(workload.durationMs)) return workload.durationMs;
      const { write, acknowledge } = network.latency;
      const eachMs = meanMs(workload.thinkMs) + meanMs(write) + meanMs(acknowledge);
      return Math.max(1, Math.round((workload.operations / workload.clients) * eachMs));
    }
    case 'probe': {
      const sum = workload.afterMs.reduce((total, ms) => total + ms + workload.gapMs, 0);
      return (sum * workload.probesEach) / Math.max(1, workload.afterMs.length);
    }
    default:
      throw new TypeError(`Cannot plan ${JSON.stringify(workload satisfies never)}: it is of no known kind`);
  }
}

/** About how long on average; of a tail without a mean, a few times its least. */
function meanMs(delay: Delay): number {
  switch (delay.kind) {
    case 'constant':
      return delay.ms;
    case 'uniform':
      return (delay.fromMs + delay.toMs) / 2;
    case 'exponential':
      return delay.meanMs;
    case 'pareto':
      return delay.shape > 1.2 ? (delay.fromMs * delay.shape) / (delay.shape - 1) : delay.fromMs * 6;
    case 'mixture': {
      const all = delay.of.reduce((sum, { weight }) => sum + weight, 0);
      return delay.of.reduce((sum, part) => sum + (part.weight / all) * meanMs(part.delay), 0);
    }
    default:
      throw new TypeError(`Cannot tell the mean of ${JSON.stringify(delay satisfies never)}: it is of no known kind`);
  }
}
