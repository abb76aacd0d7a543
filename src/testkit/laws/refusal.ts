/** L21: input that is refused changes nothing. */

import type fc from 'fast-check';
import { checkLaw, demand, type LawParameters, show } from './check.ts';

/** Something that may refuse input, and a digest of all its state. */
export type Refusing<I> = { readonly attempt: (input: I) => void; readonly digest: () => string | Uint8Array };

/**
 * L21: every drawn input is refused with an error `isRefusal` accepts, and the state is what it was.
 * Throws: LawBroken.
 */
export function refusal<I>(
  bad: fc.Arbitrary<I>,
  create: () => Refusing<I>,
  isRefusal: (error: unknown) => boolean,
  parameters?: LawParameters,
): void {
  checkLaw(
    'L21 refusal',
    bad,
    (input) => {
      const subject = create();
      const before = show(subject.digest());
      let error: unknown;
      let refused = false;
      try {
        subject.attempt(input);
      } catch (thrown) {
        error = thrown;
        refused = true;
      }
      demand(refused, 'bad input must be refused');
      demand(isRefusal(error), `the refusal must be a typed error, not ${String(error)}`);
      demand(show(subject.digest()) === before, 'refused input must change nothing');
    },
    parameters,
  );
}
