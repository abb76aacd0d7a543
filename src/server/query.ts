/**
 * What comes after the `?`, and in headers, as options: every name known, none twice, numbers in their bounds. A name
 * nobody knows is refused: a misspelt option that is ignored does something else than was asked for.
 */

import { HttpError } from './problem.ts';

export type Query = ReadonlyMap<string, string>;

const NONE: Query = new Map();

/** Throws: BAD_REQUEST for a name that is not among `known`, or given twice. */
export function parseQuery(text: string, known: readonly string[]): Query {
  if (text === '') return NONE;
  const query = new Map<string, string>();
  for (const [name, value] of new URLSearchParams(text)) {
    if (!known.includes(name)) {
      const hint = /token|auth|key|secret/i.test(name) ? ', secrets belong in the Authorization header' : '';
      throw new HttpError('BAD_REQUEST', `Cannot use "${name.slice(0, 40)}" here: it is unknown${hint}`);
    }
    if (query.has(name)) throw new HttpError('BAD_REQUEST', `Cannot use "${name}": it is given twice`);
    query.set(name, value);
  }
  return query;
}

/** An integer from `min` to `max`; undefined when it is not given. Throws: BAD_REQUEST. */
export function integerOf(query: Query, name: string, min: number, max: number): number | undefined {
  const text = query.get(name);
  if (text === undefined) return undefined;
  const number = /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN;
  if (number >= min && number <= max) return number;
  throw new HttpError(
    'BAD_REQUEST',
    `Cannot use "${text.slice(0, 40)}" as ${name}: it is no integer from ${min} to ${max}`,
  );
}

/** Throws: BAD_REQUEST for anything but `true` and `false`. */
export function flagOf(query: Query, name: string): boolean | undefined {
  const text = query.get(name);
  if (text === undefined) return undefined;
  if (text === 'true' || text === 'false') return text === 'true';
  throw new HttpError('BAD_REQUEST', `Cannot use "${text.slice(0, 40)}" as ${name}: it is neither true nor false`);
}
