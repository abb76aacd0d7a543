/**
 * Values as bodies and back. `application/json` is structured data (tagged where JSON lacks something), octets are a
 * Uint8Array, and anything else is kept as what it is: `{ contentType, bytes }`, a value like any other to the library,
 * whose bytes are given back under their content type.
 */

import { formatTagged, parseTagged } from '../codec/tagged-json.ts';
import type { Value } from '../codec/value.ts';
import { CausalError } from '../errors.ts';
import { HttpError } from './problem.ts';

/** Bytes that say what they are; what a PUT of any content type but JSON and octets stores. */
export type Typed = { readonly contentType: string; readonly bytes: Uint8Array };

const JSON_TYPE = 'application/json';
const OCTETS = 'application/octet-stream';
const FORM = 'application/x-www-form-urlencoded';
const TYPE_UNITS_MAX = 256;

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** The text of a body. Throws: ENCODING_INVALID unless it is UTF-8. */
export function textOf(bytes: Uint8Array): string {
  try {
    return utf8.decode(bytes);
  } catch (cause) {
    throw new CausalError('ENCODING_INVALID', 'Cannot read the body: it is not UTF-8', {}, cause);
  }
}

/** What a body says; the store checks whether it is a value. Throws: ENCODING_INVALID, UNSUPPORTED_MEDIA_TYPE. */
export function valueOfBody(contentType: string | undefined, bytes: Uint8Array): Value {
  const type = essenceOf(contentType ?? OCTETS);
  if (type === JSON_TYPE) return parseTagged(textOf(bytes)) as Value; // of JSON: what is no value the store refuses
  if (type === OCTETS) return bytes;
  if (type === FORM)
    throw new HttpError(
      'UNSUPPORTED_MEDIA_TYPE',
      'Cannot store a form: say what the body is, for JSON with -H "content-type: application/json"',
    );
  if (!isContentType(contentType))
    throw new HttpError('UNSUPPORTED_MEDIA_TYPE', 'Cannot store the body: its content type is none');
  return { contentType, bytes };
}

/** A value as a body, and the headers that say what it is. */
export function bodyOf(value: Value): { readonly body: string | Uint8Array; readonly headers: readonly string[] } {
  if (value instanceof Uint8Array) return { body: value, headers: rawHeaders(OCTETS) };
  if (isTyped(value)) return { body: value.bytes, headers: rawHeaders(value.contentType) };
  return { body: formatTagged(value), headers: ['content-type', JSON_TYPE] };
}

/** Whether a value is shown as its bytes under its content type: it has these two fields and no other. */
export function isTyped(value: Value): value is Typed {
  if (typeof value !== 'object' || value === null || !('contentType' in value) || !('bytes' in value)) return false;
  const { contentType, bytes } = value as { readonly [field: string]: Value }; // an object with fields
  if (!(bytes instanceof Uint8Array) || !isContentType(contentType)) return false;
  return ![JSON_TYPE, OCTETS, FORM].includes(essenceOf(contentType)) && Object.keys(value).length === 2;
}

/** A stranger's bytes under a stranger's content type: a browser that shows them runs nothing of them. */
function rawHeaders(contentType: string): readonly string[] {
  return [
    ...['content-type', contentType, 'x-content-type-options', 'nosniff'],
    ...['content-security-policy', "default-src 'none'; sandbox"],
  ];
}

function isContentType(text: unknown): text is string {
  return (
    typeof text === 'string' && text.length <= TYPE_UNITS_MAX && /^[\w!#$&^.+-]+\/[\w!#$&^.+-]+( *;[ -~]*)?$/.test(text)
  );
}

/** The type without parameters, in lower case. */
function essenceOf(contentType: string): string {
  if (contentType === JSON_TYPE) return contentType;
  const end = contentType.indexOf(';');
  return (end === -1 ? contentType : contentType.slice(0, end)).trim().toLowerCase();
}
