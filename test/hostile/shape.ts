/**
 * What a store holds, as text that two moments can be compared by, and what of a difference peers that may bring no
 * writes but their own can have caused: their own dots, and that versions of others are superseded; never another version of
 * somebody else, nor knowledge of somebody else's dots.
 */

import { DotSet } from '../../src/clock/dot-set.ts';
import { hashText, toHex } from '../../src/codec/hash.ts';
import { encodeValue } from '../../src/codec/value-encoding.ts';
import { nameOf } from '../../src/store/membership.ts';
import type { Version } from '../../src/store/record.ts';
import { stateOf, type VersionedKVStore } from '../../src/store/versioned-kv-store.ts';

/** Keys with their versions and residuals, and the clocks. */
export type Shape = {
  readonly seen: string;
  readonly reaped: string;
  readonly records: readonly (readonly [key: string, versions: readonly string[], residual: string])[];
};

/** Nothing held. */
export const NO_SHAPE: Shape = { seen: '', reaped: '', records: [] };

const NO_RECORD: Shape['records'][number] = ['', [], ''];

/** The shape of a store whose keys are all in memory. */
export function shapeOf(store: VersionedKVStore<unknown>): Shape {
  const { table, knowledge } = stateOf(store);
  const keys = new Set<string>(table.unsettled);
  table.visit(knowledge.seen, (_id, _counter, key) => keys.add(key));
  const records = [...keys].sort().map((key) => {
    const { versions, residual } = table.record(key);
    return [key, versions.map(textOf), base64(residual.encode())] as const;
  });
  return { seen: base64(knowledge.seen.encode()), reaped: base64(knowledge.reaped.encode()), records };
}

/** What cannot be the doing of these peers, by name; undefined when all of it can. */
export function unexplained(before: Shape, after: Shape, peers: ReadonlySet<string>): string | undefined {
  const { records: news, gone } = changeOf(before, after);
  const hasClocks = before.seen === after.seen && before.reaped === after.reaped;
  if (hasClocks && news.length === 0 && gone.length === 0) return undefined;
  if (peers.size === 0) return 'something changed, and nobody had a right to';
  const seenBefore = dotsIn(before.seen);
  const seenAfter = dotsIn(after.seen);
  if (!seenAfter.covers(seenBefore)) return 'what was seen is not seen any more';
  const forged = forgedPrefixes(seenBefore, peers);
  const isForeign = (id: string): boolean =>
    id.startsWith('!') ? forged.has(id.slice(0, 17)) : !peers.has(nameOf(id));
  const foreign = seenAfter.minus(seenBefore).ids().find(isForeign);
  if (foreign !== undefined) return `dots of "${foreign}" are seen that were not`;
  const held = new Map(before.records.map((record) => [record[0], record]));
  for (const [key, versions, residual] of news) {
    const [, versionsBefore, residualBefore] = held.get(key) ?? NO_RECORD;
    const made = versions.find((text) => isForeign(idIn(text)) && !versionsBefore.includes(text));
    if (made !== undefined) return `${JSON.stringify(key)} holds ${made}, which nobody wrote there`;
    if (residual === residualBefore) continue;
    const claimed = dotsIn(residual).minus(seenBefore);
    const strange = (residualBefore === '' ? claimed : claimed.minus(dotsIn(residualBefore))).ids().find(isForeign);
    if (strange !== undefined) return `${JSON.stringify(key)} has a residual with dots of "${strange}"`;
  }
  return undefined;
}

/** What a shape has become: its clocks, the records that are new or others, and the keys of those that are gone. */
export type ShapeChange = Shape & { readonly gone: readonly string[] };

/** What makes `after` of `before`. */
export function changeOf(before: Shape, after: Shape): ShapeChange {
  const held = new Map(before.records.map((record) => [record[0], record]));
  const records = after.records.filter((record) => {
    const one = held.get(record[0]);
    held.delete(record[0]);
    return one !== record && JSON.stringify(one) !== JSON.stringify(record);
  });
  return { seen: after.seen, reaped: after.reaped, records, gone: [...held.keys()] };
}

/** What the change makes of `before`; records that stay are the very same. */
export function changed(before: Shape, { seen, reaped, records, gone }: ShapeChange): Shape {
  const held = new Map([...before.records, ...records].map((record) => [record[0], record]));
  for (const key of gone) held.delete(key);
  return { seen, reaped, records: [...held.values()].sort(([one], [other]) => (one < other ? -1 : 1)) };
}

/** In what two shapes differ; undefined when they are the same. */
export function differing(one: Shape, other: Shape): string | undefined {
  for (const clock of ['seen', 'reaped'] as const) if (one[clock] !== other[clock]) return `what was ${clock} differs`;
  const { records, gone } = changeOf(one, other);
  const [key] = [...gone, ...records.map((record) => record[0])];
  return key === undefined ? undefined : `${JSON.stringify(key)} differs`;
}

function textOf({ id, counter, time, value }: Version): string {
  return `${id}:${counter}@${time}=${value === undefined ? 'tombstone' : base64(encodeValue(value))}`;
}

function dotsIn(text: string): DotSet {
  return DotSet.decode(Buffer.from(text, 'base64'));
}

function idIn(text: string): string {
  return text.slice(0, text.lastIndexOf(':', text.lastIndexOf('@')));
}

/** A device may claim to have written anything; of each of its ranges so many dots are looked at. */
const LOOKED_AT = 1_000;

/** Under which ids a second content of somebody else's dot would be kept; see store/collision.ts. */
function forgedPrefixes(seen: DotSet, peers: ReadonlySet<string>): ReadonlySet<string> {
  const prefixes = new Set<string>();
  for (const [id, from, to] of seen.ranges()) {
    if (peers.has(nameOf(id)) || id.startsWith('!')) continue;
    for (let counter = from; counter <= Math.min(to, from + LOOKED_AT); counter += 1)
      prefixes.add(`!${toHex(hashText(JSON.stringify([id, counter])))}`);
  }
  return prefixes;
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64');
}
