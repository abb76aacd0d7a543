/** How soon writes are visible, after Bailis et al., VLDB 2012: the share of fresh reads, and after how long it is large enough. */

import type { Series } from './run-setting.ts';

type Visibility = Series['visibility'];

/** Of reads that began so long after the newest acknowledgement; undefined where none did. */
export function freshnessAt(visibility: Visibility, sinceMs: number): number | undefined {
  const seen = visibility.find((point) => point.sinceMs === sinceMs);
  return seen === undefined || seen.reads === 0 ? undefined : seen.fresh / seen.reads;
}

/**
 * After how many ms this share of reads is fresh, now and later; between two points as if what is stale fell by the same
 * factor in each ms. undefined: not within the times that were tried.
 */
export function timeOfFreshness(visibility: Visibility, share: number): number | undefined {
  const tried = visibility.filter(({ reads }) => reads > 0);
  const stale = tried.map(({ reads, fresh }) => 1 - fresh / reads);
  const allowed = 1 - share;
  const last = stale.findLastIndex((part) => part > allowed);
  if (last < 0) return tried[0]?.sinceMs;
  const [from, to] = [tried[last], tried[last + 1]];
  if (from === undefined || to === undefined) return undefined;
  const [high, low] = [stale[last] ?? 0, stale[last + 1] ?? 0];
  // None stale: as if half a read had been.
  const floor = low > 0 ? low : Math.min(allowed, 0.5 / to.reads);
  const way = floor === high ? 1 : Math.log(high / allowed) / Math.log(high / floor);
  return Math.round((from.sinceMs + way * (to.sinceMs - from.sinceMs)) * 1_000) / 1_000;
}
