/**
 * The bytes of clocks and dot sets, over plain arrays, so that the classes can encode themselves without a circle of
 * imports. Boundaries are written as distances of at least one, so ranges that touch have no bytes at all; the rest of
 * the canon (order of ids, nothing empty) is refused on reading.
 *
 *   clock    = number of ids, then for each its text and its counter
 *   dot set  = 2 × number of ids, then as a clock; or, where there are ranges, 2 × number of ids + 1, then for each id
 *              its text, its counter or 0, its number of ranges, and its boundaries (see edges.ts), each as the distance
 *              to the one before it less 1, the first to counter + 1
 */

import { ByteReader, ByteWriter } from '../codec/bytes.ts';
import { refuseBytes } from '../codec/refuse.ts';
import { compareText } from '../codec/text.ts';
import { CausalError } from '../errors.ts';
import { CLOCK_ENTRIES_MAX, COUNTER_MAX, ID_BYTES_MAX } from '../limits.ts';
import type { Edges } from './edges.ts';
import { internId } from './sorted-ids.ts';

const VERSION = 1;
const NOT_CANONICAL = 'ids out of order or empty';

/** What a VectorClock is made of. */
export type ClockParts = { readonly ids: string[]; readonly counters: number[] };
/** What a DotSet is made of: a vector, and the ranges above it of the ids that have any. */
export type DotSetParts = ClockParts & { readonly loose: ReadonlyMap<string, Edges> };

/** The version byte and what `write` writes. */
export function encodeWith(write: (writer: ByteWriter) => void): Uint8Array {
  const writer = new ByteWriter();
  writer.u8(VERSION);
  write(writer);
  return writer.finish();
}

/** What `read` reads after the version byte, to the end. Throws: VERSION_UNSUPPORTED, ENCODING_INVALID. */
export function decodeWith<T>(bytes: Uint8Array, read: (reader: ByteReader) => T): T {
  const reader = new ByteReader(bytes);
  const version = reader.u8();
  if (version !== VERSION) {
    throw new CausalError('VERSION_UNSUPPORTED', `Cannot read a clock: its format is ${version}`);
  }
  const result = read(reader);
  reader.expectEnd();
  return result;
}

/** Writes the header and the entries of `ids`, which are sorted; with `edgesOf` also the ranges of each. */
export function writeParts(
  writer: ByteWriter,
  header: number,
  ids: readonly string[],
  vector: { get(id: string): number },
  edgesOf?: (id: string) => Edges,
): void {
  writer.varint(header);
  for (const id of ids) {
    const counter = vector.get(id);
    writer.text(id);
    writer.varint(counter);
    if (edgesOf === undefined) continue;
    const edges = edgesOf(id);
    writer.varint(edges.length / 2);
    let last = counter + 1;
    for (const edge of edges) {
      writer.varint(edge - last - 1);
      last = edge;
    }
  }
}

/** Throws: ENCODING_INVALID for all that would not be written. */
export function readClockParts(reader: ByteReader): ClockParts {
  return readParts(reader, reader.varint(CLOCK_ENTRIES_MAX), false);
}

/** Throws: ENCODING_INVALID for all that would not be written. */
export function readDotSetParts(reader: ByteReader): DotSetParts {
  const header = reader.varint(2 * CLOCK_ENTRIES_MAX + 1);
  return readParts(reader, Math.floor(header / 2), header % 2 === 1);
}

function readParts(reader: ByteReader, count: number, loose: boolean): DotSetParts {
  const ids: string[] = [];
  const counters: number[] = [];
  const edges = new Map<string, Edges>();
  let rangesLeft = CLOCK_ENTRIES_MAX;
  let last = '';
  for (let left = checkRoom(reader, count, loose ? 4 : 3); left > 0; left--) {
    const id = internId(reader.text(ID_BYTES_MAX));
    if (compareText(last, id) >= 0) refuseBytes(NOT_CANONICAL);
    last = id;
    const counter = reader.varint();
    const ranges = loose ? checkRoom(reader, reader.varint(rangesLeft), 2) : 0;
    if (counter + ranges === 0) refuseBytes(NOT_CANONICAL);
    if (counter > 0) {
      ids.push(id);
      counters.push(counter);
    }
    if (ranges > 0) {
      rangesLeft -= ranges;
      edges.set(id, readEdges(reader, counter, ranges));
    }
  }
  if (loose && edges.size === 0) refuseBytes(NOT_CANONICAL);
  return { ids, counters, loose: edges };
}

function readEdges(reader: ByteReader, counter: number, ranges: number): Edges {
  const edges: number[] = [];
  let last = counter + 1;
  for (let i = 0; i < 2 * ranges; i++) {
    // Keeps every boundary at or below 2^53, and so every sum exact; after 2^53 itself no number is small enough.
    last += reader.varint(COUNTER_MAX - last) + 1;
    edges.push(last);
  }
  return edges;
}

/** The count itself, when so many entries of at least `bytes` bytes each can still follow. */
function checkRoom(reader: ByteReader, count: number, bytes: number): number {
  reader.expect(count * bytes);
  return count;
}
