/**
 * Dot collisions: the same dot with two different contents means that a replica id was used twice (a cloned disk, a
 * restored backup). Nothing is lost: each content becomes a sibling under a new dot that every replica derives alike,
 * and the old dot counts as superseded. The derived id names the dot it comes from, so a third content that turns up
 * later joins its siblings instead of being taken for stale.
 */

import type { Dot } from '../clock/dot.ts';
import { hashText, toHex } from '../codec/hash.ts';
import { type Value, valuesEqual } from '../codec/value.ts';
import { type Cover, dotOf, find, insert, type Merged, type Version } from './record.ts';

/** Whether two versions with the same dot are the same write. */
export function isSameWrite(left: Version, right: Version): boolean {
  if (left.time !== right.time) return false;
  if (left.value === undefined || right.value === undefined) return left.value === right.value;
  return valuesEqual(left.value, right.value);
}

/** Whether the version stands under a derived dot. */
export function isDerived(version: Version): boolean {
  return version.id.startsWith('!');
}

/**
 * Corrects the outcome of a merge for dots that stand for different writes, and names those dots. A content whose derived
 * dot a side's context covers was settled there and does not come back. `isElsewhere`: another key holds the dot here.
 */
export function separateCollisions(
  merged: Merged,
  local: readonly Version[],
  localContext: Cover,
  incoming: readonly Version[],
  incomingContext: Cover,
  isElsewhere: (dot: Dot) => boolean,
): { readonly merged: Merged; readonly collisions: readonly Dot[] } {
  const collisions: Dot[] = [];
  let { versions, added, superseded, stale } = merged;
  const bring = (version: Version, context: Cover): void => {
    const apart = separated(version);
    if (find(versions, apart) !== undefined || context.has(apart.id, apart.counter)) return;
    versions = insert(versions, apart);
    added = [...added, apart];
  };
  for (const held of local) {
    const other = find(incoming, held);
    if (other === undefined || isSameWrite(held, other)) continue;
    collisions.push(dotOf(held));
    versions = versions.filter((version) => version !== held);
    superseded = [...superseded, held];
    bring(held, incomingContext);
    bring(other, localContext);
  }
  for (const lost of merged.superseded) {
    if (!hasSeparated(incoming, lost) || find(incoming, separated(lost)) !== undefined) continue;
    collisions.push(dotOf(lost));
    bring(lost, incomingContext);
  }
  for (const refused of merged.stale) {
    const isThird = hasSeparated(local, refused) && find(local, separated(refused)) === undefined;
    if (!isThird && !isElsewhere(refused)) continue;
    collisions.push(dotOf(refused));
    stale = stale.filter((version) => version !== refused);
    bring(refused, localContext);
  }
  return { merged: { versions, added, superseded, stale }, collisions };
}

/** The version under the dot that its old dot and its content give. */
export function separated(version: Version): Version {
  return { ...version, id: prefixFor(version) + digest([version.time, textOf(version.value)]), counter: 1 };
}

function prefixFor({ id, counter }: Dot): string {
  return `!${digest([id, counter])}`;
}

function digest(parts: readonly unknown[]): string {
  return toHex(hashText(JSON.stringify(parts)));
}

/** Text that differs whenever the content does: types that JSON lacks, and -0, are marked. */
function textOf(value: Value | undefined): string {
  const text = JSON.stringify(value, function (this: Record<string, unknown>, field: string, shown: unknown): unknown {
    const raw = this[field]; // before Date.toJSON
    if (raw instanceof Date) return { '': ['date', raw.getTime()] };
    if (raw instanceof Uint8Array) return { '': ['bytes', ...raw] };
    if (typeof raw === 'bigint') return { '': ['bigint', String(raw)] };
    return Object.is(raw, -0) ? { '': ['-0'] } : shown;
  });
  return text ?? 'tombstone';
}

function hasSeparated(versions: readonly Version[], dot: Dot): boolean {
  if (!versions.some(isDerived)) return false;
  const prefix = prefixFor(dot);
  return versions.some((version) => version.id.startsWith(prefix));
}
