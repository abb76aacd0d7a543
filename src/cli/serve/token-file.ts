/**
 * The file of tokens: who may do what over HTTP, and which replicas may link. A token a line, or a JSON list:
 *
 *   # name   scopes       secret or its SHA-256     prefix of keys, if any
 *   app      read,write   sha256:9f86d081884c7d65…  users/
 *   berlin   peer         sha256:60303ae22b998861…
 *
 * `peer`: a replica of this name that brings writes of all; `device`: one that brings only its own.
 */

import { createHash } from 'node:crypto';
import { CommandError } from '../command.ts';
import { readPrivate } from './private-file.ts';

export const HTTP_SCOPES = ['read', 'write', 'admin'] as const;
export const PEER_SCOPES = ['peer', 'device'] as const;
export type HttpScope = (typeof HTTP_SCOPES)[number];
export type PeerScope = (typeof PEER_SCOPES)[number];

/** One line of the file; of its secret only the SHA-256 is kept, in hexadecimal. */
export type Token = {
  readonly name: string;
  readonly scopes: readonly (HttpScope | PeerScope)[];
  readonly sha256: string;
  readonly prefix: string | undefined;
};

type Fields = { readonly [field: string]: unknown };

const SECRET_UNITS_MIN = 16;
const SCOPES: readonly string[] = [...HTTP_SCOPES, ...PEER_SCOPES];

/** SHA-256 of a secret, in hexadecimal. */
export function digestOf(secret: string): string {
  return createHash('sha256').update(secret).digest('hex');
}

/** The tokens of a file; `warn` is told of what is unwise about it. Throws: CommandError, which shows no secret. */
export async function readTokens(path: string, warn: (sentence: string) => void): Promise<readonly Token[]> {
  return parseTokens(await readPrivate(path, 'the token file', warn), path);
}

/** Throws: CommandError naming `source` and the line or number. */
export function parseTokens(text: string, source: string): readonly Token[] {
  const tokens = text.trimStart().startsWith('[') ? fromJson(text, source) : fromLines(text, source);
  const known = new Map<string, string>();
  for (const { sha256, name } of tokens) {
    const other = known.get(sha256);
    if (other !== undefined)
      throw new CommandError(
        `Cannot use ${source}: ${JSON.stringify(other)} and ${JSON.stringify(name)} have one secret`,
      );
    known.set(sha256, name);
  }
  return tokens;
}

function fromLines(text: string, source: string): Token[] {
  return text.split(/\r?\n/).flatMap((line, at) => {
    if (/^\s*(#|$)/.test(line)) return [];
    const where = `${source}:${at + 1}`;
    const [, name = '', scopes = '', secret = '', prefix = ''] =
      /^\s*(\S+)\s+(\S+)\s+(\S+)\s*(.*?)\s*$/.exec(line) ?? [];
    if (secret === '') throw fault(where, 'give NAME SCOPES SECRET [PREFIX]');
    const digest = /^sha256:(.*)$/.exec(secret)?.[1];
    const shown = digest === undefined ? { secret } : { sha256: digest };
    return [tokenOf({ name, scopes: scopes.split(','), ...shown, ...(prefix === '' ? {} : { prefix }) }, where)];
  });
}

function fromJson(text: string, source: string): Token[] {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    // What the parser says of it may quote a secret.
    throw new CommandError(`Cannot use ${source}: it begins like JSON and is none`);
  }
  if (!Array.isArray(parsed)) throw new CommandError(`Cannot use ${source}: it is no list`);
  return parsed.map((entry: unknown, at) => {
    const where = `${source}, token ${at + 1}`;
    if (typeof entry !== 'object' || entry === null) throw fault(where, 'it is no object');
    const stranger = Object.keys(entry).find(
      (field) => !['name', 'scopes', 'secret', 'sha256', 'prefix'].includes(field),
    );
    if (stranger !== undefined) throw fault(where, `it has a field ${JSON.stringify(stranger)}`);
    return tokenOf({ ...entry }, where);
  });
}

function tokenOf({ name, scopes, secret, sha256, prefix }: Fields, where: string): Token {
  if (typeof name !== 'string' || name === '') throw fault(where, 'it has no name');
  if (!Array.isArray(scopes) || scopes.length === 0) throw fault(where, 'it has no scopes');
  const bad = scopes.find((scope) => !SCOPES.includes(scope));
  if (bad !== undefined) throw fault(where, `${JSON.stringify(bad)} is none of ${SCOPES.join(', ')}`);
  if ((secret === undefined) === (sha256 === undefined))
    throw fault(where, 'give either its secret or the SHA-256 of it');
  if (secret !== undefined && (typeof secret !== 'string' || secret.length < SECRET_UNITS_MIN))
    throw fault(where, `its secret has under ${SECRET_UNITS_MIN} characters, make one with: cairn token`);
  if (sha256 !== undefined && (typeof sha256 !== 'string' || !/^[0-9a-f]{64}$/i.test(sha256)))
    throw fault(where, 'its SHA-256 is no 64 hexadecimal digits');
  if (prefix !== undefined && typeof prefix !== 'string') throw fault(where, 'its prefix is no text');
  const isOfPeer = scopes.some((scope) => PEER_SCOPES.some((one) => one === scope));
  if (isOfPeer && prefix !== undefined) throw fault(where, 'a replica has all keys, leave the prefix out');
  if (scopes.includes('peer') && scopes.includes('device')) throw fault(where, 'a replica is a peer or a device');
  const digest = typeof sha256 === 'string' ? sha256.toLowerCase() : digestOf(String(secret));
  return { name, scopes, sha256: digest, prefix };
}

function fault(where: string, why: string): CommandError {
  return new CommandError(`Cannot use ${where}: ${why}`);
}
