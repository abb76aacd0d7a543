/**
 * Who may do what: bearer tokens with scopes, each perhaps for keys of one prefix only. Only digests are kept and
 * compared, all of them for every request and whole, so neither what a guess has in common with a token nor which token
 * it was shows in the time an answer takes.
 */

import { misuse } from '../assert.ts';
import { CausalError } from '../errors.ts';

export type Scope = 'read' | 'write' | 'admin';

/** One token: its secret, or the SHA-256 of it in hexadecimal. No scope holds another. */
export type TokenOptions = {
  /** For logs, limits and metrics. */
  readonly name: string;
  readonly secret?: string;
  readonly sha256?: string;
  readonly scopes: readonly Scope[];
  /** Only keys that begin with this; nothing beside keys. */
  readonly prefix?: string;
};

/** What somebody may do. */
export type Grant = {
  readonly name: string;
  readonly scopes: readonly Scope[];
  readonly prefix: string;
};

/** SHA-256: of Node at once, of the web with a promise. */
export type Digest = (text: string) => Uint8Array | Promise<Uint8Array>;

const SCOPES: readonly Scope[] = ['read', 'write', 'admin'];
const DIGEST_BYTES = 32;
const SECRET_UNITS_MIN = 16;
const TOKENS_MAX = 1_000;

/** What everybody may while no tokens are configured. */
const EVERYTHING: Grant = { name: '', scopes: SCOPES, prefix: '' };

/** The tokens of one server. */
export class Access {
  readonly #digest: Digest;
  readonly #digests: readonly Uint8Array[];
  readonly #grants: readonly Grant[];

  private constructor(digest: Digest, digests: readonly Uint8Array[], grants: readonly Grant[]) {
    this.#digest = digest;
    this.#digests = digests;
    this.#grants = grants;
  }

  /** Throws: TypeError, RangeError for tokens that cannot be. */
  static async of(tokens: readonly TokenOptions[], digest: Digest): Promise<Access> {
    if (tokens.length > TOKENS_MAX) throw new RangeError(misuse(tokens.length, 'a number of tokens', 'is too many'));
    const digests: Uint8Array[] = [];
    for (const token of tokens) {
      check(token);
      digests.push(token.sha256 === undefined ? await digest(token.secret ?? '') : fromHex(token.sha256));
    }
    const grants = tokens.map(({ name, scopes, prefix = '' }) => ({ name, scopes, prefix }));
    return new Access(digest, digests, grants);
  }

  /** Whether nobody is asked who they are. */
  get isOpen(): boolean {
    return this.#grants.length === 0;
  }

  /** What the bearer of this header may; undefined for nobody known. A promise only if the digest is one. */
  grantOf(authorization: string | undefined): Grant | undefined | Promise<Grant | undefined> {
    if (this.isOpen) return EVERYTHING;
    const secret = bearerOf(authorization);
    if (secret === undefined) return undefined;
    const digest = this.#digest(secret);
    return digest instanceof Uint8Array ? this.#find(digest) : digest.then((later) => this.#find(later));
  }

  #find(digest: Uint8Array): Grant | undefined {
    let found = -1;
    for (let at = 0; at < this.#digests.length; at++) {
      const known = this.#digests[at] as Uint8Array; // in bounds
      let difference = 0;
      // `as`: both have 32 bytes.
      for (let i = 0; i < DIGEST_BYTES; i++) difference |= (known[i] as number) ^ (digest[i] as number);
      // All ones when they are the same, else 0.
      const isSame = (difference - 1) >> 31;
      found = (found & ~isSame) | (at & isSame);
    }
    return this.#grants[found];
  }
}

/** Throws: FORBIDDEN unless the grant has the scope, and for every key if the operation is not about keys. */
export function checkScope(grant: Grant, scope: Scope, isAboutKeys: boolean): void {
  if (!grant.scopes.includes(scope))
    throw new CausalError('FORBIDDEN', `Cannot do this: the token "${grant.name}" has no scope "${scope}"`, { scope });
  if (!isAboutKeys && grant.prefix !== '')
    throw new CausalError('FORBIDDEN', `Cannot do this: the token "${grant.name}" is for keys of one prefix`);
}

/** Throws: FORBIDDEN for a key the grant is not for. */
export function checkKeyAccess(grant: Grant, key: string): void {
  if (!key.startsWith(grant.prefix))
    throw new CausalError('FORBIDDEN', `Cannot use this key: the token "${grant.name}" is for other ones`);
}

/** The prefix to list: the one asked for, or all that the grant is for. Throws: FORBIDDEN. */
export function prefixFor(grant: Grant, asked: string | undefined): string {
  if (asked !== undefined) checkKeyAccess(grant, asked);
  return asked ?? grant.prefix;
}

/** The secret in `Bearer …`. */
function bearerOf(authorization: string | undefined): string | undefined {
  if (authorization === undefined || authorization.length < 8) return undefined;
  return authorization.slice(0, 7).toLowerCase() === 'bearer ' ? authorization.slice(7).trim() : undefined;
}

function check({ name, secret, sha256, scopes }: TokenOptions): void {
  if (typeof name !== 'string' || name === '') throw new TypeError(misuse(name, 'the name of a token', 'is empty'));
  if ((secret === undefined) === (sha256 === undefined))
    throw new TypeError(misuse(name, 'a token', 'needs either its secret or the SHA-256 of it'));
  if (secret !== undefined && secret.length < SECRET_UNITS_MIN)
    throw new RangeError(misuse(name, 'a token', `has a secret of under ${SECRET_UNITS_MIN} characters`));
  if (sha256 !== undefined && !/^[0-9a-f]{64}$/i.test(sha256))
    throw new TypeError(misuse(name, 'a token', 'has no SHA-256 in hexadecimal'));
  for (const scope of scopes) {
    if (!SCOPES.includes(scope)) throw new TypeError(misuse(scope, 'a scope', `is none of ${SCOPES.join(', ')}`));
  }
}

function fromHex(text: string): Uint8Array {
  return Uint8Array.from({ length: DIGEST_BYTES }, (_, at) => Number.parseInt(text.slice(2 * at, 2 * at + 2), 16));
}

/** SHA-256 of whatever offers the cryptography of the web. */
export const webDigest: Digest = async (text) =>
  new Uint8Array(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text)));
