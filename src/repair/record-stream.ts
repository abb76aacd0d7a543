/**
 * Records on their way in an exchange: dictionary-coded along the stream, in the order of the dot index. Ids and value
 * shapes go once, counters and times as differences, keys without the prefix they share with the last one. The common
 * record, one settled version, costs one head byte and one or two bytes of metadata beside key and value.
 */

import { compareDots } from '../clock/dot.ts';
import { DotSet } from '../clock/dot-set.ts';
import { readDotSet, writeDotSet } from '../clock/encoding.ts';
import { ByteReader, ByteWriter } from '../codec/bytes.ts';
import { keepAlive } from '../codec/compact.ts';
import { readZigzag, writeZigzag } from '../codec/parts.ts';
import { readUtf8, utf8Length } from '../codec/text.ts';
import { ValueStreamReader, ValueStreamWriter } from '../codec/value-stream.ts';
import { CausalError } from '../errors.ts';
import { COUNTER_MAX, ID_BYTES_MAX, KEY_BYTES_MAX, RECORDS_MESSAGE_BYTES, SIBLINGS_MAX, TIME_MAX } from '../limits.ts';
import { faultOfKey } from '../store/key.ts';
import type { Version } from '../store/record.ts';
import { type Clocks, encodeFrames } from './messages.ts';
import type { ExchangeRecord } from './take-in.ts';

const TOMBSTONE = 1;
const SAME_ID = 2;
const NEXT_COUNTER = 4;
const GENERAL = 8;
const PREFIX_SHIFT = 4;
const PREFIX_LONG = 15;
/** Room for the keys that most have. */
const KEY_BYTES_MIN = 64;

/** What both ends of a stream remember of the records before. */
class StreamMemory {
  readonly ids: string[] = [];
  readonly counters: number[] = [];
  readonly idIndex = new Map<string, number>();
  lastId = -1;
  lastTime = 0;
  lastKey = '';

  learn(id: string): number {
    const index = this.ids.length;
    this.ids.push(id);
    this.counters.push(0);
    this.idIndex.set(id, index);
    return index;
  }
}

/** Writes records into message bodies, each shorter for what went before. */
export class RecordWriter {
  readonly #memory = new StreamMemory();
  readonly #values: ValueStreamWriter;

  /**
   * `ids`: replica ids that the reader knows already, from the clocks of the writer. `values`: one that nobody uses
   * meanwhile; what it remembers takes longer to make anew than a short stream to write.
   */
  constructor(ids: readonly string[] = [], values: ValueStreamWriter = new ValueStreamWriter()) {
    values.reset();
    this.#values = values;
    for (const id of ids) this.#memory.learn(id);
  }

  write(writer: ByteWriter, record: ExchangeRecord): void {
    const [only] = record.versions;
    const isSettled = only !== undefined && record.versions.length === 1 && record.residual.isEmpty;
    let head = isSettled ? this.#headOf(only) : GENERAL;
    const shared = sharedPrefix(this.#memory.lastKey, record.key);
    const sharedBytes = utf8Length(record.key) - utf8Length(record.key, shared);
    head |= Math.min(sharedBytes, PREFIX_LONG) << PREFIX_SHIFT;
    writer.u8(head);
    if (sharedBytes >= PREFIX_LONG) writer.varint(sharedBytes);
    writer.text(record.key.slice(shared));
    this.#memory.lastKey = record.key;
    if (isSettled) {
      this.#writeVersion(writer, only, head);
      return;
    }
    writer.varint(record.versions.length);
    for (const version of record.versions) {
      const versionHead = this.#headOf(version);
      writer.u8(versionHead);
      this.#writeVersion(writer, version, versionHead);
    }
    writeDotSet(writer, record.residual);
  }

  #headOf(version: Version): number {
    const { idIndex, counters, lastId } = this.#memory;
    const index = idIndex.get(version.id);
    let head = version.value === undefined ? TOMBSTONE : 0;
    if (index !== undefined && index === lastId) head |= SAME_ID;
    if ((index === undefined ? 0 : (counters[index] as number)) /* one per id */ + 1 === version.counter)
      head |= NEXT_COUNTER;
    return head;
  }

  #writeVersion(writer: ByteWriter, version: Version, head: number): void {
    const memory = this.#memory;
    let index = memory.idIndex.get(version.id);
    if ((head & SAME_ID) === 0) {
      writer.varint(index ?? memory.ids.length);
      if (index === undefined) {
        writer.text(version.id);
        index = memory.learn(version.id);
      }
    }
    const at = index as number; // known, or learnt just now
    if ((head & NEXT_COUNTER) === 0)
      writeDifference(writer, version.counter, memory.counters[at] as number /* one per id */);
    writeDifference(writer, version.time, memory.lastTime);
    memory.lastId = at;
    memory.counters[at] = version.counter;
    memory.lastTime = version.time;
    if (version.value !== undefined) this.#values.write(writer, version.value);
  }
}

/**
 * The frames that carry records, made as they are asked for: messages of a bounded size, the last of them marked. `clocks`
 * go with the first when they changed since the reader got them; `ids` are those the reader knows.
 */
export function* recordFrames(
  records: readonly ExchangeRecord[],
  clocks: Clocks | undefined,
  ids: readonly string[],
  frameBytesMax: number,
  version: number,
): Generator<Uint8Array> {
  const writer = new ByteWriter();
  const stream = new RecordWriter(ids);
  const enough = Math.min(RECORDS_MESSAGE_BYTES, frameBytesMax - 3);
  let moved = clocks;
  let left = records.length;
  for (const record of records) {
    stream.write(writer, record);
    left -= 1;
    if (writer.length < enough || left === 0) continue;
    yield* encodeFrames(
      { kind: 'records', isLast: false, clocks: moved, body: writer.finish() },
      frameBytesMax,
      version,
    );
    writer.reset();
    moved = undefined;
  }
  yield* encodeFrames({ kind: 'records', isLast: true, clocks: moved, body: writer.finish() }, frameBytesMax, version);
}

/** Reads what a RecordWriter wrote, message after message. */
export class RecordReader {
  readonly #memory = new StreamMemory();
  readonly #values: ValueStreamReader;
  /** Grows with the keys: a push has its own reader, mostly for one short key. */
  #keyBytes = new Uint8Array(KEY_BYTES_MIN);
  #keyLength = 0;

  /** `ids`, `values`: as the writer was given. */
  constructor(ids: readonly string[] = [], values: ValueStreamReader = new ValueStreamReader()) {
    values.reset();
    this.#values = values;
    for (const id of ids) this.#memory.learn(id);
  }

  /** Every record of a message body. Throws: ENCODING_INVALID. */
  readAll(body: Uint8Array): ExchangeRecord[] {
    const reader = new ByteReader(body);
    const records: ExchangeRecord[] = [];
    while (reader.remaining > 0) records.push(this.#read(reader));
    return records;
  }

  #read(reader: ByteReader): ExchangeRecord {
    const head = reader.u8();
    const key = this.#readKey(reader, head >> PREFIX_SHIFT);
    if ((head & GENERAL) === 0) return { key, versions: [this.#readVersion(reader, head)], residual: DotSet.empty };
    if ((head & (GENERAL - 1)) !== 0) throw invalid('a head has flags that do not go together');
    const count = reader.varint(SIBLINGS_MAX);
    const versions: Version[] = [];
    for (let at = 0; at < count; at += 1) {
      const versionHead = reader.u8();
      if (versionHead >= GENERAL) throw invalid('a version has an unknown head');
      const version = this.#readVersion(reader, versionHead);
      const last = versions[versions.length - 1];
      if (last !== undefined && compareDots(last, version) >= 0) throw invalid('versions are not in dot order');
      versions.push(version);
    }
    return { key, versions, residual: readDotSet(reader) };
  }

  /** The key is read as one piece, because a string put together of two keeps both alive. */
  #readKey(reader: ByteReader, short: number): string {
    const shared = short < PREFIX_LONG ? short : reader.varint(KEY_BYTES_MAX);
    if (shared > this.#keyLength) throw invalid('a key shares more with the last one than that has');
    this.#keyLength = shared + reader.varint(KEY_BYTES_MAX - shared);
    if (this.#keyLength > this.#keyBytes.length) {
      const longer = new Uint8Array(Math.max(this.#keyLength, this.#keyBytes.length * 2));
      longer.set(this.#keyBytes);
      this.#keyBytes = longer;
    }
    for (let at = shared; at < this.#keyLength; at += 1) this.#keyBytes[at] = reader.u8();
    const key = readUtf8(this.#keyBytes, 0, this.#keyLength);
    const fault = faultOfKey(key);
    if (fault !== undefined) throw invalid(`a key ${fault}`);
    return key;
  }

  #readVersion(reader: ByteReader, head: number): Version {
    const memory = this.#memory;
    let index = memory.lastId;
    if ((head & SAME_ID) === 0) {
      index = reader.varint(memory.ids.length);
      if (index === memory.ids.length) {
        const id = reader.text(ID_BYTES_MAX);
        if (id.length === 0 || memory.idIndex.has(id)) throw invalid('a replica id is empty or sent twice');
        memory.learn(id);
      }
    }
    const id = memory.ids[index];
    if (id === undefined) throw invalid('a version names no replica id');
    const last = memory.counters[index] as number; // one per id
    const counter = (head & NEXT_COUNTER) === 0 ? readDifference(reader, last) : last + 1;
    if (counter < 1 || counter > COUNTER_MAX) throw invalid(`a version has the counter ${counter}`);
    const time = readDifference(reader, memory.lastTime);
    if (time < 0 || time > TIME_MAX) throw invalid(`a version has the time ${time}`);
    memory.lastId = index;
    memory.counters[index] = counter;
    memory.lastTime = time;
    return { id, counter, time, value: (head & TOMBSTONE) === 0 ? this.#values.read(reader) : undefined };
  }
}

/** Small differences as zigzag; the first bit tells, because 2^53 - 1 does not fit one. */
function writeDifference(writer: ByteWriter, value: number, last: number): void {
  writeZigzag(writer, clampDifference(value - last));
  if (Math.abs(value - last) > DIFFERENCE_MAX) writer.varint(value);
}

function readDifference(reader: ByteReader, last: number): number {
  const difference = readZigzag(reader);
  return Math.abs(difference) > DIFFERENCE_MAX ? reader.varint() : last + difference;
}

const DIFFERENCE_MAX: number = 2 ** 51;

function clampDifference(difference: number): number {
  return Math.abs(difference) > DIFFERENCE_MAX ? DIFFERENCE_MAX + 1 : difference;
}

function sharedPrefix(last: string, key: string): number {
  const max = Math.min(last.length, key.length);
  let shared = 0;
  while (shared < max && last.charCodeAt(shared) === key.charCodeAt(shared)) shared += 1;
  const unit = shared === 0 ? 0 : key.charCodeAt(shared - 1);
  return unit >= 0xd800 && unit < 0xdc00 ? shared - 1 : shared;
}

function invalid(why: string): CausalError {
  return new CausalError('ENCODING_INVALID', `Cannot read the records: ${why}`);
}

/**
 * Between two exchanges nobody holds one of these, and a garbage collection would drop their hidden classes and with
 * them all code that was optimized for them: measured, the next exchange then took twice the processor's time. So one
 * of each, which has done what it is for, is kept.
 */
function keepKinds(): void {
  const bytes = new ByteWriter();
  const writer = new RecordWriter();
  const reader = new RecordReader();
  const version = { id: 'a', counter: 1, time: TIME_MAX, value: undefined };
  writer.write(bytes, { key: 'a', versions: [version], residual: DotSet.empty });
  reader.readAll(bytes.finish());
  keepAlive(bytes, new ByteReader(bytes.finish()), writer, reader);
}
keepKinds();
