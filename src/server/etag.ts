/**
 * Entity tags: which versions a key holds, by name. A dot names one write for ever, so the dots of the siblings say all
 * there is to say, and every replica that holds the same shows the same tag. And the conditions of a request (RFC 9110,
 * section 13), for which a tombstone is no representation but can be matched all the same.
 */

import type { Dot } from '../clock/dot.ts';
import { hashText } from '../codec/hash.ts';
import type { HttpRequest } from './http-types.ts';

/** Beyond so many characters a tag is a digest. */
const PLAIN_UNITS_MAX = 120;

/** A strong tag of a key that holds the versions of these dots; undefined when it holds none. */
export function etagOf(dots: readonly { readonly dot: Dot }[]): string | undefined {
  const [only] = dots;
  if (only === undefined) return undefined;
  const plain = dots.length === 1 ? nameOf(only.dot) : dots.map(({ dot }) => nameOf(dot)).join(',');
  return plain.length <= PLAIN_UNITS_MAX ? `"${plain}"` : `"${dots.length}-${digest(plain)}${digest(`-${plain}`)}"`;
}

/** The tag of a key that holds nothing but this write. */
export function etagOfDot(dot: Dot): string {
  return etagOf([{ dot }]) as string; // of one dot there is one
}

/** What a request makes its doing depend on. */
export type Condition = { readonly ifMatch: string | undefined; readonly ifNoneMatch: string | undefined };

/** Undefined for a request without conditions. */
export function conditionOf(request: HttpRequest): Condition | undefined {
  const ifMatch = request.header('if-match');
  const ifNoneMatch = request.header('if-none-match');
  return ifMatch === undefined && ifNoneMatch === undefined ? undefined : { ifMatch, ifNoneMatch };
}

/** Whether If-Match holds: for `*` the key shows something, else its tag is in the list; weak tags match nothing. */
export function meetsIfMatch(list: string | undefined, etag: string | undefined, isShown: boolean): boolean {
  if (list === undefined) return true;
  return list.trim() === '*' ? isShown : etag !== undefined && tagsOf(list).includes(etag);
}

/** Whether If-None-Match holds: for `*` the key shows nothing, else its tag is not in the list, weak or strong. */
export function meetsIfNoneMatch(list: string | undefined, etag: string | undefined, isShown: boolean): boolean {
  if (list === undefined) return true;
  if (list.trim() === '*') return !isShown;
  return etag === undefined || !tagsOf(list).some((tag) => tag === etag || tag === `W/${etag}`);
}

/** The tags of a list; a comma inside quotes belongs to its tag. */
function tagsOf(list: string): readonly string[] {
  return list.match(/(W\/)?"[^"]*"/g) ?? [];
}

/** Ids may be any text; a tag has only what a header can carry. */
function nameOf({ id, counter }: Dot): string {
  return `${isPlainId(id) ? id : encodeURIComponent(id)}:${counter}`;
}

function isPlainId(id: string): boolean {
  for (let at = 0; at < id.length; at++) {
    const unit = id.charCodeAt(at);
    // Digits and letters, - . _ ~
    const isPlain = (unit > 96 && unit < 123) || (unit > 47 && unit < 58) || (unit > 64 && unit < 91);
    if (!isPlain && unit !== 45 && unit !== 46 && unit !== 95 && unit !== 126) return false;
  }
  return true;
}

function digest(text: string): string {
  const { hi, lo } = hashText(text);
  return hi.toString(16).padStart(8, '0') + lo.toString(16).padStart(8, '0');
}
