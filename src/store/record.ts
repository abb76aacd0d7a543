/**
 * The sibling algebra: what one key holds, and the three pure operations on it (write, merge, discard). It knows no
 * table, no clock of the wall and no peer. A context is anything that can say whether it covers a dot; the effective
 * context of a key is the replica's `seen` together with the record's residual.
 *
 * After Dotted-Version-Vectors (Preguiça et al. 2012) with the store-wide clock of Gonçalves et al. (DAIS 2015).
 */

import { compareDots, type Dot } from '../clock/dot.ts';
import { DotSet } from '../clock/dot-set.ts';
import type { Value } from '../codec/value.ts';

/** One write (`value`) or delete (`value` undefined: a tombstone), named by its dot. `time` is hybrid, in ms. */
export type Version = {
  readonly id: string;
  readonly counter: number;
  readonly time: number;
  readonly value: Value | undefined;
};

/** What one key holds: its versions in dot order, and what they supersede beyond `seen`. */
export type StoreRecord = { readonly versions: readonly Version[]; readonly residual: DotSet };

/** Anything that covers dots: a DotSet, a replica's knowledge, a union of both. */
export type Cover = { readonly has: (id: string, counter: number) => boolean };

export const EMPTY_RECORD: StoreRecord = { versions: [], residual: DotSet.empty };

/** Which incoming dots came in, which local ones went, which incoming ones were already known to be superseded. */
export type Merged = {
  readonly versions: readonly Version[];
  readonly added: readonly Version[];
  readonly superseded: readonly Version[];
  readonly stale: readonly Version[];
};

/** Whether the version records a delete. */
export function isTombstone(version: Version): boolean {
  return version.value === undefined;
}

/** The dot that names the version. */
export function dotOf(version: Version): Dot {
  return { id: version.id, counter: version.counter };
}

/** Whether several versions are held of which at least one is a value: what a user must be shown. */
export function isConflict(versions: readonly Version[]): boolean {
  return versions.length > 1 && !versions.every(isTombstone);
}

/** The versions that remain when `version` is written with `context`, `version` among them. Law: L4, L9. */
export function write(versions: readonly Version[], version: Version, context: Cover): readonly Version[] {
  const kept = versions.filter((held) => !context.has(held.id, held.counter));
  return insert(kept, version);
}

/**
 * A version stays if both sides hold it, or if the context of the other side does not cover its dot.
 * Law: L4, commutative, associative, idempotent. Cost: O(local × incoming) dots, both small.
 */
export function merge(
  local: readonly Version[],
  localContext: Cover,
  incoming: readonly Version[],
  incomingContext: Cover,
): Merged {
  const superseded = local.filter(
    (held) => incomingContext.has(held.id, held.counter) && find(incoming, held) === undefined,
  );
  let versions = superseded.length === 0 ? local : local.filter((held) => !superseded.includes(held));
  const added: Version[] = [];
  const stale: Version[] = [];
  for (const version of incoming) {
    if (find(local, version) !== undefined) continue;
    if (localContext.has(version.id, version.counter)) {
      stale.push(version);
    } else {
      added.push(version);
      versions = insert(versions, version);
    }
  }
  return { versions, added, superseded, stale };
}

/** `versions` without those whose dots are named. */
export function discard(versions: readonly Version[], dots: readonly Dot[]): readonly Version[] {
  return versions.filter((held) => !dots.some((dot) => dot.id === held.id && dot.counter === held.counter));
}

/** The version with the same dot, if `versions` holds it. */
export function find(versions: readonly Version[], dot: Dot): Version | undefined {
  for (const version of versions) {
    if (version.counter === dot.counter && version.id === dot.id) return version;
  }
  return undefined;
}

/** `versions` with `version` put in its place in dot order. */
export function insert(versions: readonly Version[], version: Version): readonly Version[] {
  let at = versions.length;
  while (at > 0 && compareDots(version, versions[at - 1] as Version /* at > 0 */) < 0) at -= 1;
  return versions.toSpliced(at, 0, version);
}
