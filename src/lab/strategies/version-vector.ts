/** Version vectors for baselines: id → counter, where a counter stands for all up to it. Shares nothing with `src/clock`. */

import { varintLength } from '../../codec/byte-arrays.ts';

/** Immutable; an id that is not there counts 0. */
export type Vector = ReadonlyMap<string, number>;

export const NO_VECTOR: Vector = new Map();

/** An id is counted as eight bytes, whatever it is called here. */
const ID_BYTES = 8;

/** How many events of an id it has. */
export function countIn(vector: Vector, id: string): number {
  return vector.get(id) ?? 0;
}

/** Whether it has all that the other has; of equal ones each does. */
export function descends(one: Vector, other: Vector): boolean {
  for (const [id, count] of other) if (countIn(one, id) < count) return false;
  return true;
}

/** The greater counter of each id; the very same vector where one has all. */
export function join(one: Vector, other: Vector): Vector {
  if (one === other || descends(one, other)) return one;
  if (descends(other, one)) return other;
  const both = new Map(one);
  for (const [id, count] of other) both.set(id, Math.max(count, countIn(one, id)));
  return both;
}

/** The same with the next counter of one id. */
export function increment(vector: Vector, id: string): Vector {
  return new Map(vector).set(id, countIn(vector, id) + 1);
}

/** Whether each has all of the other. */
export function areEqualVectors(one: Vector, other: Vector): boolean {
  return one === other || (descends(one, other) && descends(other, one));
}

/** Bytes it would take, with its length. */
export function vectorBytes(vector: Vector): number {
  let bytes = 1;
  for (const count of vector.values()) bytes += ID_BYTES + varintLength(count);
  return bytes;
}
