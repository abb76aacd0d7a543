/**
 * Dot collisions: the same dot with two different contents means that a replica id was used twice (a cloned disk, a
 * restored backup). Nothing is lost: each content becomes a sibling under a new dot that every replica derives alike,
 * and the old dot counts as superseded. The derived id names the dot it comes from, so a third content that turns up
 * later joins its siblings instead of being taken for stale.
 */

import type { Dot } from '../clock/dot.ts';
import { hashText, toHex } from '../codec/hash.ts';
import { type Value, valuesEqual } from '../codec/value.ts';
import { find, insert, type Merged, type Version } from './record.ts';

/** Whether two versions with the same dot are the same write. */
export function isSameWrite(left: Version, right: Version): boolean {
  if (left === right) return true;
  if (left.time !== right.time || left.value === undefined || right.value === undefined) {
    return left.time === right.time && left.value === right.value;
  }
  return left.value === right.value || valuesEqual(left.value, right.value);
}

/** Corrects the outcome of a merge for dots that the two sides use for different writes; returns those dots too. */
export function separateCollisions(
  merged: Merged,
  local: readonly Version[],
  incoming: readonly Version[],
): { readonly merged: Merged; readonly collisions: readonly Dot[] } {
  const collisions: Dot[] = [];
  let { versions, added, superseded, stale } = merged;
  const bring = (version: Version): void => {
    if (find(versions, version) !== undefined) return;
    versions = insert(versions, version);
    added = [...added, version];
  };
  for (const held of local) {
    const other = find(incoming, held);
    if (other !== undefined && !isSameWrite(held, other)) {
      collisions.push({ id: held.id, counter: held.counter });
      versions = versions.filter((version) => version !== held);
      superseded = [...superseded, held];
      bring(separated(held));
      bring(separated(other));
    }
  }
  for (const lost of merged.superseded) {
    if (!hasSeparated(incoming, lost) || find(incoming, separated(lost)) !== undefined) continue;
    collisions.push({ id: lost.id, counter: lost.counter });
    bring(separated(lost));
  }
  for (const refused of merged.stale) {
    if (!hasSeparated(local, refused) || find(local, separated(refused)) !== undefined) continue;
    collisions.push({ id: refused.id, counter: refused.counter });
    stale = stale.filter((version) => version !== refused);
    bring(separated(refused));
  }
  return collisions.length === 0
    ? { merged, collisions }
    : { merged: { versions, added, superseded, stale }, collisions };
}

/** The version under the dot that its old dot and its content give. */
function separated(version: Version): Version {
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
  if (!versions.some((version) => version.id.startsWith('!'))) return false;
  const prefix = prefixFor(dot);
  return versions.some((version) => version.id.startsWith(prefix));
}
