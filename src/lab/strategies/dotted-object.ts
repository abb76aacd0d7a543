/**
 * What a store keeps for a key that names each value by its dot and the whole by one vector: dotted version vectors
 * (Preguiça et al., 2010) in the compact form of DVVSet (Almeida et al., DAIS 2014). A vector for each key, none for the
 * store: who drops it has forgotten which dots the key ever had.
 */

import { varintLength } from '../../codec/byte-arrays.ts';
import { areEqualVectors, countIn, increment, join, type Vector, vectorBytes } from './version-vector.ts';

/** A value or a tombstone, with the write that made it. */
export type DottedValue = {
  readonly id: string;
  readonly count: number;
  readonly operation: number;
  readonly isDelete: boolean;
};

/** `clock` covers every dot this key ever had here, those of the values among them. */
export type DottedObject = { readonly clock: Vector; readonly values: readonly DottedValue[] };

/** What a writer had seen: a vector; and its own last write, where it wrote without looking again (as DVVSetAck has it). */
export type DottedContext = Pick<DottedObject, 'clock'> & { readonly own?: Pick<DottedValue, 'id' | 'count'> };

export const NOTHING_SEEN: DottedContext = { clock: new Map() };

/** Adds a value whose writer had seen `context`; what that covers goes. */
export function putDotted(
  held: DottedObject | undefined,
  context: DottedContext,
  by: string,
  written: Pick<DottedValue, 'operation' | 'isDelete'>,
): DottedObject {
  const known = forgetDotted(held, context);
  const clock = increment(known.clock, by);
  const value = { id: by, count: countIn(clock, by), ...written };
  return { clock, values: inOrder([...known.values, value]) };
}

/** Drops the values that a context covers, and remembers the context. */
export function forgetDotted(held: DottedObject | undefined, { clock, own }: DottedContext): DottedObject {
  if (held === undefined) return { clock, values: [] };
  const isSeen = (value: DottedValue): boolean =>
    isCovered(value, clock) || (own !== undefined && isSameDot(own, value));
  return { clock: join(held.clock, clock), values: held.values.filter((value) => !isSeen(value)) };
}

/**
 * A value stays when both have it, or when the other never heard of it. Commutative, associative and idempotent as long as
 * no dot names two writes. Where one does: DVVSet takes the value of the first side; `keepsTwins`: both stay.
 */
export function mergeDotted(one: DottedObject, other: DottedObject, keepsTwins = false): DottedObject {
  if (one === other) return one;
  const values = one.values.filter((value) => hasDot(other, value) || !isCovered(value, other.clock));
  for (const value of other.values) {
    const twins = one.values.filter((mine) => isSameDot(mine, value));
    const isMissing = twins.every(({ operation }) => operation !== value.operation);
    if (twins.length === 0 ? !isCovered(value, one.clock) : keepsTwins && isMissing) values.push(value);
  }
  return { clock: join(one.clock, other.clock), values: inOrder(values) };
}

/** As DVVSet compares: by vectors and dots, not by what was written. */
export function areEqualDotted(one: DottedObject, other: DottedObject): boolean {
  if (one === other) return true;
  const areSame = one.values.length === other.values.length && one.values.every((value) => hasDot(other, value));
  return areSame && areEqualVectors(one.clock, other.clock);
}

/** By what was written, too. */
export function areSameDotted(one: DottedObject, other: DottedObject): boolean {
  return areEqualDotted(one, other) && one.values.every((value, at) => value.operation === other.values[at]?.operation);
}

/** The vector, and for each value its dot: which entry it belongs to, and the counter. */
export function dottedBytes({ clock, values }: DottedObject): number {
  return values.reduce((bytes, { count }) => bytes + 1 + varintLength(count), vectorBytes(clock));
}

function isCovered({ id, count }: DottedValue, context: Vector): boolean {
  return countIn(context, id) >= count;
}

function hasDot({ values }: DottedObject, dotted: DottedValue): boolean {
  return values.some((value) => isSameDot(value, dotted));
}

function isSameDot(one: Pick<DottedValue, 'id' | 'count'>, other: DottedValue): boolean {
  return one.id === other.id && one.count === other.count;
}

function inOrder(values: DottedValue[]): DottedValue[] {
  return values.sort((one, other) => one.operation - other.operation);
}
