/**
 * How long something takes: the shapes of the simulator, mixtures of them, and draws that need no generator. A draw is a
 * function of the seed and of what it is for, so that the same message of the same operation takes as long under every
 * strategy, whatever else was sent.
 */

import { Random } from '../../random.ts';
import { drawDelay as drawSimple, type Delay as SimpleDelay } from '../../sim/chance.ts';

export type Delay = SimpleDelay | { readonly kind: 'mixture'; readonly of: readonly Weighted[] };
export type Weighted = { readonly weight: number; readonly delay: SimpleDelay };

/** Draws a delay in ms. */
export function drawDelay(delay: Delay, random: Random): number {
  if (delay.kind !== 'mixture') return drawSimple(delay, random);
  let left = random.fraction() * delay.of.reduce((sum, { weight }) => sum + weight, 0);
  for (const { weight, delay: part } of delay.of) {
    left -= weight;
    if (left < 0) return drawSimple(part, random);
  }
  const last = delay.of.at(-1);
  return last === undefined ? 0 : drawSimple(last.delay, random);
}

/** A generator for one thing of a run, named by numbers. Cost: that of a few draws. */
export function randomOf(seed: number, ...name: readonly number[]): Random {
  let mixed = seed;
  for (const part of name) mixed = mix(mixed, part);
  return new Random(mixed);
}

/** Two numbers as one of 32 bits, well stirred (the finisher of MurmurHash3). */
function mix(one: number, other: number): number {
  let mixed =
    Math.imul(one ^ Math.floor(one / 2 ** 32), 0x9e3779b1) ^ Math.imul(other ^ Math.floor(other / 2 ** 32), 0x85ebca77);
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return (mixed ^ (mixed >>> 16)) >>> 0;
}
