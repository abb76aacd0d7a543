/** Faults that a seed draws. Each is a function of the seed and of its number, so that all strategies meet the same. */

import type { Random } from '../../random.ts';
import { randomOf } from './delay.ts';
import type { Swarm } from './scenario.ts';
import type { Fault } from './setting.ts';

/** The stream of chance of swarms. */
const SWARM = 3_001;

/** The faults of one seed, in order of time. `plannedMs`: how long the workload is expected to take. */
export function drawSwarm(swarm: Required<Swarm>, replicas: number, plannedMs: number, seed: number): readonly Fault[] {
  const withinMs = swarm.withinMs ?? Math.round(plannedMs * 0.6);
  const faults = Array.from({ length: swarm.count }, (_, at) =>
    drawFault(swarm, replicas, withinMs, randomOf(seed, SWARM, at)),
  );
  return faults.flat().sort((one, other) => one.atMs - other.atMs);
}

/** None when there is nobody to cut a replica from. */
function drawFault(swarm: Required<Swarm>, replicas: number, withinMs: number, random: Random): readonly Fault[] {
  const kind = random.pick(swarm.kinds);
  const atMs = Math.floor(random.fraction() * withinMs);
  const { fromMs, toMs } = swarm.forMs;
  const forMs = Math.floor(fromMs + random.fraction() * (toMs - fromMs));
  const replica = random.below(replicas);
  switch (kind) {
    case 'cut':
      return replicas < 2 ? [] : [{ kind, atMs, forMs, sides: drawSides(replicas, random) }];
    case 'away':
    case 'crash':
      return [{ kind, atMs, forMs, replica }];
    case 'forget':
      return [{ kind, atMs, replica }];
    case 'clock':
      return [{ kind, atMs, replica, byMs: Math.round((random.fraction() * 2 - 1) * swarm.clockMs) }];
    default:
      throw new TypeError(`Cannot draw ${JSON.stringify(kind satisfies never)}: it is of no known kind`);
  }
}

/** Two sides, neither of them empty. */
function drawSides(replicas: number, random: Random): readonly (readonly number[])[] {
  const order = Array.from({ length: replicas }, (_, index) => index);
  for (let at = replicas - 1; at > 0; at -= 1) {
    const other = random.below(at + 1);
    const [one, two] = [order[at], order[other]] as [number, number]; // both below replicas
    order[at] = two;
    order[other] = one;
  }
  const size = random.between(1, replicas - 1);
  const ascending = (one: number, other: number): number => one - other;
  return [order.slice(0, size).sort(ascending), order.slice(size).sort(ascending)];
}
