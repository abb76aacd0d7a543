/**
 * Text as Cairn compares and encodes it: well-formed Unicode, ordered by its UTF-8 bytes (which is the order of code
 * points, and not the order of UTF-16 units once surrogates are about), no normalization: NFC and NFD are two texts.
 * UTF-8 is written and read here, because the core compiles without TextEncoder.
 */

import { misuse } from '../assert.ts';
import { refuseBytes } from './refuse.ts';

/** Negative, 0 or positive by the order of the UTF-8 bytes. Cost: the common prefix. */
export function compareText(a: string, b: string): number {
  if (a === b) return 0;
  const shorter = Math.min(a.length, b.length);
  for (let i = 0; i < shorter; i++) {
    const x = a.charCodeAt(i);
    const y = b.charCodeAt(i);
    if (x !== y) return x < 0xd800 || y < 0xd800 ? x - y : rank(x) - rank(y);
  }
  return a.length - b.length;
}

/** Moves the surrogates, which stand for code points beyond U+FFFF, behind U+E000 to U+FFFF: for units from U+D800 on. */
function rank(unit: number): number {
  return unit < 0xe000 ? unit + 0x2800 : unit;
}

// `as`: newer than the library of es2023, though Node 20 and the browsers of 2023 have it.
const newer = String.prototype as { isWellFormed?: (this: string) => boolean };
const nativeIsWellFormed: ((this: string) => boolean) | undefined = newer.isWellFormed;

/** True when no surrogate stands alone. */
export function isWellFormed(text: string): boolean {
  if (nativeIsWellFormed !== undefined) return nativeIsWellFormed.call(text);
  return !/\p{Surrogate}/u.test(text);
}

/** True when the text has any surrogate, paired or not. */
export function hasSurrogates(text: string): boolean {
  for (let i = 0; i < text.length; i++) if ((text.charCodeAt(i) & 0xf800) === 0xd800) return true;
  return false;
}

/** What makes something no text of 1 to `max` bytes; undefined when it is one. */
export function faultOfText(text: unknown, max: number): string | undefined {
  if (typeof text !== 'string') return `is a ${typeof text}`;
  if (!isWellFormed(text)) return 'has a lone surrogate';
  if (text.length === 0) return 'is empty';
  return text.length * 3 > max && utf8Length(text) > max ? `has over ${max} bytes` : undefined;
}

/** Throws: TypeError for what is no well-formed string, RangeError for one that is empty or over `max` bytes. */
export function checkText(text: string, what: string, max: number): void {
  const fault = faultOfText(text, max);
  if (fault === undefined) return;
  const Misuse = typeof text === 'string' && isWellFormed(text) ? RangeError : TypeError;
  throw new Misuse(misuse(text, what, fault));
}

/** How many bytes `text` takes from unit `from` on, if it is well formed. */
export function utf8Length(text: string, from = 0): number {
  const units = text.length;
  let length = units - from;
  for (let i = from; i < units; i++) {
    const unit = text.charCodeAt(i);
    // Each half of a pair counts 2: a pair takes 4 bytes.
    if (unit > 0x7f) length += unit < 0x800 || (unit & 0xf800) === 0xd800 ? 1 : 2;
  }
  return length;
}

/** Writes the UTF-8 of `text` (from unit `from` on) into `target` and returns where it ends. Throws: TypeError for a lone surrogate. */
export function writeUtf8(text: string, target: Uint8Array, at: number, from = 0): number {
  const units = text.length;
  for (let i = from; i < units; i++) {
    const unit = text.charCodeAt(i);
    if (unit < 0x80) {
      target[at++] = unit;
      continue;
    }
    const point = text.codePointAt(i) as number; // i < units
    if ((point & 0x1ff800) === 0xd800) throw new TypeError(misuse(text, 'text', 'has a lone surrogate'));
    if (point > 0xffff) i++;
    const more = point < 0x800 ? 1 : point < 0x10000 ? 2 : 3;
    target[at++] = (0x100 - (0x80 >> more)) | (point >> (6 * more));
    for (let shift = 6 * more - 6; shift >= 0; shift -= 6) target[at++] = 0x80 | ((point >> shift) & 0x3f);
  }
  return at;
}

const RUN_UNITS_MAX = 64;
/** For each length of a run a list to gather its units in. */
const runs: number[][] = [];

/**
 * The text of the bytes `from` to `to`. Throws: ENCODING_INVALID unless they are UTF-8 in its shortest form. Measured: a
 * run made in one piece takes about the time of pieces of eight put together, but it is no rope, which takes twice the
 * memory and longer to look up.
 */
export function readUtf8(bytes: Uint8Array, from: number, to: number): string {
  let text = '';
  let at = from;
  // Every `as number` is of a byte in bounds, because it is read only when as many are left.
  while (at < to) {
    const a = bytes[at] as number;
    const left = to - at;
    if (a < 128) {
      const longest = Math.min(left, RUN_UNITS_MAX);
      let length = 1;
      while (length < longest && (bytes[at + length] as number) < 128) length++;
      runs[length] ??= new Array<number>(length).fill(0);
      const run = runs[length] as number[]; // made just now, if not before
      for (let i = 0; i < length; i++) run[i] = bytes[at++] as number;
      text += String.fromCharCode(...run);
      continue;
    }
    const more = a < 0xc2 ? 0 : a < 0xe0 ? 1 : a < 0xf0 ? 2 : a < 0xf5 ? 3 : 0;
    if (more === 0 || more >= left) refuseBytes('text that is not UTF-8');
    let point = a & (0x3f >> more);
    for (let i = 1; i <= more; i++) {
      const next = bytes[at + i] as number;
      if ((next & 0xc0) !== 0x80) refuseBytes('text that is not UTF-8');
      point = (point << 6) | (next & 0x3f);
    }
    // Overlong, a surrogate, or beyond the last code point.
    if (more > 1 && (point < (more > 2 ? 0x10000 : 0x800) || (point & 0x1ff800) === 0xd800 || point > 0x10ffff))
      refuseBytes('text that is not UTF-8');
    text += String.fromCodePoint(point);
    at += more + 1;
  }
  return text;
}

/** Of Node and of browsers, but not of the language. */
const { atob } = globalThis as unknown as { readonly atob: (text: string) => string };

const BASE64 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';

/** Unpadded base64url. Measured: a fraction of the time that btoa and replacing letters take. */
export function toBase64Url(bytes: Uint8Array): string {
  const { length } = bytes;
  let text = '';
  for (let at = 0; at < length; at += 3) {
    // Beyond the end `undefined` counts as 0.
    const bits = ((bytes[at] as number) << 16) | ((bytes[at + 1] as number) << 8) | (bytes[at + 2] as number);
    text += BASE64.charAt(bits >> 18) + BASE64.charAt((bits >> 12) & 63);
    text += BASE64.charAt((bits >> 6) & 63) + BASE64.charAt(bits & 63);
  }
  return text.slice(0, Math.ceil((length * 4) / 3));
}

/** Reads unpadded base64url. Throws: ENCODING_INVALID for anything `toBase64Url` does not write. */
export function fromBase64Url(text: string): Uint8Array {
  let binary = '';
  try {
    binary = atob(text.replaceAll('-', '+').replaceAll('_', '/'));
  } catch {
    // What is refused below is refused here too.
  }
  const bytes = Uint8Array.from(binary, (unit) => unit.charCodeAt(0));
  if (toBase64Url(bytes) !== text) refuseBytes('text that is not base64url');
  return bytes;
}
