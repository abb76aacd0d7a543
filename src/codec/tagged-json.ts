/**
 * Values as JSON and back, whole: what JSON lacks is an object with one field whose name begins with `$`. An object of
 * a person's own that looks like one gets one more `$`, so every value has one form and reads back as itself.
 *
 *   {"$bigint":"12"}  {"$date":"2026-01-31T12:00:00.000Z"}  {"$bytes":"base64url"}  {"$number":"-0"}
 *
 * What comes from outside is read exactly or refused: no name twice in an object, no integer that a number cannot hold.
 */

import { CausalError } from '../errors.ts';
import { VALUE_DEPTH_MAX } from '../limits.ts';
import { scanJson } from './json-scan.ts';
import { fromBase64Url, toBase64Url } from './text.ts';

/** What a bigint from outside may have: reading eight million digits takes seconds. */
const DIGITS_MAX = 100_000;
const TAG = /^\$+(?:bigint|date|bytes|number)$/;

/** One line of JSON. Law: parseTagged(formatTagged(v)) is v. */
export function formatTagged(value: unknown): string {
  return JSON.stringify(isPlain(value) ? value : toTagged(value));
}

/** What JSON.stringify shows whole. */
export function toTagged(value: unknown): unknown {
  if (typeof value === 'bigint') return { $bigint: value.toString() };
  if (Object.is(value, -0)) return { $number: '-0' };
  if (typeof value !== 'object' || value === null) return value;
  if (value instanceof Date) return { $date: value.toISOString() };
  if (value instanceof Uint8Array) return { $bytes: toBase64Url(value) };
  if (Array.isArray(value)) return value.map(toTagged);
  const fields = Object.entries(value);
  const [only] = fields;
  if (only !== undefined && fields.length === 1 && TAG.test(only[0])) return { [`$${only[0]}`]: toTagged(only[1]) };
  // fromEntries defines fields, so that one called `__proto__` is a field like any other.
  return Object.fromEntries(fields.map(([name, inner]) => [name, toTagged(inner)]));
}

/** True when JSON shows the value whole without any tag; most are, and need no copy. */
function isPlain(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return typeof value !== 'bigint' && !Object.is(value, -0);
  if (Array.isArray(value)) return value.every(isPlain);
  if (value instanceof Date || value instanceof Uint8Array) return false;
  for (const name in value) {
    if (name.charCodeAt(0) === 36 || !isPlain((value as Record<string, unknown>)[name])) return false; // of a plain object
  }
  return true;
}

/**
 * The value that JSON from outside says, exactly. Bound: `depthMax` containers deep.
 * Throws: ENCODING_INVALID for what is no JSON, for a name twice in one object, for a number that a double cannot hold,
 * for a tag that says nothing.
 */
export function parseTagged(text: string, depthMax: number = VALUE_DEPTH_MAX): unknown {
  const parsed = parseExactly(text, depthMax + 1); // a tag is an object more
  // A `$` may be written as an escape.
  return text.includes('$') || text.includes('\\u') ? fromTagged(parsed, DIGITS_MAX) : parsed;
}

/** What JSON.parse gives, of JSON that says each name once and no number that would be changed. Throws: as parseTagged. */
export function parseExactly(text: string, depthMax: number): unknown {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch (cause) {
    throw refusal(`it is not JSON (${cause instanceof Error ? cause.message : String(cause)})`);
  }
  const { fault, names } = scanJson(text, depthMax);
  if (fault !== undefined) throw refusal(fault);
  if (countNames(parsed) !== names) throw refusal('an object in it has two fields of one name');
  return parsed;
}

/** What toTagged was given. Throws: ENCODING_INVALID for a tag that says nothing, or a bigint of more digits. */
export function fromTagged(json: unknown, digitsMax: number = Number.POSITIVE_INFINITY): unknown {
  if (typeof json !== 'object' || json === null) return json;
  if (Array.isArray(json)) return json.map((item) => fromTagged(item, digitsMax));
  const fields = Object.entries(json);
  const [only] = fields;
  if (only !== undefined && fields.length === 1 && TAG.test(only[0])) {
    const [name, inner] = only;
    return name.startsWith('$$') ? { [name.slice(1)]: fromTagged(inner, digitsMax) } : untag(name, inner, digitsMax);
  }
  return Object.fromEntries(fields.map(([name, inner]) => [name, fromTagged(inner, digitsMax)]));
}

function untag(tag: string, inner: unknown, digitsMax: number): unknown {
  if (typeof inner === 'string') {
    if (tag === '$bigint' && inner.length <= digitsMax && /^-?\d+$/.test(inner)) return BigInt(inner);
    if (tag === '$date' && !Number.isNaN(Date.parse(inner))) return new Date(inner);
    if (tag === '$number' && inner === '-0') return -0;
    if (tag === '$bytes') {
      try {
        return fromBase64Url(inner);
      } catch {
        // said below
      }
    }
  }
  throw refusal(`${JSON.stringify({ [tag]: inner }).slice(0, 80)} says no value`);
}

function countNames(json: unknown): number {
  if (typeof json !== 'object' || json === null) return 0;
  let count = 0;
  if (Array.isArray(json)) {
    for (const item of json) if (typeof item === 'object') count += countNames(item);
    return count;
  }
  for (const name in json) {
    const inner = (json as Record<string, unknown>)[name]; // what JSON.parse made
    count += typeof inner === 'object' ? 1 + countNames(inner) : 1;
  }
  return count;
}

function refusal(fault: string): CausalError {
  return new CausalError('ENCODING_INVALID', `Cannot read the value: ${fault}`);
}
