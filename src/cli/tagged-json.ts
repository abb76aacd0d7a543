/**
 * Values as JSON and back, whole: what JSON lacks is an object with one field whose name begins with `$`. An object of
 * a person's own that looks like one gets one more `$`, so every value has one form and reads back as itself.
 *
 *   {"$bigint":"12"}  {"$date":"2026-01-31T12:00:00.000Z"}  {"$bytes":"base64url"}  {"$number":"-0"}
 */

import { fromBase64Url, toBase64Url } from '../codec/text.ts';
import { CommandError } from './command.ts';

const TAG = /^\$+(?:bigint|date|bytes|number)$/;

/** One line of JSON. Law: parseValue(formatValue(v)) is v. */
export function formatValue(value: unknown): string {
  return JSON.stringify(toTagged(value));
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

/** The value that the text says; `what` names it in errors. Throws: CommandError. */
export function parseValue(text: string, what: string): unknown {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new CommandError(`Cannot read ${what}: it is not JSON (${why}), quote text twice, '"like this"'`);
  }
  return fromTagged(parsed, what);
}

/** What toTagged was given. Throws: CommandError for a tag that says nothing. */
export function fromTagged(json: unknown, what: string): unknown {
  if (typeof json !== 'object' || json === null) return json;
  if (Array.isArray(json)) return json.map((item) => fromTagged(item, what));
  const fields = Object.entries(json);
  const [only] = fields;
  if (only !== undefined && fields.length === 1 && TAG.test(only[0])) {
    const [name, inner] = only;
    return name.startsWith('$$') ? { [name.slice(1)]: fromTagged(inner, what) } : untag(name, inner, what);
  }
  return Object.fromEntries(fields.map(([name, inner]) => [name, fromTagged(inner, what)]));
}

function untag(tag: string, inner: unknown, what: string): unknown {
  if (typeof inner === 'string') {
    if (tag === '$bigint' && /^-?\d+$/.test(inner)) return BigInt(inner);
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
  throw new CommandError(`Cannot read ${what}: ${JSON.stringify({ [tag]: inner })} says no value, see: cairn help put`);
}
