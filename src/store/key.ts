/** Which strings are keys: well-formed Unicode of 1 to 1,024 UTF-8 bytes, outside the prefix Cairn keeps for itself. */

import { misuse } from '../assert.ts';
import { checkText, faultOfText } from '../codec/text.ts';
import { KEY_BYTES_MAX } from '../limits.ts';

/** Keys with this prefix hold the replica's own replicated data (the member list); no user can name them. */
export const INTERNAL_PREFIX = '\u0000cairn/';

/** Whether the key is one of the store's own. */
export function isInternalKey(key: string): boolean {
  return key.charCodeAt(0) === 0 && key.startsWith(INTERNAL_PREFIX);
}

/** Throws: TypeError (no well-formed string), RangeError (length, reserved prefix). */
export function checkKey(key: string): void {
  checkText(key, 'a key', KEY_BYTES_MAX);
  if (isInternalKey(key)) throw new RangeError(misuse(key, 'a key', 'is reserved'));
}

/** What makes a string no key; undefined when it is one. */
export function faultOfKey(key: string): string | undefined {
  return faultOfText(key, KEY_BYTES_MAX);
}
