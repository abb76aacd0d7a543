/** L24: two neighbouring versions of a format understand one another. */

import type fc from 'fast-check';
import { checkLaw, demand, type LawParameters, show } from './check.ts';

/** One version of a format. */
export type FormatVersion<T> = {
  readonly encode: (value: T) => Uint8Array;
  readonly decode: (bytes: Uint8Array) => T;
};

/**
 * L24: what version N − 1 wrote, version N reads as it was; what version N writes for a reader of N − 1, that one reads.
 * `newer.encode` is what is sent to a reader of the older version. Throws: LawBroken.
 */
export function interoperability<T>(
  arbitrary: fc.Arbitrary<T>,
  older: FormatVersion<T>,
  newer: FormatVersion<T>,
  equals: (a: T, b: T) => boolean,
  parameters?: LawParameters,
): void {
  const reads = (value: T, from: FormatVersion<T>, by: FormatVersion<T>, what: string): void => {
    const bytes = from.encode(value);
    let read: T;
    try {
      read = by.decode(bytes.slice());
    } catch (error) {
      throw new Error(`${what} must be read, and ${show(bytes)} were refused: ${String(error)}`);
    }
    demand(equals(read, value), `${what} must be read as it was, and became ${show(read)}`);
  };
  checkLaw(
    'L24 interoperability',
    arbitrary,
    (value) => {
      reads(value, older, newer, 'what the older version wrote');
      reads(value, newer, older, 'what the newer version writes for the older one');
    },
    parameters,
  );
}
