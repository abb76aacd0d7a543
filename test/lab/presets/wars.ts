/**
 * The model WARS of Bailis et al., VLDB 2012, by itself: a write and a read are drawn as twelve delays, and no replica, message
 * or strategy is there. What the preset `pbs` gives is compared with it.
 */

import { Random } from '../../../src/random.ts';

type Draw = (random: Random) => number;

const exponential =
  (rate: number): Draw =>
  (random) =>
    -Math.log(1 - random.fraction()) / rate;
const pareto =
  (least: number, shape: number): Draw =>
  (random) =>
    least * (1 - random.fraction()) ** (-1 / shape);
const mixed =
  (share: number, one: Draw, other: Draw): Draw =>
  (random) =>
    random.fraction() < share ? one(random) : other(random);

const ssd = mixed(0.9122, pareto(0.235, 10), exponential(1.66));
const yammer = mixed(0.982, pareto(1.5, 3.8), exponential(0.0217));

/** By the table of the paper: a write, and everything else. */
const FITS = {
  'LNKD-SSD': { write: ssd, other: ssd },
  'LNKD-DISK': { write: mixed(0.38, pareto(1.05, 1.51), exponential(0.183)), other: ssd },
  YMMR: { write: mixed(0.939, pareto(3, 3.35), exponential(0.0028)), other: yammer },
};

/** How long after its acknowledgement by one of three each of so many writes is visible to R, ascending; ms. */
export function visibleAfter(fit: keyof typeof FITS, r: number, count: number): Float64Array {
  const random = new Random(11);
  const { write, other } = FITS[fit];
  const times = new Float64Array(count);
  for (let at = 0; at < count; at += 1) {
    let acknowledgedMs = Number.POSITIVE_INFINITY;
    const replicas: { answeredMs: number; lateMs: number }[] = [];
    for (let replica = 0; replica < 3; replica += 1) {
      const writeMs = write(random);
      acknowledgedMs = Math.min(acknowledgedMs, writeMs + other(random));
      const requestMs = other(random);
      replicas.push({ answeredMs: requestMs + other(random), lateMs: writeMs - requestMs });
    }
    replicas.sort((one, two) => one.answeredMs - two.answeredMs);
    times[at] = Math.min(...replicas.slice(0, r).map(({ lateMs }) => lateMs)) - acknowledgedMs;
  }
  return times.sort();
}

/** The share of writes that are visible after so long. */
export function shareVisible(times: Float64Array, ms: number): number {
  let low = 0;
  let high = times.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((times[middle] as number) <= ms) low = middle + 1;
    else high = middle;
  }
  return low / times.length;
}
