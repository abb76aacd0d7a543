/**
 * The encoding of many values along one stream of messages, where most look alike: field names are sent once for each
 * shape of object, repeated strings and prefixes are referred to, integers are sent as differences where that is
 * shorter. Writer and reader keep the same tables and change them in step, so a stream is read whole and from its
 * beginning. All state is bounded. A stream is checked as strictly as the encoding at rest, but it is not canonical.
 *
 * A slot is what both sides remember of one field of one shape: its last integer and its last text.
 */

import { VALUE_DEPTH_MAX } from '../limits.ts';
import { type ByteReader, type ByteWriter, varintLength } from './bytes.ts';
import { refuseBytes } from './refuse.ts';
import {
  DATE,
  FALSE,
  NULL,
  openRoom,
  readCount,
  readDate,
  readNumber,
  readOther,
  SMALL,
  TEXT,
  TRUE,
  takeRoom,
  writeBinary,
  writeCount,
  writeNumber,
  writeTextHead,
  writeTextLiteral,
} from './scalar.ts';
import { holdsMutable, roomOfText, sealContainer, type Value } from './value.ts';

/** Tags 0x30 to 0x3f: arrays, below 15 members in the tag. 0x40 to 0x4f: an object of a known shape, below 15 in the tag. */
const ARRAY = 0x30;
const SHAPE = 0x40;
/** An object of a shape that both sides add to their tables: its names come first. */
const SHAPE_NEW = 0x50;
/** An object with its names, when there is no room for another shape. */
const OBJECT = 0x51;
/** A string of the cache, by its number in one byte. */
const CACHED = 0x52;
/** An integer as the difference to the last one of its slot. */
const DIFFERENCE = 0x53;
/** Tags 0x60 to 0x7f: as many bytes of text after a prefix of the last text of the slot, whose length in units comes first. */
const PREFIXED = 0x60;

const SHAPES_MAX = 1024;
const FIELDS_MAX = 64;
const NAMES_UNITS_MAX = 1024;
const CACHE_SIZE = 256;
const CACHED_UNITS_MAX = 64;
const SLOT_UNITS_MAX = 256;

type Slot = { integer: number; text: string };

/** Strings both sides remember, one for each hash. */
class TextCache {
  readonly #texts: string[] = new Array<string>(CACHE_SIZE).fill('');

  /** Where the text is or would be; -1 for one too short or long to be kept. */
  indexOf(text: string): number {
    const length = text.length;
    if (length < 2 || length > CACHED_UNITS_MAX) return -1;
    let hash = length;
    for (let i = 0; i < length; i++) hash = (Math.imul(hash, 31) + text.charCodeAt(i)) | 0;
    return (hash ^ (hash >>> 15)) & (CACHE_SIZE - 1);
  }

  at(index: number): string {
    return this.#texts[index] as string; // indexes are bytes
  }

  /** Remembers a text that was sent in full. */
  keep(index: number, text: string, slot: Slot): void {
    if (index >= 0) this.#texts[index] = text;
    if (text.length <= SLOT_UNITS_MAX) slot.text = text;
  }
}

/** A node of the tree of shapes: the objects whose fields so far are those on the path to it. */
type ShapeNode = { lastName: string; lastNode: ShapeNode | undefined; readonly next: Map<string, ShapeNode>; index: number; slots: readonly Slot[] };

/** Writes values of one stream; the ByteWriter may be another for each message. */
export class ValueStreamWriter {
  readonly #cache = new TextCache();
  readonly #slot: Slot = newSlot();
  readonly #shapes: ShapeNode = newNode();
  #shapeCount = 0;

  /** Writes a value that freezeValue or a decoder made. */
  write(w: ByteWriter, value: Value): void {
    this.#write(w, value, this.#slot);
  }

  #write(w: ByteWriter, value: Value, slot: Slot): void {
    if (typeof value === 'string') {
      this.#writeText(w, value, slot);
    } else if (typeof value === 'number') {
      writeSlotNumber(w, value, slot);
    } else if (typeof value === 'boolean') {
      w.u8(value ? TRUE : FALSE);
    } else if (value === null) {
      w.u8(NULL);
    } else if (typeof value === 'bigint' || value instanceof Uint8Array) {
      writeBinary(w, value);
    } else if (value instanceof Date) {
      w.u8(DATE);
      writeSlotNumber(w, value.getTime(), slot);
    } else if (Array.isArray(value)) {
      writeCount(w, ARRAY, 15, value.length);
      for (const member of value) this.#write(w, member, slot);
    } else {
      this.#writeObject(w, value as { readonly [field: string]: Value }, slot); // what is left of the union
    }
  }

  #writeObject(w: ByteWriter, fields: { readonly [field: string]: Value }, slot: Slot): void {
    const names = Object.keys(fields);
    let node: ShapeNode | undefined = this.#shapes;
    for (let i = 0; i < names.length && node !== undefined; i++) node = follow(node, names[i] as string); // in bounds by the loop
    if (node === undefined || node.index < 0) {
      node = this.#addShape(names);
      w.u8(node === undefined ? OBJECT : SHAPE_NEW);
      w.varint(names.length);
      for (const name of names) w.text(name);
    } else {
      writeCount(w, SHAPE, 15, node.index);
    }
    for (let i = 0; i < names.length; i++) {
      this.#write(w, fields[names[i] as string] as Value, node === undefined ? slot : (node.slots[i] as Slot)); // own fields, a slot for each
    }
  }

  #addShape(names: readonly string[]): ShapeNode | undefined {
    if (this.#shapeCount === SHAPES_MAX || !fitsShape(names)) return undefined;
    let node = this.#shapes;
    for (const name of names) {
      let next = node.next.get(name);
      if (next === undefined) {
        next = newNode();
        node.next.set(name, next);
      }
      node = next;
    }
    node.index = this.#shapeCount++;
    node.slots = names.map(newSlot);
    return node;
  }

  #writeText(w: ByteWriter, text: string, slot: Slot): void {
    const index = this.#cache.indexOf(text);
    if (index >= 0 && this.#cache.at(index) === text) {
      w.u8(CACHED);
      w.u8(index);
      return;
    }
    const shared = sharedUnits(text, slot.text);
    if (shared > 2) {
      const byteLength = writeTextHead(w, PREFIXED, text, shared);
      w.varint(shared);
      w.utf8(text, shared, byteLength);
    } else {
      writeTextLiteral(w, text);
    }
    this.#cache.keep(index, text, slot);
  }
}

type Shape = {
  /** An object with all fields in their order, to be copied: that keeps the compact layout of V8. */
  readonly template: Readonly<Record<string, unknown>>;
  readonly names: readonly string[];
  readonly slots: readonly Slot[];
  /** What its names take of the room of a value. */
  readonly room: number;
};

/** Reads values of one stream from its beginning on. */
export class ValueStreamReader {
  readonly #cache = new TextCache();
  readonly #slot: Slot = newSlot();
  readonly #shapes: Shape[] = [];

  /** The next value, deeply frozen. Bound: as freezeValue. Throws: ENCODING_INVALID; the stream cannot be read on. */
  read(r: ByteReader): Value {
    openRoom();
    return this.#read(r, this.#slot, 1);
  }

  /** Reads one value; `depth` is the depth it has if it is a container. */
  #read(r: ByteReader, slot: Slot, depth: number): Value {
    const tag = r.u8();
    if (tag >= TEXT && tag < ARRAY) return this.#keepText(r.utf8(readCount(r, tag, TEXT, 31)), slot);
    if (tag >= PREFIXED && tag < SMALL) return this.#readPrefixed(r, tag, slot);
    if (tag === CACHED) {
      const text = this.#cache.at(r.u8());
      if (text === '') refuseBytes('a string that was never sent');
      takeRoom(roomOfText(text));
      return text;
    }
    const n = readSlotNumber(r, tag, slot);
    if (n !== undefined) return n;
    if (tag === DATE) return readDate(readSlotNumber(r, r.u8(), slot));
    if (tag < ARRAY || tag > OBJECT) return readOther(r, tag);
    if (depth > VALUE_DEPTH_MAX) refuseBytes(`a value of more than ${VALUE_DEPTH_MAX} containers in one another`);
    return tag < SHAPE ? this.#readArray(r, tag, slot, depth) : this.#readObject(r, tag, slot, depth);
  }

  #readArray(r: ByteReader, tag: number, slot: Slot, depth: number): Value {
    const count = readCount(r, tag, ARRAY, 15);
    takeRoom(10 * count);
    const members: Value[] = [];
    let holds = false;
    for (let i = 0; i < count; i++) {
      const member = this.#read(r, slot, depth + 1);
      if (holdsMutable(member)) holds = true;
      members.push(member);
    }
    return sealContainer(members, holds);
  }

  #readObject(r: ByteReader, tag: number, slot: Slot, depth: number): Value {
    const shape = tag < SHAPE_NEW ? this.#shapes[tag < SHAPE + 15 ? tag - SHAPE : 15 + r.varint(SHAPES_MAX)] : readShape(r);
    if (shape === undefined) refuseBytes('an object of a shape that was never sent');
    if (tag === SHAPE_NEW) {
      if (this.#shapes.length === SHAPES_MAX || !fitsShape(shape.names)) refuseBytes('a shape beyond the limits of a stream');
      this.#shapes.push(shape);
    }
    const { names, slots } = shape;
    takeRoom(shape.room);
    const fields = { ...shape.template };
    let holds = false;
    for (let i = 0; i < names.length; i++) {
      const field = this.#read(r, tag === OBJECT ? slot : (slots[i] as Slot), depth + 1); // a slot for each name
      if (holdsMutable(field)) holds = true;
      fields[names[i] as string] = field; // in bounds by the loop
    }
    return sealContainer(fields, holds);
  }

  #readPrefixed(r: ByteReader, tag: number, slot: Slot): string {
    const byteLength = readCount(r, tag, PREFIXED, 31);
    const shared = r.varint(slot.text.length);
    const prefix = slot.text.slice(0, shared);
    if (shared < 3 || endsInPair(prefix, shared)) refuseBytes('a prefix that is too short or ends within a character');
    return this.#keepText(prefix + r.utf8(byteLength), slot);
  }

  #keepText(text: string, slot: Slot): string {
    takeRoom(roomOfText(text));
    this.#cache.keep(this.#cache.indexOf(text), text, slot);
    return text;
  }
}

function readShape(r: ByteReader): Shape {
  const count = r.varint(r.remaining);
  const names: string[] = [];
  let room = 10 * count;
  for (let i = 0; i < count; i++) {
    const name = r.text(r.remaining);
    room += roomOfText(name);
    names.push(name);
  }
  // Parsing makes an object whose fields are all inside it, and makes `__proto__` a field like any other.
  const template = JSON.parse(`{${names.map((name) => `${JSON.stringify(name)}:null`).join()}}`) as Record<string, unknown>; // an object by its braces
  const ordered = Object.keys(template);
  if (ordered.length !== count || ordered.some((name, i) => name !== names[i])) refuseBytes('fields twice, or in an order no object has');
  return { template, names: ordered, slots: ordered.map(newSlot), room };
}

/** True for names that both sides can afford to remember. */
function fitsShape(names: readonly string[]): boolean {
  return names.length <= FIELDS_MAX && names.reduce((units, name) => units + name.length, 0) <= NAMES_UNITS_MAX;
}

/** The node one field further on, through a memory of one. */
function follow(node: ShapeNode, name: string): ShapeNode | undefined {
  if (node.lastName !== name || node.lastNode === undefined) {
    node.lastName = name;
    node.lastNode = node.next.get(name);
  }
  return node.lastNode;
}

function newNode(): ShapeNode {
  return { lastName: '', lastNode: undefined, next: new Map(), index: -1, slots: [] };
}

function newSlot(): Slot {
  return { integer: 0, text: '' };
}

function writeSlotNumber(w: ByteWriter, n: number, slot: Slot): void {
  if (!Number.isSafeInteger(n) || Object.is(n, -0)) {
    writeNumber(w, n);
    return;
  }
  const difference = n - slot.integer;
  slot.integer = n;
  const magnitude = difference < 0 ? -2 * difference - 1 : 2 * difference;
  if ((n < 0 || n > 127) && magnitude < 2 ** 49 && varintLength(magnitude) < varintLength(n < 0 ? -1 - n : n)) {
    w.u8(DIFFERENCE);
    w.varint(magnitude);
  } else {
    writeNumber(w, n);
  }
}

function readSlotNumber(r: ByteReader, tag: number, slot: Slot): number | undefined {
  const n = tag === DIFFERENCE ? slot.integer + r.zigzag() : readNumber(r, tag);
  if (n === undefined || !Number.isSafeInteger(n) || Object.is(n, -0)) {
    if (tag === DIFFERENCE) refuseBytes('an integer out of range');
    return n;
  }
  slot.integer = n;
  return n;
}

/** How many units both begin with, never half of a pair. */
function sharedUnits(text: string, last: string): number {
  const limit = Math.min(text.length, last.length);
  let shared = 0;
  while (shared < limit && text.charCodeAt(shared) === last.charCodeAt(shared)) shared++;
  return endsInPair(text, shared) ? shared - 1 : shared;
}

function endsInPair(text: string, end: number): boolean {
  return end > 0 && (text.charCodeAt(end - 1) & 0xfc00) === 0xd800;
}
