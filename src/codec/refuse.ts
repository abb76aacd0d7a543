/** The one way in which a decoder says no, so that damaged or hostile bytes are told apart from defects of ours. */

import { CausalError } from '../errors.ts';

/** Throws ENCODING_INVALID; `seen` says what was found, as the middle of a sentence. */
export function refuseBytes(seen: string): never {
  throw new CausalError('ENCODING_INVALID', `Cannot decode the bytes: ${seen}`);
}
