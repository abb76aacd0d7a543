/** Values as JSON: what JSON cannot say (bytes, large integers) is shown as text. For output only; it is not read back. */

import { toBase64Url } from '../codec/text.ts';

/** The value itself where JSON can hold it; bytes as base64url and bigints as digits. Dates become ISO text. */
export function plainJson(value: unknown): unknown {
  if (typeof value === 'bigint') return value.toString();
  if (typeof value !== 'object' || value === null || value instanceof Date) return value;
  if (value instanceof Uint8Array) return toBase64Url(value);
  if (Array.isArray(value)) return value.map(plainJson);
  // fromEntries defines fields, so that one called `__proto__` is a field like any other.
  return Object.fromEntries(Object.entries(value).map(([field, inner]) => [field, plainJson(inner)]));
}
