/** L20 for bytes at rest: what a medium flips or tears is noticed when it is read. */

import fc from 'fast-check';
import { checkLaw, demand, type LawParameters, show } from './check.ts';

/**
 * L20: sealed bytes of which a bit turned, or whose tail is torn off, are refused with an error `isRefusal` accepts; they
 * never open as something else. `open` may answer what it still can read: then `equals` must hold for it.
 * Throws: LawBroken.
 */
export function detectedDamage<T>(
  arbitrary: fc.Arbitrary<T>,
  seal: (value: T) => Uint8Array,
  open: (bytes: Uint8Array) => T,
  equals: (a: T, b: T) => boolean,
  isRefusal: (error: unknown) => boolean,
  parameters?: LawParameters,
): void {
  const harm = fc.record({ isTorn: fc.boolean(), at: fc.nat(), bit: fc.nat({ max: 7 }) });
  checkLaw(
    'L20 detected damage',
    fc.tuple(arbitrary, harm),
    ([value, { isTorn, at, bit }]) => {
      const bytes = seal(value);
      demand(equals(open(bytes.slice()), value), 'unharmed bytes must open as what was sealed');
      const where = bytes.length === 0 ? 0 : at % bytes.length;
      const harmed = isTorn ? bytes.slice(0, where) : bytes.slice();
      if (!isTorn && bytes.length > 0) harmed[where] = (harmed[where] ?? 0) ^ (1 << bit);
      let opened: T;
      try {
        opened = open(harmed.slice());
      } catch (error) {
        demand(isRefusal(error), `harmed ${show(harmed)} must be refused by a typed error, not ${String(error)}`);
        return;
      }
      demand(equals(opened, value), `harmed ${show(harmed)} opened as ${show(opened)}, and nobody noticed`);
    },
    parameters,
  );
}
