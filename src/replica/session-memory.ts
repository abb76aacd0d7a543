/**
 * What session tokens say that were given out or read lately. A session comes back with the token it was given last, mostly
 * to the replica that gave it, and one call asks for it several times; putting it into words and reading it again takes
 * longer than all else that a call without a quorum does. A token is its own name here: whoever forges one gets nothing.
 */

import type { DotSet } from '../clock/dot-set.ts';
import { decodeToken, encodeToken } from '../store/context-token.ts';

const TOKENS_MAX = 256;
/** In letters; those of groups with very many replicas are read each time. */
const TOKEN_LENGTH_MAX = 1_024;
const remembered = new Map<string, DotSet>();

/** The token of a session that has seen this. */
export function sessionTokenFor(seen: DotSet): string {
  const token = encodeToken('session', '', seen);
  remember(token, seen);
  return token;
}

/** What a session has seen. Throws: CONTEXT_INVALID. Bound: at most TOKENS_MAX tokens are remembered at a time. */
export function seenInSession(token: string): DotSet {
  const known = remembered.get(token);
  if (known !== undefined) return known;
  const seen = decodeToken('session', '', token);
  remember(token, seen);
  return seen;
}

function remember(token: string, seen: DotSet): void {
  if (token.length > TOKEN_LENGTH_MAX) return;
  if (remembered.size >= TOKENS_MAX) remembered.clear();
  remembered.set(token, seen);
}
