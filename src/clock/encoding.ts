/**
 * Clocks and dot sets inside a longer message: the bytes of `encode()` without the version byte, which belongs to the
 * message. Canonical: what can be read writes the same bytes again. The layout itself is in layout.ts.
 */

import type { ByteReader, ByteWriter } from '../codec/bytes.ts';
import { DotSet } from './dot-set.ts';
import { readClockParts, readDotSetParts } from './layout.ts';
import { VectorClock } from './vector-clock.ts';

/** Cost: about the bytes of each id and 2 to 9 more. */
export function writeClock(writer: ByteWriter, clock: VectorClock): void {
  clock.write(writer);
}

/** Throws: ENCODING_INVALID for all that writeClock would not write. */
export function readClock(reader: ByteReader): VectorClock {
  const { ids, counters } = readClockParts(reader);
  return VectorClock.ofSorted(ids, counters);
}

/** Cost: as a clock when nothing is missing, else 1 more for each id and 2 or more for each range. */
export function writeDotSet(writer: ByteWriter, set: DotSet): void {
  set.write(writer);
}

/** Throws: ENCODING_INVALID for all that writeDotSet would not write. */
export function readDotSet(reader: ByteReader): DotSet {
  return DotSet.ofParts(readDotSetParts(reader));
}
