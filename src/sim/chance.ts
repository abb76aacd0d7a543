/**
 * Chance in a run: one generator for each thing that draws, all from one seed and the name of the thing, so that a run
 * from which a step was taken away draws the same for the others. And delays, by the shapes that networks show.
 */

import { hashText } from '../codec/hash.ts';
import { Random } from '../random.ts';

/** The generator of one thing of a run. */
export function randomFor(seed: number, name: string): Random {
  const { hi, lo } = hashText(`${seed} ${name}`);
  return new Random(hi * 2 ** 20 + (lo >>> 12));
}

/** How long something takes, in milliseconds. */
export type Delay =
  | { readonly kind: 'constant'; readonly ms: number }
  | { readonly kind: 'uniform'; readonly fromMs: number; readonly toMs: number }
  | { readonly kind: 'exponential'; readonly meanMs: number }
  /** Heavy-tailed: most take about `fromMs`, some very long; cut off at a thousand times that. */
  | { readonly kind: 'pareto'; readonly fromMs: number; readonly shape: number };

/** Times are kept to this part of a millisecond, so that the last bit of a logarithm decides nothing. */
const GRAIN = 1_024;
const PARETO_MAX = 1_000;

/** Draws a delay. */
export function drawDelay(delay: Delay, random: Random): number {
  return Math.round(msOf(delay, random) * GRAIN) / GRAIN;
}

function msOf(delay: Delay, random: Random): number {
  switch (delay.kind) {
    case 'constant':
      return delay.ms;
    case 'uniform':
      return delay.fromMs + (delay.toMs - delay.fromMs) * random.fraction();
    case 'exponential':
      return -delay.meanMs * Math.log(1 - random.fraction());
    case 'pareto': {
      const factor = Math.exp(-Math.log(1 - random.fraction()) / delay.shape);
      return delay.fromMs * Math.min(factor, PARETO_MAX);
    }
    default:
      throw new TypeError(`Cannot draw a delay: ${JSON.stringify(delay satisfies never)} is of no known kind`);
  }
}
