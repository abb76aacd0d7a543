/** The public names of `cairndb/codec`: values and their canonical bytes. */

export { compareText } from './text.ts';
export { freezeValue, type Value, valuesEqual } from './value.ts';
export { decodeValue, encodeValue } from './value-encoding.ts';
