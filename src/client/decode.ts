/** Answers of the server as the client gives them: values whole, dots as objects, one shape for headers and bodies. */

import { formatTagged, fromTagged, parseTagged } from '../codec/tagged-json.ts';
import { CausalError } from '../errors.ts';
import type { Answer, Dot, Entry, Sibling, Status, Written } from './client-types.ts';
import { StrangeAnswer } from './problems.ts';

/** What JSON tells of something, its fields looked at one by one. */
export type Fields = { readonly [field: string]: unknown };

const JSON_TYPE = 'application/json';
const OCTETS = 'application/octet-stream';
/** Headers of which an answer about a key has at least one. */
const TOKENS: readonly string[] = ['cairn-context', 'cairn-session', 'cairn-omitted'];

/** A value as the body of a PUT. */
export function encodeBody(value: unknown): { readonly body: string | Uint8Array; readonly contentType: string } {
  if (value instanceof Uint8Array) return { body: value, contentType: OCTETS };
  return { body: formatTagged(value), contentType: JSON_TYPE };
}

/** The object that a body holds in JSON. Throws: StrangeAnswer where there is none. */
export async function fieldsIn(answer: Response): Promise<Fields> {
  const type = answer.headers.get('content-type') ?? '';
  let told: unknown;
  try {
    told = type.startsWith(JSON_TYPE) ? await answer.json() : undefined;
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
  }
  if (typeof told !== 'object' || told === null || Array.isArray(told)) throw new StrangeAnswer();
  return told as Fields; // an object
}

/** A list in what was told. Throws: StrangeAnswer where there is none. */
export function listIn(told: Fields, field: string): readonly unknown[] {
  const list = told[field];
  if (!Array.isArray(list)) throw new StrangeAnswer();
  return list;
}

/** A text in what was told. Throws: StrangeAnswer where there is none. */
export function textIn(told: Fields, field: string): string {
  const text = told[field];
  if (typeof text !== 'string') throw new StrangeAnswer();
  return text;
}

/** What a replica says of itself. Throws: StrangeAnswer. */
export async function statusIn<S = Status>(answer: Response): Promise<S> {
  const told = await fieldsIn(answer);
  textIn(told, 'id');
  return told as S; // what the description promises
}

/** The value in the body of an answer. */
async function valueIn<T>(answer: Response): Promise<T> {
  const contentType = answer.headers.get('content-type') ?? OCTETS;
  // `as`: T is what the caller says is stored.
  if (contentType === JSON_TYPE) return parseTagged(await answer.text()) as T;
  const bytes = new Uint8Array(await answer.arrayBuffer());
  return (contentType === OCTETS ? bytes : { contentType, bytes }) as T;
}

/** What GET of a key answers, by its status. Throws: StrangeAnswer for one without the tokens of a replica. */
export async function answerIn<T>(answer: Response): Promise<Answer<T>> {
  const { headers } = answer;
  // A key with more siblings than are shown has no context, but who brings a session is told its session.
  if (!TOKENS.some((name) => headers.has(name))) throw new StrangeAnswer();
  const context = headers.get('cairn-context') ?? undefined;
  const etag = headers.get('etag') ?? undefined;
  if (answer.status === 200)
    return answerOf<T>({ status: 'live', value: await valueIn<T>(answer), context, etag }, (value) => value);
  return answerOf<T>({ ...(await fieldsIn(answer)), context, etag }, fromTagged);
}

/** A key and what it shows, as bodies tell it. */
export function entryOf<T>(told: unknown): Entry<T> {
  const { key } = told as Fields; // of a list of entries
  return { key: String(key), ...answerOf<T>(told as Fields, fromTagged) };
}

/** What a write gave. Throws: StrangeAnswer. */
export async function writtenIn(answer: Response): Promise<Written> {
  const told = await fieldsIn(answer);
  listIn(told, 'dot');
  return writtenOf(told);
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
