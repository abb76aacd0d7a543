/**
 * The bytes of clocks and dot sets, over plain arrays, so that the classes can encode themselves without a circle of
 * imports. Canonical by construction where that is possible: ranges are written as distances of at least two, so
 * touching ranges have no bytes at all. What remains (order of ids, zero counters) is refused on reading.
 *
 *   clock    = count, count × (id, counter)
 *   dot set  = 2 × count + (1 when there are ranges), then as a clock; with ranges each entry is
 *              (id, counter or 0, number of ranges, ranges × (from - last end - 2, to - from))
 */

import type { ByteReader, ByteWriter } from '../codec/bytes.ts';
import { refuseBytes } from '../codec/refuse.ts';
import { compareText } from '../codec/text.ts';
import { CausalError } from '../errors.ts';
import { CLOCK_ENTRIES_MAX, COUNTER_MAX, ID_BYTES_MAX } from '../limits.ts';
import { internId } from './sorted-ids.ts';

const VERSION = 1;

/** Boundaries of the ranges of one id, ascending and half-open: [from, to + 1, from, to + 1, …], all different. */
export type Edges = readonly number[];
export type Entries = { readonly ids: string[]; readonly counters: number[] };
export type DotSetParts = Entries & { readonly looseIds: string[]; readonly looseEdges: Edges[] };

/** The first byte of every format. */
export function writeVersion(writer: ByteWriter): void {
  writer.u8(VERSION);
}

/** Throws: VERSION_UNSUPPORTED when the first byte names a format this release cannot read. */
export function readVersion(reader: ByteReader): void {
  const version = reader.u8();
  if (version !== VERSION) {
    throw new CausalError('VERSION_UNSUPPORTED', `Cannot read a clock: its format is ${version}, this release reads ${VERSION}.`, { version });
  }
}

export function writeEntries(writer: ByteWriter, ids: readonly string[], counters: readonly number[]): void {
  writer.varint(ids.length);
  for (let i = 0; i < ids.length; i++) {
    writer.text(ids[i] as string); // i < length
    writer.varint(counters[i] as number); // parallel
  }
}

export function readEntries(reader: ByteReader): Entries {
  const ids: string[] = [];
  const counters: number[] = [];
  for (let left = checkRoom(reader, reader.varint(CLOCK_ENTRIES_MAX), 3); left > 0; left--) {
    readId(reader, ids);
    const counter = reader.varint();
    if (counter === 0) refuseBytes('a counter is zero');
    counters.push(counter);
  }
  return { ids, counters };
}

/** `ids` are all ids of the set in order; `loose` says whether any has ranges, `edgesOf` which. */
export function writeDotSetParts(
  writer: ByteWriter,
  ids: readonly string[],
  vector: { get(id: string): number },
  loose: boolean,
  edgesOf: (id: string) => Edges,
): void {
  writer.varint(ids.length * 2 + (loose ? 1 : 0));
  for (const id of ids) {
    const counter = vector.get(id);
    writer.text(id);
    writer.varint(counter);
    if (!loose) continue;
    const edges = edgesOf(id);
    writer.varint(edges.length / 2);
    let after = counter + 1;
    for (let i = 0; i < edges.length; i += 2) {
      const from = edges[i] as number; // i < length
      const end = edges[i + 1] as number; // pairs
      writer.varint(from - after - 1);
      writer.varint(end - 1 - from);
      after = end;
    }
  }
}

export function readDotSetParts(reader: ByteReader): DotSetParts {
  const header = reader.varint(2 * CLOCK_ENTRIES_MAX + 1);
  const loose = header % 2 === 1;
  const parts: DotSetParts = { ids: [], counters: [], looseIds: [], looseEdges: [] };
  const all: string[] = [];
  let left = checkRoom(reader, Math.floor(header / 2), loose ? 4 : 3);
  let rangesLeft = CLOCK_ENTRIES_MAX;
  for (; left > 0; left--) {
    const id = readId(reader, all);
    const counter = reader.varint();
    const count = loose ? checkRoom(reader, reader.varint(rangesLeft), 2) : 0;
    if (counter !== 0) {
      parts.ids.push(id);
      parts.counters.push(counter);
    } else if (count === 0) refuseBytes('an id has no dots');
    if (count === 0) continue;
    rangesLeft -= count;
    parts.looseIds.push(id);
    parts.looseEdges.push(readEdges(reader, counter, count));
  }
  if (loose && parts.looseIds.length === 0) refuseBytes('ranges are announced and none follows');
  return parts;
}

function readEdges(reader: ByteReader, counter: number, count: number): Edges {
  const edges: number[] = [];
  let after = counter + 1;
  for (let i = 0; i < count; i++) {
    // A sum of two safe integers that is above 2^53 - 1 never rounds to one that is not.
    const from = after + 1 + reader.varint();
    const to = from + reader.varint();
    if (from > COUNTER_MAX || to > COUNTER_MAX) refuseBytes('a counter is above 2^53 - 1');
    after = to + 1;
    edges.push(from, after);
  }
  return edges;
}

/** Reads an id that must come after the last one of `ids`, and adds it. */
function readId(reader: ByteReader, ids: string[]): string {
  const id = internId(reader.text(ID_BYTES_MAX));
  const last = ids.at(-1) ?? '';
  if (compareText(last, id) >= 0) refuseBytes('the ids are not in order, or one is empty');
  ids.push(id);
  return id;
}

/** The count itself, when so many entries of at least `bytes` bytes each can still follow. */
function checkRoom(reader: ByteReader, count: number, bytes: number): number {
  if (count * bytes > reader.remaining) refuseBytes('it ends early');
  return count;
}
