/**
 * Paths as keys. A key is well-formed text of 1 to 1,024 bytes, a git path is any bytes: what is not UTF-8 is quoted
 * the way git itself prints such paths ("caf\351.txt"), and what is too long, or begins like the store's own keys, is
 * replaced by its beginning and a hash, with a table that leads back. Both are reversible; ordinary paths stay as they are.
 */

import { hashText, toHex } from '../../codec/hash.ts';
import { isWellFormed, utf8Length } from '../../codec/text.ts';
import { KEY_BYTES_MAX } from '../../limits.ts';

const NAMED_ESCAPES: ReadonlyMap<number, string> = new Map([
  [0x07, '\\a'],
  [0x08, '\\b'],
  [0x09, '\\t'],
  [0x0a, '\\n'],
  [0x0b, '\\v'],
  [0x0c, '\\f'],
  [0x0d, '\\r'],
  [0x22, '\\"'],
  [0x5c, '\\\\'],
]);

/** The bytes as text when they are UTF-8 and do not begin with a quotation mark, else quoted as git quotes them. */
export function pathOfBytes(bytes: Uint8Array): string {
  if (bytes[0] !== 0x22) {
    try {
      return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
    } catch {
      // not UTF-8: quoted below
    }
  }
  let quoted = '"';
  for (const byte of bytes) {
    const plain = byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : `\\${byte.toString(8).padStart(3, '0')}`;
    quoted += NAMED_ESCAPES.get(byte) ?? plain;
  }
  return `${quoted}"`;
}

/** The bytes that pathOfBytes was given. Law: bytesOfPath(pathOfBytes(b)) is b. */
export function bytesOfPath(path: string): Uint8Array {
  if (!path.startsWith('"')) return new TextEncoder().encode(path);
  const bytes: number[] = [];
  for (const [token] of path.slice(1, -1).matchAll(/\\[0-7]{3}|\\.|[^\\]/gsu)) bytes.push(byteOf(token));
  return Uint8Array.from(bytes);
}

function byteOf(token: string): number {
  if (token.length === 4) return Number.parseInt(token.slice(1), 8);
  for (const [byte, named] of NAMED_ESCAPES) if (named === token) return byte;
  return token.charCodeAt(0);
}

/** Paths to keys and back, for one run. */
export class PathKeys {
  readonly #pathByKey = new Map<string, string>();

  /** The path itself when it is a legal key, else its first characters and a hash. */
  keyOf(path: string): string {
    if (isKey(path)) return path;
    let head = path.replaceAll('\u0000', '\\000');
    // A UTF-16 unit is at most 3 bytes; a pair that the cut halved loses its other half too.
    head = head.slice(0, Math.floor(KEY_BYTES_MAX / 3) - 30);
    const key = `${isWellFormed(head) ? head : head.slice(0, -1)}… (shortened, ${toHex(hashText(path))})`;
    const other = this.#pathByKey.get(key);
    if (other !== undefined && other !== path)
      throw new RangeError(`Cannot use two paths: both shorten to ${JSON.stringify(key)}`);
    this.#pathByKey.set(key, path);
    return key;
  }

  /** The path that keyOf was given. */
  pathOf(key: string): string {
    return this.#pathByKey.get(key) ?? key;
  }
}

function isKey(path: string): boolean {
  if (path.charCodeAt(0) === 0) return false;
  return path.length * 3 <= KEY_BYTES_MAX || utf8Length(path) <= KEY_BYTES_MAX;
}
