/**
 * The encoding of many values along one stream of messages, where most look alike: field names are sent once for each
 * shape of object, repeated texts and beginnings of texts are referred to, integers are sent as differences. Writer
 * and reader remember the same and change it in step, so a stream is read whole and from its beginning. All they
 * remember is bounded. A reader takes only what is a value; but it takes longer forms than the writer would choose.
 *
 * A slot is what both remember of one field of one shape: its last integer and its last text.
 */

import { VALUE_BYTES_MAX, VALUE_DEPTH_MAX } from '../limits.ts';
import type { ByteReader, ByteWriter } from './bytes.ts';
import { refuseBytes } from './refuse.ts';
import {
  ARRAY,
  BIGINT,
  BYTES,
  CACHED,
  DATE,
  FALSE,
  NULL,
  OBJECT,
  PREFIXED,
  readCount,
  readDate,
  readNumber,
  readOther,
  SHAPE,
  SHAPE_NEW,
  SMALL,
  TEXT,
  TRUE,
  writeCount,
  writeNumber,
} from './scalar.ts';
import { isSmallShape, makeShape, type Shape, shapeKey } from './shape.ts';
import { utf8Length } from './text.ts';
import { holdsMutable, roomOfText, sealContainer, type Value } from './value.ts';

const SHAPES_MAX = 1024;
const CACHED_UNITS_MAX = 64;
/** Where texts that are not cached would be. */
const NOT_CACHED = 256;
const SLOT_UNITS_MAX = 256;
/** A shorter prefix saves nothing. */
const PREFIX_UNITS_MIN = 3;

type Slot = {
  integer: number;
  text: string;
  /** Of the writer: the shape of the last object there. */
  shape: WrittenShape | undefined;
};
type WrittenShape = { readonly names: readonly string[]; readonly index: number; readonly slots: readonly Slot[] };
type ReadShape = { readonly shape: Shape; readonly slots: readonly Slot[] };

/** Writes values of one stream; the ByteWriter may be another for each message. */
export class ValueStreamWriter {
  readonly #texts: string[] = [];
  readonly #slot: Slot = newSlot();
  readonly #shapes = new Map<string, WrittenShape>();

  /** Writes a value that freezeValue or a decoder made. */
  write(w: ByteWriter, value: Value): void {
    this.#write(w, value, this.#slot);
  }

  #write(w: ByteWriter, value: Value, slot: Slot): void {
    if (typeof value === 'string') {
      this.#writeText(w, value, slot);
    } else if (typeof value === 'number') {
      writeNumber(w, value, slot);
    } else if (typeof value === 'boolean') {
      w.u8(value ? TRUE : FALSE);
    } else if (value === null) {
      w.u8(NULL);
    } else if (typeof value === 'bigint') {
      w.u8(BIGINT);
      w.text(value.toString(16));
    } else if (value instanceof Uint8Array) {
      w.u8(BYTES);
      w.bytes(value);
    } else if (value instanceof Date) {
      w.u8(DATE);
      writeNumber(w, value.getTime(), slot);
    } else if (Array.isArray(value)) {
      writeCount(w, ARRAY, 15, value.length);
      for (const member of value) this.#write(w, member, slot);
    } else {
      this.#writeObject(w, value as { readonly [field: string]: Value }, slot); // what is left of the union
    }
  }

  #writeObject(w: ByteWriter, fields: { readonly [field: string]: Value }, slot: Slot): void {
    const names = Object.keys(fields);
    let shape = slot.shape;
    if (shape === undefined || !sameNames(shape.names, names)) shape = this.#shapes.get(shapeKey(names));
    if (shape !== undefined) {
      writeCount(w, SHAPE, 15, shape.index);
      slot.shape = shape;
    } else {
      shape = { names, index: this.#shapes.size, slots: names.map(newSlot) };
      const isKept = shape.index < SHAPES_MAX && isSmallShape(names);
      if (isKept) this.#shapes.set(shapeKey(names), shape);
      w.u8(isKept ? SHAPE_NEW : OBJECT);
      w.varint(names.length);
      for (const name of names) w.text(name);
    }
    for (let i = 0; i < names.length; i++) {
      this.#write(w, fields[names[i] as string] as Value, shape.slots[i] as Slot); // own fields, and a slot for each
    }
  }

  #writeText(w: ByteWriter, text: string, slot: Slot): void {
    const index = cacheIndex(text);
    if (this.#texts[index] === text) {
      w.u8(CACHED);
      w.u8(index);
      return;
    }
    const shared = sharedUnits(text, slot.text);
    const byteLength = utf8Length(text, shared);
    writeCount(w, shared > 0 ? PREFIXED : TEXT, 31, byteLength);
    if (shared > 0) w.varint(shared);
    w.utf8(text, shared, byteLength);
    keepText(this.#texts, index, text, slot);
  }
}

/** Reads values of one stream from its beginning on. */
export class ValueStreamReader {
  readonly #texts: string[] = [];
  readonly #slot: Slot = newSlot();
  readonly #shapes: ReadShape[] = [];
  /** What the value being read may still take, counted as freezeValue counts. */
  #room = 0;

  /** The next value, deeply frozen. Bound: as freezeValue. Throws: ENCODING_INVALID; the stream cannot be read on. */
  read(r: ByteReader): Value {
    this.#room = VALUE_BYTES_MAX;
    return this.#read(r, this.#slot, 1);
  }

  /** Reads one value; `depth` is the depth it has if it is a container. */
  #read(r: ByteReader, slot: Slot, depth: number): Value {
    const tag = r.u8();
    const n = readNumber(r, tag, slot);
    if (n !== undefined) return n;
    if (tag >= TEXT && (tag < ARRAY || tag > OBJECT)) return this.#readText(r, tag, slot);
    if (tag === DATE) return readDate(readNumber(r, r.u8(), slot));
    if (tag < ARRAY) {
      const from = r.offset;
      const value = readOther(r, tag);
      this.#take(r.offset - from);
      return value;
    }
    if (depth > VALUE_DEPTH_MAX) refuseBytes('a value that is too deep');
    return tag < SHAPE ? this.#readArray(r, tag, slot, depth) : this.#readObject(r, tag, depth);
  }

  #readArray(r: ByteReader, tag: number, slot: Slot, depth: number): Value {
    const count = readCount(r, tag, ARRAY, 15);
    this.#take(10 * count);
    const members: Value[] = [];
    let holds = false;
    for (let i = 0; i < count; i++) {
      const member = this.#read(r, slot, depth + 1);
      if (holdsMutable(member)) holds = true;
      members.push(member);
    }
    return sealContainer(members, holds);
  }

  #readObject(r: ByteReader, tag: number, depth: number): Value {
    const known = tag < SHAPE_NEW ? this.#shapes[readCount(r, tag, SHAPE, 15)] : readShape(r);
    if (known === undefined) refuseBytes('an object of a shape that was never sent');
    const { shape, slots } = known;
    const { names } = shape;
    if (tag === SHAPE_NEW && (this.#shapes.push(known) > SHAPES_MAX || !isSmallShape(names))) refuseBytes('too large a shape');
    this.#take(shape.room);
    const fields: Record<string, unknown> = { ...shape.template };
    let holds = false;
    for (let i = 0; i < names.length; i++) {
      const field = this.#read(r, slots[i] as Slot, depth + 1); // a slot for each name
      if (holdsMutable(field)) holds = true;
      fields[names[i] as string] = field; // in bounds by the loop
    }
    return sealContainer(fields, holds);
  }

  #readText(r: ByteReader, tag: number, slot: Slot): string {
    let text: string | undefined;
    if (tag === CACHED) {
      text = this.#texts[r.u8()];
    } else if (tag < ARRAY) {
      text = r.utf8(readCount(r, tag, TEXT, 31));
    } else if (tag >= PREFIXED) {
      const byteLength = readCount(r, tag, PREFIXED, 31);
      const shared = r.varint(slot.text.length);
      if (!endsInPair(slot.text, shared)) text = slot.text.slice(0, shared) + r.utf8(byteLength);
    }
    if (text === undefined) refuseBytes('text that refers to nothing');
    this.#take(roomOfText(text));
    if (tag !== CACHED) keepText(this.#texts, cacheIndex(text), text, slot);
    return text;
  }

  #take(room: number): void {
    this.#room -= room;
    if (this.#room < 0) refuseBytes('a value that is too large');
  }
}

function readShape(r: ByteReader): ReadShape {
  const names: string[] = [];
  for (let left = r.varint(r.remaining); left > 0; left--) names.push(r.text(r.remaining));
  return { shape: makeShape(names), slots: names.map(newSlot) };
}

function newSlot(): Slot {
  return { integer: 0, text: '', shape: undefined };
}

function sameNames(a: readonly string[], b: readonly string[]): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

/** Where in the cache a text is, if it is there. */
function cacheIndex(text: string): number {
  const length = text.length;
  if (length < 2 || length > CACHED_UNITS_MAX) return NOT_CACHED;
  let hash = length;
  for (let i = 0; i < length; i++) hash = (Math.imul(hash, 31) + text.charCodeAt(i)) | 0;
  return (hash ^ (hash >>> 15)) & 255;
}

/** Remembers a text that was not sent as one of the cache. */
function keepText(texts: string[], index: number, text: string, slot: Slot): void {
  if (index < NOT_CACHED) texts[index] = text;
  if (text.length <= SLOT_UNITS_MAX) slot.text = text;
}

/** How many units of its beginning a text shares with the last one of its slot, if that saves anything. */
function sharedUnits(text: string, last: string): number {
  const limit = Math.min(text.length, last.length);
  let shared = 0;
  while (shared < limit && text.charCodeAt(shared) === last.charCodeAt(shared)) shared++;
  if (endsInPair(text, shared)) shared--;
  return shared < PREFIX_UNITS_MIN ? 0 : shared;
}

/** True when the unit before `end` is the first of a pair. */
function endsInPair(text: string, end: number): boolean {
  return end > 0 && (text.charCodeAt(end - 1) & 0xfc00) === 0xd800;
}
