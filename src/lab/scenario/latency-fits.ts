/**
 * One-way delays measured in production, as fitted by Bailis et al., "Probabilistically Bounded Staleness for Practical
 * Partial Quorums", VLDB 2012 (table of distribution fits): LinkedIn's store on SSD and on disk, and Yammer's Riak. A write,
 * its acknowledgement, a read and its response each have a delay of their own, independent of the others.
 */

import type { Delay } from './delay.ts';
import type { Latency } from './setting.ts';

export type FitName = 'LNKD-SSD' | 'LNKD-DISK' | 'YMMR';

const paretoAndTail = (share: number, fromMs: number, shape: number, tailShare: number, rate: number): Delay => ({
  kind: 'mixture',
  of: [
    { weight: share, delay: { kind: 'pareto', fromMs, shape } },
    { weight: tailShare, delay: { kind: 'exponential', meanMs: 1 / rate } },
  ],
});

const SSD = paretoAndTail(0.9122, 0.235, 10, 0.0878, 1.66);
const DISK_WRITE = paretoAndTail(0.38, 1.05, 1.51, 0.62, 0.183);
const YAMMER_WRITE = paretoAndTail(0.939, 3, 3.35, 0.061, 0.0028);
const YAMMER = paretoAndTail(0.982, 1.5, 3.8, 0.018, 0.0217);

export const LATENCY_FITS: Readonly<Record<FitName, Latency>> = {
  'LNKD-SSD': { write: SSD, acknowledge: SSD, request: SSD, response: SSD },
  'LNKD-DISK': { write: DISK_WRITE, acknowledge: SSD, request: SSD, response: SSD },
  YMMR: { write: YAMMER_WRITE, acknowledge: YAMMER, request: YAMMER, response: YAMMER },
};

export const FIT_NAMES: readonly FitName[] = ['LNKD-SSD', 'LNKD-DISK', 'YMMR'];
