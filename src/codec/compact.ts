/**
 * Plain objects made field by field, with room for the number of fields they will get. V8 gives the instances of a
 * constructor as many places inside the object as the first ones needed, and all of one shape share one hidden class,
 * frozen ones too. Copies by spread do not: once frozen, each has a hidden class of its own (measured on Node 20 for
 * five fields: 307 bytes and 161 ns each, against 91 and 111 here). Also keeps hidden classes from being dropped.
 */

type Maker = new () => Record<string, unknown>;

const makers: Maker[] = [];
const alive: object[] = [];
const FIELDS_MAX = 256;

/** An ordinary object (its prototype is Object.prototype) that will get about `fields` fields. */
export function objectWithRoom(fields: number): Record<string, unknown> {
  if (fields > FIELDS_MAX) return {};
  let Fields = makers[fields];
  if (Fields === undefined) {
    Fields = newMaker(fields);
    makers[fields] = Fields;
  }
  return new Fields();
}

/** Sets an own field, `__proto__` like any other. */
export function setField(object: Record<string, unknown>, name: string, value: unknown): void {
  if (name !== '__proto__') object[name] = value;
  else Object.defineProperty(object, name, { value, enumerable: true, configurable: true, writable: true });
}

/** Holds these objects for ever, and so their hidden classes, which V8 drops when no object has them any more. */
export function keepAlive(...objects: readonly object[]): void {
  alive.push(...objects);
}

/** True when both lists have the same names in the same order. */
export function sameNames(a: readonly string[], b: readonly string[]): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

function newMaker(fields: number): Maker {
  // A class has a prototype of its own that cannot be replaced; a function can share that of all plain objects.
  function PlainObject(): void {}
  PlainObject.prototype = Object.prototype;
  const Fields = PlainObject as unknown as Maker; // any function declared can be called with new
  // The first eight settle how much room there is, so they are not left to what happens to be stored first.
  for (let i = 0; i < 8; i++) {
    const first = new Fields();
    for (let j = 0; j < fields; j++) first[`_${j}`] = j;
  }
  return Fields;
}
