/** Which strings are keys: well-formed Unicode of 1 to 1,024 UTF-8 bytes, outside the prefix Cairn keeps for itself. */

import { isWellFormed, utf8Length } from '../codec/text.ts';
import { KEY_BYTES_MAX } from '../limits.ts';

/** Keys with this prefix hold the replica's own replicated data (the member list); no user can name them. */
export const INTERNAL_PREFIX = '\u0000cairn/';

/** Whether the key is one of the store's own. */
export function isInternalKey(key: string): boolean {
  return key.charCodeAt(0) === 0 && key.startsWith(INTERNAL_PREFIX);
}

/** Throws: TypeError (no well-formed string), RangeError (length, reserved prefix). */
export function checkKey(key: string): void {
  if (typeof key !== 'string')
    throw new TypeError(`Cannot use ${String(key)} as a key: it is a ${typeof key}, give a string`);
  const fault = faultOfKey(key);
  if (fault !== undefined) {
    const Kind = isWellFormed(key) ? RangeError : TypeError;
    throw new Kind(`Cannot use ${JSON.stringify(key.slice(0, 60))} as a key: it ${fault}`);
  }
  if (isInternalKey(key)) {
    throw new RangeError('Cannot use this key: keys that begin with NUL and "cairn/" are kept for the store itself');
  }
}

/** What makes a string no key; undefined when it is one. */
export function faultOfKey(key: string): string | undefined {
  if (key.length === 0) return 'is empty, give 1 to 1,024 bytes';
  if (!isWellFormed(key)) return 'holds a lone surrogate, give well-formed Unicode';
  if (key.length * 3 > KEY_BYTES_MAX && utf8Length(key) > KEY_BYTES_MAX) {
    return `has ${utf8Length(key)} bytes, the limit is ${KEY_BYTES_MAX}`;
  }
  return undefined;
}
