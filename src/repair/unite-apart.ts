/**
 * Two replicas that have seen the same and hold different things of a key: what they hold together, nothing taken for
 * superseded. Of two writes under one dot each stands apart, under the dot that collision.ts derives.
 */

import type { Dot } from '../clock/dot.ts';
import { isSameWrite, separated } from '../store/collision.ts';
import { type Cover, dotOf, find, insert, isTombstone, type Version } from '../store/record.ts';

/**
 * What is held of a key, and what a peer that has seen the same holds of it, without asking what superseded what; of two
 * contents under one dot each stands apart, unless it was settled here before. Names those dots.
 */
export function uniteApart(
  held: readonly Version[],
  brought: readonly Version[],
  seen: Cover,
  isElsewhere: (dot: Dot) => boolean,
): { readonly versions: readonly Version[]; readonly lost: readonly Dot[]; readonly collisions: readonly Dot[] } {
  let versions = held;
  const lost: Dot[] = [];
  const collisions: Dot[] = [];
  const bring = (version: Version): void => {
    const apart = separated(version);
    const isThere = find(versions, apart) !== undefined || seen.has(apart.id, apart.counter);
    if (!isThere) versions = insert(versions, apart);
  };
  for (const version of brought) {
    const own = find(versions, version);
    if (own !== undefined ? isSameWrite(own, version) : !isElsewhere(version)) {
      if (own !== undefined) continue;
      versions = insert(versions, version);
      if (!isTombstone(version)) lost.push(dotOf(version));
      continue;
    }
    collisions.push(dotOf(version));
    versions = versions.filter((one) => one !== own);
    if (own !== undefined) bring(own);
    bring(version);
  }
  return { versions, lost, collisions };
}
