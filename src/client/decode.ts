/** Answers of the server as the client gives them: values whole, dots as objects, one shape for headers and bodies. */

import { formatTagged, fromTagged, parseTagged } from '../codec/tagged-json.ts';
import { CausalError } from '../errors.ts';
import type { Answer, Dot, Entry, Sibling, Written } from './client-types.ts';

type Fields = { readonly [field: string]: unknown };

const JSON_TYPE = 'application/json';
const OCTETS = 'application/octet-stream';

/** A value as the body of a PUT. */
export function encodeBody(value: unknown): { readonly body: string | Uint8Array; readonly contentType: string } {
  if (value instanceof Uint8Array) return { body: value, contentType: OCTETS };
  return { body: formatTagged(value), contentType: JSON_TYPE };
}

/** The value in the body of an answer. */
async function valueIn<T>(answer: Response): Promise<T> {
  const contentType = answer.headers.get('content-type') ?? OCTETS;
  // `as`: T is what the caller says is stored.
  if (contentType === JSON_TYPE) return parseTagged(await answer.text()) as T;
  const bytes = new Uint8Array(await answer.arrayBuffer());
  return (contentType === OCTETS ? bytes : { contentType, bytes }) as T;
}

/** What GET of a key answers, by its status. */
export async function answerIn<T>(answer: Response): Promise<Answer<T>> {
  const { headers } = answer;
  const context = headers.get('cairn-context') ?? undefined;
  const etag = headers.get('etag') ?? undefined;
  if (answer.status === 200)
    return answerOf<T>({ status: 'live', value: await valueIn<T>(answer), context, etag }, (value) => value);
  const body = (await answer.json()) as Fields; // answerOf looks at every field
  return answerOf<T>({ ...body, context, etag }, fromTagged);
}

/** A key and what it shows, as bodies tell it. */
export function entryOf<T>(told: unknown): Entry<T> {
  const { key } = told as Fields; // of a list of entries
  return { key: String(key), ...answerOf<T>(told as Fields, fromTagged) };
}

/** What a write gave, as bodies tell it. */
export function writtenOf(told: unknown): Written {
  const { key, dot, context, etag, durableAt, hintedAt } = told as Fields & Written; // what the description promises
  return { key, dot: dotOf(dot), context, etag, durableAt, hintedAt };
}

function answerOf<T>(told: Fields, untag: (value: unknown) => unknown): Answer<T> {
  // `as`: the description promises these types; T is what the caller says is stored.
  const context = told['context'] as string;
  const etag = told['etag'] as string;
  switch (told['status']) {
    case 'live':
      return { status: 'live', value: untag(told['value']) as T, context, etag };
    case 'absent':
      return { status: 'absent', context };
    case 'deleted':
      return { status: 'deleted', context, etag };
    case 'conflict': {
      const siblings = (told['siblings'] as readonly Fields[]).map((sibling) => siblingOf<T>(sibling));
      const total = told['total'] as number | undefined;
      return { status: 'conflict', siblings, context, etag, ...(total === undefined ? {} : { total }) };
    }
  }
  throw new CausalError('PROTOCOL_VIOLATION', `Cannot read the answer: its status is ${String(told['status'])}`);
}

function siblingOf<T>(told: Fields): Sibling<T> {
  const common = { dot: dotOf(told['dot']), time: Number(told['time']) };
  if (told['tombstone'] === true) return { ...common, tombstone: true };
  return { ...common, tombstone: false, value: fromTagged(told['value']) as T }; // what the caller says is stored
}

function dotOf(told: unknown): Dot {
  const [id, counter] = told as readonly [string, number]; // what the description promises
  return { id, counter };
}
