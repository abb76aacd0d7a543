/**
 * One push and its bytes, as docs/protocol.md gives them: what a replica has taken in since the push before, the records
 * that say so, and what of it is only told. This file knows shapes and limits, not when a push is sent or believed.
 */

import { DotSet } from '../clock/dot-set.ts';
import { readClock, readDotSet, writeClock, writeDotSet } from '../clock/encoding.ts';
import type { VectorClock } from '../clock/vector-clock.ts';
import { ByteReader, ByteWriter } from '../codec/bytes.ts';
import { ValueStreamReader, ValueStreamWriter } from '../codec/value-stream.ts';
import { CausalError } from '../errors.ts';
import { RecordReader, RecordWriter } from './record-stream.ts';
import type { ExchangeRecord } from './take-in.ts';

/**
 * `seen` of the sender is that of the push it builds on (or `base`) and `added`. The records are all it holds with a
 * current dot in `added` less `hidden`, and those whose residual is news.
 */
export type Push = {
  readonly number: number;
  /** The push this one builds on; 0: `base`, which begins a chain. */
  readonly from: number;
  readonly base: DotSet | undefined;
  readonly added: DotSet;
  /** Of `added`: told without records, because the receiver has them or is about to. */
  readonly hidden: DotSet;
  /** What the sender reaped; undefined: as in the push it builds on. */
  readonly reaped: VectorClock | undefined;
  readonly records: readonly ExchangeRecord[];
};

const HAS_HIDDEN = 1;
const HAS_REAPED = 2;

const KEPT_BYTES_MAX = 65_536;
/** Pushes are written here first. */
let scratch = new ByteWriter();
/** Each push is a stream of its own, written and read in one piece. */
const written = new ValueStreamWriter();
const read = new ValueStreamReader();

/** The bytes of a push. */
export function encodePush(push: Push): Uint8Array {
  const { number, from, base, added, hidden, reaped, records } = push;
  const writer = scratch;
  writer.reset();
  writer.varint(number);
  writer.varint(from);
  if (base !== undefined) writeDotSet(writer, base);
  writer.u8((hidden.isEmpty ? 0 : HAS_HIDDEN) | (reaped === undefined ? 0 : HAS_REAPED));
  writeDotSet(writer, added);
  if (!hidden.isEmpty) writeDotSet(writer, hidden);
  if (reaped !== undefined) writeClock(writer, reaped);
  writer.varint(records.length);
  const stream = new RecordWriter(records.length === 0 ? [] : added.ids(), written);
  for (const record of records) stream.write(writer, record);
  const bytes = writer.finish();
  if (bytes.length > KEPT_BYTES_MAX) scratch = new ByteWriter();
  return bytes;
}

/** Throws: ENCODING_INVALID. */
export function decodePush(bytes: Uint8Array): Push {
  const reader = new ByteReader(bytes);
  const number = reader.varint();
  const from = reader.varint();
  if (from >= number) throw invalid('it builds on a later one');
  const base = from === 0 ? readDotSet(reader) : undefined;
  const flags = reader.u8();
  if (flags > (HAS_HIDDEN | HAS_REAPED)) throw invalid('it has unknown flags');
  const added = readDotSet(reader);
  const hidden = (flags & HAS_HIDDEN) === 0 ? DotSet.empty : readDotSet(reader);
  if (!added.covers(hidden)) throw invalid('it hides what it does not add');
  const reaped = (flags & HAS_REAPED) === 0 ? undefined : readClock(reader);
  if (from === 0 && reaped === undefined) throw invalid('it begins a chain and does not say what was reaped');
  const count = reader.varint(reader.remaining);
  const records =
    reader.remaining === 0 ? [] : new RecordReader(added.ids(), read).readAll(bytes.subarray(reader.offset));
  if (records.length !== count) throw invalid(`it has ${records.length} records, and should have ${count}`);
  return { number, from, base, added, hidden, reaped, records };
}

function invalid(why: string): CausalError {
  return new CausalError('ENCODING_INVALID', `Cannot read the push: ${why}`);
}
