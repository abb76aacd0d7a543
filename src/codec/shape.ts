/**
 * Objects with the same fields in the same order. Making them as copies of one template keeps the compact layout that
 * V8 gives to objects which were parsed or written out, and saves checking their names again.
 */

import { refuseBytes } from './refuse.ts';
import { roomOfText } from './value.ts';

export type Shape = {
  readonly names: readonly string[];
  /** An object that has these fields, to be copied. */
  readonly template: Readonly<Record<string, unknown>>;
  /** What the fields and their names take of the room of a value. */
  readonly room: number;
};

const FIELDS_MAX = 64;
const NAMES_UNITS_MAX = 1024;
const SHAPES_MAX = 1024;

/** Shapes made before, so that values by themselves are read as quickly as those of a stream. */
const shapes = new Map<string, Shape>();

/** A text of its own for every list of names: no name has a lone surrogate. */
export function shapeKey(names: readonly string[]): string {
  return names.length + names.join('\ud800');
}

/** True for a shape that is cheap enough to be remembered. */
export function isSmallShape(names: readonly string[]): boolean {
  return names.length <= FIELDS_MAX && names.join('').length <= NAMES_UNITS_MAX;
}

/** The shape of these names. Throws: ENCODING_INVALID for a name twice, or an order in which no object has them. */
export function makeShape(names: readonly string[]): Shape {
  const key = shapeKey(names);
  let shape = shapes.get(key);
  if (shape === undefined) {
    // Parsing makes an object whose fields are all inside it, and makes `__proto__` a field like any other.
    const template = JSON.parse(`{${names.map((name) => `${JSON.stringify(name)}:null`).join()}}`) as Record<string, unknown>; // an object by its braces
    const ordered = Object.keys(template); // the engine's own copies of the names, which are quicker to look up
    if (shapeKey(ordered) !== key) refuseBytes('fields twice, or in an order no object has');
    shape = { names: ordered, template, room: names.reduce((room, name) => room + 10 + roomOfText(name), 0) };
    if (isSmallShape(names)) {
      if (shapes.size === SHAPES_MAX) shapes.clear();
      shapes.set(key, shape);
    }
  }
  return shape;
}
