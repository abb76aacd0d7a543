/**
 * The encoding of many values along one stream of messages, where most look alike: field names are sent once for each
 * shape of object, repeated texts and beginnings of texts are referred to, integers are sent as differences. Writer
 * and reader remember the same and change it in step, so a stream is read whole and from its beginning. All they
 * remember is bounded. A reader takes only what is a value; but it takes longer forms than the writer would choose.
 *
 * A slot is what both remember of one field of one shape: its last integer and its last text.
 */

import { VALUE_BYTES_MAX, VALUE_DEPTH_MAX } from '../limits.ts';
import { copyBytes } from './byte-arrays.ts';
import type { ByteReader, ByteWriter } from './bytes.ts';
import { objectWithRoom, sameNames, setField } from './compact.ts';
import { bytesSince, skipBytes, writeBytes } from './parts.ts';
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
  TEXT,
  TRUE,
  writeCount,
  writeNumber,
} from './scalar.ts';
import { utf8Length } from './text.ts';
import { cacheIndex, endsInPair, sharedUnits, TextCache } from './text-cache.ts';
import { holdsMutable, roomOfText, sealContainer, type Value } from './value.ts';

/** Few enough to look through. */
const SHAPES_MAX = 256;
const FIELDS_MAX = 64;
const NAMES_UNITS_MAX = 1024;
const SLOT_UNITS_MAX = 256;
/** So many of the shapes met last are kept beyond their stream. */
const RECENT_MAX = 8;

type Fields = { readonly [field: string]: Value };
type Slot = {
  integer: number;
  text: string;
  /** Of the writer: the shape of the last object there. */
  shape: WrittenShape | undefined;
};
type WrittenShape = { readonly names: readonly string[]; index: number; readonly slots: readonly Slot[] };
/** A shape that can be sent again in another stream, with the bytes that do so. */
type SentShape = WrittenShape & { readonly bytes: Uint8Array };
type ReadShape = {
  readonly names: readonly string[];
  readonly slots: readonly Slot[];
  /** What the fields and their names take of the room of a value. */
  readonly room: number;
};

/** Writes values of one stream; the ByteWriter may be another for each message. */
export class ValueStreamWriter {
  readonly #cache = new TextCache();
  readonly #shapes: WrittenShape[] = [];
  readonly #slot: Slot = newSlot();
  /** Shapes sent last. Measured: making them anew was a third of what a value took that is a stream by itself. */
  readonly #recent: SentShape[] = [];
  #recentNext = 0;

  /** Forgets the stream: what is written next begins another. */
  reset(): void {
    this.#cache.reset();
    while (this.#shapes.length > 0) this.#shapes.pop();
    clear(this.#slot);
  }

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
      writeBytes(w, value);
    } else if (value instanceof Date) {
      w.u8(DATE);
      writeNumber(w, value.getTime(), slot);
    } else if (Array.isArray(value)) {
      writeCount(w, ARRAY, 15, value.length);
      for (const member of value) this.#write(w, member, slot);
    } else {
      this.#writeObject(w, value as Fields, slot); // what is left of the union
    }
  }

  #writeObject(w: ByteWriter, fields: Fields, slot: Slot): void {
    let shape = slot.shape;
    if (shape === undefined || !hasNames(fields, shape.names))
      shape = this.#shapes.find((known) => hasNames(fields, known.names));
    if (shape !== undefined) {
      writeCount(w, SHAPE, 15, shape.index);
      slot.shape = shape;
    } else {
      shape = this.#shapes.length < SHAPES_MAX ? this.#sendShape(w, fields) : undefined;
      shape ??= writeNames(w, OBJECT, Object.keys(fields));
    }
    const { slots } = shape;
    let at = 0;
    // Measured: for-in is quicker than looking up each name.
    for (const name in fields) {
      if (at === slots.length) break; // inherited ones come after the own
      this.#write(w, fields[name] as Value, slots[at] as Slot); // own fields, and a slot for each
      at += 1;
    }
  }

  /** Sends a shape that the stream does not have; undefined for one that is not to be remembered. */
  #sendShape(w: ByteWriter, fields: Fields): WrittenShape | undefined {
    // One that is here was sent in another stream: what is in this one was found there.
    let shape = this.#recent.find((known) => hasNames(fields, known.names));
    if (shape === undefined) {
      const names = Object.keys(fields);
      if (!isSmallShape(names)) return undefined;
      const from = w.length;
      const made = writeNames(w, SHAPE_NEW, names);
      shape = { ...made, bytes: copyBytes(w.view(), from) };
      this.#recent[this.#recentNext++ % RECENT_MAX] = shape;
    } else {
      w.raw(shape.bytes);
      for (const slot of shape.slots) clear(slot);
    }
    shape.index = this.#shapes.push(shape) - 1;
    return shape;
  }

  #writeText(w: ByteWriter, text: string, slot: Slot): void {
    const index = cacheIndex(text);
    if (this.#cache.at(index) === text) {
      w.u8(CACHED);
      w.u8(index);
      return;
    }
    const shared = sharedUnits(text, slot.text);
    const byteLength = utf8Length(text, shared);
    writeCount(w, shared > 0 ? PREFIXED : TEXT, 31, byteLength);
    if (shared > 0) w.varint(shared);
    w.utf8(text, shared, byteLength);
    this.#cache.keep(index, text);
    if (text.length <= SLOT_UNITS_MAX) slot.text = text;
  }
}

/** Reads values of one stream from its beginning on. */
export class ValueStreamReader {
  readonly #cache = new TextCache();
  #shapes: ReadShape[] = [];
  #slot: Slot = newSlot();
  /** What the value being read may still take, counted as freezeValue counts. */
  #room = 0;

  /** Forgets the stream: what is read next begins another. */
  reset(): void {
    this.#cache.reset();
    this.#shapes = [];
    this.#slot = newSlot();
  }

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
    if (count > r.remaining) refuseBytes('an array longer than they are');
    this.#take(10 * count);
    const members = new Array<Value>(count); // of its final size, which is bounded just above
    let holds = false;
    for (let i = 0; i < count; i++) {
      const member = this.#read(r, slot, depth + 1);
      if (holdsMutable(member)) holds = true;
      members[i] = member;
    }
    return sealContainer(members, holds);
  }

  #readObject(r: ByteReader, tag: number, depth: number): Value {
    const shape = tag < SHAPE_NEW ? this.#shapes[readCount(r, tag, SHAPE, 15)] : readShape(r, this.#room);
    if (shape === undefined) refuseBytes('an object of a shape that was never sent');
    if (tag === SHAPE_NEW && (this.#shapes.push(shape) > SHAPES_MAX || !isSmallShape(shape.names)))
      refuseBytes('too large a shape');
    this.#take(shape.room);
    const { names, slots } = shape;
    const fields = objectWithRoom(names.length);
    let holds = false;
    for (let i = 0; i < names.length; i++) {
      const field = this.#read(r, slots[i] as Slot, depth + 1); // a slot for each name
      if (holdsMutable(field)) holds = true;
      setField(fields, names[i] as string, field); // in bounds by the loop
    }
    return sealContainer(fields, holds);
  }

  #readText(r: ByteReader, tag: number, slot: Slot): string {
    let text: string | undefined;
    if (tag === CACHED) {
      text = this.#cache.at(r.u8());
    } else if (tag < ARRAY) {
      text = r.utf8(readCount(r, tag, TEXT, 31));
    } else if (tag >= PREFIXED) {
      const byteLength = readCount(r, tag, PREFIXED, 31);
      const shared = r.varint(slot.text.length);
      if (!endsInPair(slot.text, shared)) text = slot.text.slice(0, shared) + r.utf8(byteLength);
    }
    if (text === undefined) refuseBytes('text that refers to nothing');
    this.#take(roomOfText(text));
    if (tag !== CACHED) {
      this.#cache.keep(cacheIndex(text), text);
      if (text.length <= SLOT_UNITS_MAX) slot.text = text;
    }
    return text;
  }

  #take(room: number): void {
    this.#room -= room;
    if (this.#room < 0) refuseBytes('a value that is too large');
  }
}

/** Shapes read last with their bytes, so that values which come by themselves are read about as quickly as a stream. */
const recent: { readonly bytes: Uint8Array; readonly names: readonly string[]; readonly room: number }[] = [];
let recentNext = 0;

/**
 * Reads the names of a shape, which must be those of an object: none twice, array indexes first and in ascending order. No
 * more than there is room for: names that are never used could take far more memory than their bytes.
 */
function readShape(r: ByteReader, roomMax: number): ReadShape {
  for (const { bytes, names, room } of recent)
    if (skipBytes(r, bytes)) return { names, room, slots: names.map(newSlot) };
  const from = r.offset;
  const names: string[] = [];
  const object: Record<string, unknown> = {};
  let room = 0;
  for (let left = r.varint(r.remaining); left > 0; left--) {
    const name = r.text(r.remaining);
    room += 10 + roomOfText(name);
    if (room > roomMax) refuseBytes('a value that is too large');
    names.push(name);
    setField(object, name, null);
  }
  const ordered = Object.keys(object); // the engine's own copies of the names, which are quicker to look up
  if (!sameNames(ordered, names)) refuseBytes('fields twice, or in an order no object has');
  if (isSmallShape(ordered)) recent[recentNext++ % 8] = { bytes: bytesSince(r, from), names: ordered, room };
  return { names: ordered, room, slots: names.map(newSlot) };
}

/** True for a shape that is cheap enough to be remembered. */
function isSmallShape(names: readonly string[]): boolean {
  let units = 0;
  for (const name of names) units += name.length;
  return names.length <= FIELDS_MAX && units <= NAMES_UNITS_MAX;
}

function writeNames(w: ByteWriter, tag: number, names: readonly string[]): WrittenShape {
  w.u8(tag);
  w.varint(names.length);
  for (const name of names) w.text(name);
  return { names, index: 0, slots: names.map(newSlot) };
}

/** Whether an object has these fields of its own and no others. */
function hasNames(fields: Fields, names: readonly string[]): boolean {
  const { length } = names;
  let at = 0;
  for (const name in fields) {
    // Inherited ones come after the own: whether the last name is one is asked below.
    if (at === length && !Object.hasOwn(fields, name)) break;
    if (names[at] !== name) return false;
    at += 1;
  }
  return at === length && (length === 0 || Object.hasOwn(fields, names[length - 1] as string)); // length > 0
}

function clear(slot: Slot): void {
  slot.integer = 0;
  slot.text = '';
  slot.shape = undefined;
}

function newSlot(): Slot {
  return { integer: 0, text: '', shape: undefined };
}
