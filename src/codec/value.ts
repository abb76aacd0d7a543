/**
 * What a store can hold: structured data, checked once at the door and deeply frozen from then on, so that nobody can
 * change stored state by accident. Dates and byte arrays cannot be frozen; values that hold one are remembered, and
 * are copied whenever they are handed out. Knows nothing of how values become bytes.
 */

import { VALUE_BYTES_MAX, VALUE_DEPTH_MAX } from '../limits.ts';
import { objectWithRoom, sameNames, setField } from './compact.ts';
import { isWellFormed, utf8Length } from './text.ts';

/** Structured data: the JSON types, and bigint, Date and Uint8Array. */
export type Value =
  | null
  | boolean
  | number
  | string
  | bigint
  | Uint8Array
  | Date
  | readonly Value[]
  | { readonly [field: string]: Value };

/** Where in a value its checker is: in the member `key` of `container`, `depth` containers deep. */
type Place = {
  readonly up: Place | undefined;
  readonly container: object;
  readonly key: string | number;
  readonly depth: number;
};

/** What one value may still take, counted as bytes of its largest encoding: 10 a member, and its text and bytes. */
let room = 0;

/** The field names of the object checked last, which are known to be well formed. */
const namesBefore: string[] = [];
const NAMES_BEFORE_MAX = 32;

const NO_FIELDS = {};

/** Containers that hold a Date or a Uint8Array somewhere below them. */
const holders = new WeakSet<object>();
/** False while there was never a holder, which saves the look-up. */
let anyHolder = false;

/**
 * A deeply frozen copy of `input`; undefined fields are dropped, getters are read once.
 * Bound: VALUE_DEPTH_MAX containers deep, VALUE_BYTES_MAX bytes in its largest encoding.
 * Throws: TypeError naming the path of what cannot be stored; RangeError over a bound.
 */
export function freezeValue(input: unknown): Value {
  const outer = room; // a getter may call freezeValue
  room = VALUE_BYTES_MAX;
  const value = check(input, undefined);
  if (room < 0) refuseSize(undefined);
  room = outer;
  return value;
}

function check(input: unknown, place: Place | undefined): Value {
  if (typeof input === 'object' && input !== null) return checkObject(input, place);
  const fault = scalarFault(input);
  if (fault !== '') refuse(place, fault);
  return input as Value; // a scalar without a fault
}

/** Why something that is not an object cannot be stored, or ''. */
function scalarFault(input: unknown): string {
  if (typeof input === 'string') {
    room -= roomOfText(input);
    return isWellFormed(input) ? '' : 'text with a lone surrogate';
  }
  if (typeof input === 'number') return Number.isFinite(input) ? '' : String(input);
  if (typeof input === 'bigint') {
    room -= 10 + input.toString(16).length;
    return '';
  }
  if (typeof input === 'boolean' || input === null) return '';
  return input === undefined ? 'undefined' : `a ${typeof input}`;
}

function checkObject(input: object, place: Place | undefined): Value {
  const depth = place === undefined ? 1 : place.depth + 1;
  if (depth > VALUE_DEPTH_MAX) {
    throw new RangeError(`Cannot store ${path(place)}: it lies over ${VALUE_DEPTH_MAX} deep`);
  }
  const prototype: unknown = Object.getPrototypeOf(input);
  if (prototype !== Object.prototype) {
    if (Array.isArray(input)) return checkArray(input, place, depth);
    if (prototype !== null && !isObjectPrototype(prototype)) return checkOther(input, place);
  }
  if (Object.getOwnPropertySymbols(input).length > 0) refuse(place, 'an object with a symbol for a field name');
  const count = prototype === Object.prototype ? countFields(input) : Object.keys(input).length;
  const copy = objectWithRoom(count);
  let holds = false;
  let i = 0;
  // Measured: for-in is three times as quick as Object.keys and look-ups. It shows inherited fields after the own ones.
  for (const name in input) {
    if (i === count) break;
    // Most objects have the names of the one before: those need not be checked again.
    if (namesBefore[i] !== name) {
      if (!isWellFormed(name)) refuse(place, 'an object with a lone surrogate in a field name');
      if (i < NAMES_BEFORE_MAX) namesBefore[i] = name;
    }
    i++;
    let field = (input as Record<string, unknown>)[name]; // one read, in case it is a getter
    if (field === undefined) continue;
    room -= 10 + roomOfText(name);
    if (typeof field === 'object' && field !== null) {
      const value = checkObject(field, within(place, input, name, depth));
      if (holdsMutable(value)) holds = true;
      field = value;
    } else {
      const fault = scalarFault(field);
      if (fault !== '') refuse(within(place, input, name, depth), fault);
    }
    setField(copy, name, field);
  }
  return sealContainer(copy, holds);
}

/** How many enumerable string fields a plain object has of its own. Measured: an array of their names is a seventh of all garbage. */
function countFields(input: object): number {
  let count = 0;
  for (const _ in input) count++;
  // What even an empty object shows is inherited.
  for (const _ in NO_FIELDS) return Object.keys(input).length;
  return count;
}

function checkArray(input: readonly unknown[], place: Place | undefined, depth: number): Value {
  room -= 10 * input.length;
  if (room < 0) refuseSize(place);
  const copy: unknown[] = [...input];
  let holds = false;
  for (let i = 0; i < copy.length; i++) {
    const member = copy[i];
    if (typeof member === 'object' && member !== null) {
      const value = checkObject(member, within(place, input, i, depth));
      copy[i] = value;
      if (holdsMutable(value)) holds = true;
    } else {
      const fault = scalarFault(member);
      if (fault !== '')
        refuse(within(place, input, i, depth), fault === 'undefined' && !(i in input) ? 'a hole' : fault);
    }
  }
  return sealContainer(copy, holds);
}

/** Dates and byte arrays are copied; every other kind of object is refused. */
function checkOther(input: object, place: Place | undefined): Value {
  const kind = tagOf(input);
  if (kind === 'Uint8Array') {
    room -= 10 + (input as Uint8Array).length; // told by its tag, whatever realm or subclass
    return noteMutable(new Uint8Array(input as Uint8Array)); // told by its tag
  }
  if (kind === 'Date') {
    const copy = new Date(Date.prototype.getTime.call(input));
    if (Number.isNaN(copy.getTime())) refuse(place, 'an invalid Date');
    return noteMutable(copy);
  }
  const name: unknown = (input as { constructor?: { name?: unknown } }).constructor?.name; // whatever it is, only shown
  refuse(place, `an instance of ${typeof name === 'string' && name !== '' ? name : kind}`);
}

/** True for the Object.prototype of another realm. */
function isObjectPrototype(prototype: unknown): boolean {
  return Object.getPrototypeOf(prototype) === null && Object.hasOwn(prototype as object, 'isPrototypeOf'); // not null: the caller saw to it
}

/** The place of a member; refuses a container that is inside itself. */
function within(up: Place | undefined, container: object, key: string | number, depth: number): Place {
  const place = { up, container, key, depth };
  for (let outer = up; outer !== undefined; outer = outer.up) {
    if (outer.container === container) refuse(up, 'an object that holds itself');
  }
  return place;
}

function path(place: Place | undefined): string {
  if (place === undefined) return 'value';
  const { key } = place;
  return path(place.up) + (/^[A-Za-z_$][\w$]*$/.test(`${key}`) ? `.${key}` : `[${JSON.stringify(key)}]`);
}

function refuse(place: Place | undefined, seen: string): never {
  throw new TypeError(`Cannot store ${path(place)}: ${seen}`);
}

function refuseSize(place: Place | undefined): never {
  throw new RangeError(`Cannot store ${path(place)}: it may have over ${VALUE_BYTES_MAX} bytes`);
}

/** What a text takes of the room of a value: at least its UTF-8 bytes. */
export function roomOfText(text: string): number {
  return text.length < 100 ? 3 * text.length : utf8Length(text);
}

/** For decoders: freezes a container whose members are values already, and remembers it when it `holds` a Date or a Uint8Array. */
export function sealContainer(container: object, holds: boolean): Value {
  if (holds) holders.add(container);
  return Object.freeze(container) as Value; // its members are values: the caller made them
}

/** For decoders: takes note that there are Dates or Uint8Arrays, and hands back the one given. */
export function noteMutable<T extends Date | Uint8Array>(value: T): T {
  anyHolder = true;
  return value;
}

/** For decoders: true when the value is a Date or a Uint8Array, or holds one. */
export function holdsMutable(value: Value): boolean {
  return (
    anyHolder &&
    typeof value === 'object' &&
    value !== null &&
    (holders.has(value) || value instanceof Date || value instanceof Uint8Array)
  );
}

/** The value itself; or, when a Date or Uint8Array is in it, a copy that its owner may change without harm. */
export function exposeValue<V extends Value | undefined>(value: V): V;
/** The same, for whichever of both it is. */
export function exposeValue(value: Value | undefined): Value | undefined {
  if (value === undefined || !holdsMutable(value)) return value;
  if (value instanceof Date) return new Date(value.getTime());
  if (value instanceof Uint8Array) return new Uint8Array(value);
  if (Array.isArray(value)) return Object.freeze(value.map(exposeValue));
  const fields = Object.entries(value as { readonly [field: string]: Value }); // neither scalar nor array, as seen above
  const copy = objectWithRoom(fields.length);
  for (const [name, field] of fields) setField(copy, name, exposeValue(field));
  return Object.freeze(copy) as Value; // of values
}

/** True when both are the same value by structure; the order of fields counts, and -0 is not 0. */
export function valuesEqual(a: Value, b: Value): boolean {
  if (Object.is(a, b)) return true;
  if (typeof a !== 'object' || tagOf(a) !== tagOf(b)) return false;
  if (a instanceof Date) return a.getTime() === (b as Date).getTime(); // of one tag
  if (Array.isArray(a) || a instanceof Uint8Array) {
    const members = b as readonly Value[]; // of one tag
    return a.length === members.length && members.every((member, at) => valuesEqual(a[at] as Value, member)); // as long
  }
  const fields = a as { readonly [field: string]: Value }; // what is left of the union
  const others = b as { readonly [field: string]: Value }; // of one tag
  const names = Object.keys(fields);
  if (!sameNames(names, Object.keys(others))) return false;
  return names.every((name) => valuesEqual(fields[name] as Value, others[name] as Value)); // own fields of both
}

/** `Date`, `Uint8Array`, `Array` or `Object`, whatever realm it is of; another name for what is no object. */
function tagOf(value: unknown): string {
  return Object.prototype.toString.call(value).slice(8, -1);
}
