/** What is said of a peer that does not keep to the protocol of exchanges. */

import { CausalError } from '../errors.ts';

/** `what`: what the peer sent, and should not have. */
export function violation(what: string): CausalError {
  return new CausalError('PROTOCOL_VIOLATION', `Cannot go on with the exchange: the peer sent ${what}`);
}
