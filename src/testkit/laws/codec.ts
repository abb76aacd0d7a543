/**
 * L5: an encoding round-trips and is canonical (one state, one text of bytes); and its part of L21: bytes that are not
 * the encoding of anything are refused, never taken for something else.
 */

import fc from 'fast-check';
import { equalBytes } from '../../codec/byte-arrays.ts';
import { checkLaw, demand, type LawParameters, show } from './check.ts';

/** L5: decoding gives back the example, encoding it again gives the same bytes, and equal examples share their bytes. Throws: LawBroken. */
export function codec<T>(
  arbitrary: fc.Arbitrary<T>,
  encode: (value: T) => Uint8Array,
  decode: (bytes: Uint8Array) => T,
  equals: (a: T, b: T) => boolean,
  parameters?: LawParameters,
): void {
  checkLaw(
    'L5 codec',
    fc.tuple(arbitrary, arbitrary),
    ([value, other]) => {
      const bytes = encode(value);
      const copy = decode(bytes.slice());
      demand(equals(copy, value), `decode(encode(x)) must equal x, and is ${show(copy)}`);
      demand(
        equalBytes(encode(copy), bytes),
        `encode(decode(bytes)) must be the same bytes: ${show(bytes)} became ${show(encode(copy))}`,
      );
      demand(
        equals(value, other) === equalBytes(bytes, encode(other)),
        'equal examples, and only they, must have equal bytes',
      );
    },
    parameters,
  );
}

/** One way to damage an encoding; `at` is taken modulo its length. */
type Damage = { readonly kind: 'flip' | 'cut' | 'insert' | 'append'; readonly at: number; readonly byte: number };

/**
 * L21: damaged bytes (a changed, missing, inserted or appended byte) are refused with an error `isRefusal` accepts,
 * or are themselves canonical: they decode to something that encodes to exactly them.
 * Throws: LawBroken.
 */
export function codecRefusal<T>(
  arbitrary: fc.Arbitrary<T>,
  encode: (value: T) => Uint8Array,
  decode: (bytes: Uint8Array) => T,
  isRefusal: (error: unknown) => boolean,
  parameters?: LawParameters,
): void {
  const damage: fc.Arbitrary<Damage> = fc.record({
    kind: fc.constantFrom('flip', 'cut', 'insert', 'append'),
    at: fc.nat(),
    byte: fc.oneof(fc.integer({ min: 0, max: 255 }), fc.constantFrom(0, 1, 0x7f, 0x80, 0xff)),
  });
  checkLaw(
    'L21 codec refusal',
    fc.tuple(arbitrary, damage),
    ([value, how]) => {
      const bytes = damaged(encode(value), how);
      let decoded: T;
      try {
        decoded = decode(bytes.slice());
      } catch (error) {
        demand(isRefusal(error), `damaged ${show(bytes)} must be refused by a typed error, not ${String(error)}`);
        return;
      }
      const again = encode(decoded);
      demand(
        equalBytes(again, bytes),
        `damaged ${show(bytes)} were taken for ${show(decoded)}, whose bytes are ${show(again)}`,
      );
    },
    parameters,
  );
}

function damaged(bytes: Uint8Array, { kind, at, byte }: Damage): Uint8Array {
  if (kind === 'append') return Uint8Array.of(...bytes, byte);
  const where = bytes.length === 0 ? 0 : at % bytes.length;
  if (kind === 'insert') return Uint8Array.of(...bytes.subarray(0, where), byte, ...bytes.subarray(where));
  if (kind === 'cut') return bytes.slice(0, where);
  const copy = bytes.slice();
  copy[where] = byte;
  return copy;
}
