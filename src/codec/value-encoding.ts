/**
 * The encoding of one value by itself: canonical, without state; for records at rest, tokens and digests. Tags are
 * those of scalar.ts; arrays and objects carry their count and then their members, field names as text. Fields keep the
 * order in which the object enumerates them, and a decoder refuses an order that no object has (field names that are
 * array indexes come first, in ascending order).
 */

import { VALUE_DEPTH_MAX } from '../limits.ts';
import { ByteReader, ByteWriter } from './bytes.ts';
import { refuseBytes } from './refuse.ts';
import { DATE, FALSE, NULL, openRoom, readCount, readDate, readNumber, readOther, TEXT, TRUE, takeRoom, writeBinary, writeCount, writeNumber, writeTextLiteral } from './scalar.ts';
import { holdsMutable, roomOfText, sealContainer, type Value } from './value.ts';

const VERSION = 1;
/** Tags 0x30 to 0x3f: arrays; 0x40 to 0x4f: objects; below 15 members in the tag. */
const ARRAY = 0x30;
const OBJECT = 0x40;
const OBJECT_END = 0x50;

/** The canonical bytes of a value: a version byte, then the value. */
export function encodeValue(value: Value): Uint8Array {
  const w = new ByteWriter();
  w.u8(VERSION);
  writeValue(w, value);
  return w.finish();
}

/** The value of canonical bytes, deeply frozen. Throws: ENCODING_INVALID for bytes that encodeValue does not make. */
export function decodeValue(bytes: Uint8Array): Value {
  const r = new ByteReader(bytes);
  if (r.u8() !== VERSION) refuseBytes('a value in an unknown version');
  const value = readValue(r);
  r.expectEnd();
  return value;
}

/** Writes a value that freezeValue or a decoder made, without a version byte. */
export function writeValue(w: ByteWriter, value: Value): void {
  if (typeof value === 'string') {
    writeTextLiteral(w, value);
  } else if (typeof value === 'number') {
    writeNumber(w, value);
  } else if (value === null) {
    w.u8(NULL);
  } else if (typeof value === 'boolean') {
    w.u8(value ? TRUE : FALSE);
  } else if (typeof value === 'bigint' || value instanceof Uint8Array) {
    writeBinary(w, value);
  } else if (value instanceof Date) {
    w.u8(DATE);
    writeNumber(w, value.getTime());
  } else if (Array.isArray(value)) {
    writeCount(w, ARRAY, 15, value.length);
    for (const member of value) writeValue(w, member);
  } else {
    const fields = value as { readonly [field: string]: Value }; // what is left of the union
    const names = Object.keys(fields);
    writeCount(w, OBJECT, 15, names.length);
    for (const name of names) {
      writeTextLiteral(w, name);
      writeValue(w, fields[name] as Value); // an own field
    }
  }
}

/**
 * Reads a value that writeValue wrote, deeply frozen.
 * Bound: VALUE_DEPTH_MAX and VALUE_BYTES_MAX, as in freezeValue. Throws: ENCODING_INVALID.
 */
export function readValue(r: ByteReader): Value {
  openRoom();
  return readMember(r, 1);
}

/** Reads one value; `depth` is the depth it has if it is a container. */
function readMember(r: ByteReader, depth: number): Value {
  const tag = r.u8();
  const n = readNumber(r, tag);
  if (n !== undefined) return n;
  if (tag >= TEXT && tag < ARRAY) return readText(r, tag);
  if (tag === DATE) return readDate(readNumber(r, r.u8()));
  if (tag < ARRAY || tag >= OBJECT_END) return readOther(r, tag);
  if (depth > VALUE_DEPTH_MAX) refuseBytes(`a value of more than ${VALUE_DEPTH_MAX} containers in one another`);
  const count = readCount(r, tag, tag < OBJECT ? ARRAY : OBJECT, 15);
  takeRoom(10 * count);
  let holds = false;
  if (tag < OBJECT) {
    const members: Value[] = [];
    for (let i = 0; i < count; i++) {
      const member = readMember(r, depth + 1);
      if (holdsMutable(member)) holds = true;
      members.push(member);
    }
    return sealContainer(members, holds);
  }
  const entries: [string, Value][] = [];
  for (let i = 0; i < count; i++) {
    const nameTag = r.u8();
    if (nameTag < TEXT || nameTag >= ARRAY) refuseBytes('a field name that is not text');
    const name = readText(r, nameTag);
    const field = readMember(r, depth + 1);
    if (holdsMutable(field)) holds = true;
    entries.push([name, field]);
  }
  const fields = Object.fromEntries(entries); // makes `__proto__` a field like any other
  const names = Object.keys(fields);
  if (names.length !== count || names.some((name, i) => name !== entries[i]?.[0])) refuseBytes('fields twice, or in an order no object has');
  return sealContainer(fields, holds);
}

function readText(r: ByteReader, tag: number): string {
  const text = r.utf8(readCount(r, tag, TEXT, 31));
  takeRoom(roomOfText(text));
  return text;
}
