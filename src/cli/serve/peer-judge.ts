/**
 * Judges peers by what they show: a certificate where the operator asks for those, a token where the token file has any
 * of peers. Digests are compared, all of them and whole, so the time an answer takes tells nothing of a secret.
 */

import { timingSafeEqual } from 'node:crypto';
import type { Credentials, PeerGrant } from '../../replica/replica-types.ts';
import { digestOf, type PeerScope, type Token } from './token-file.ts';

type Verdict = PeerGrant | { readonly refused: string };

/** What is asked of peers. */
export type PeerRules = {
  /** Of the token file; undefined where there is none. */
  readonly tokens: readonly Token[] | undefined;
  /** Whether a peer must have proved its name by a certificate. */
  readonly asksForCertificate: boolean;
};

/**
 * A judge for `openReplica`. Without a token file and without certificates everybody may everything: for loopback. A
 * device shows a token only: browsers have no certificates.
 */
export function peerJudge({ tokens, asksForCertificate }: PeerRules): (peer: Credentials) => Verdict {
  if (tokens === undefined) {
    if (!asksForCertificate) return () => ({ mayRelay: true });
    return ({ provenName }) => (provenName === undefined ? NO_CERTIFICATE : { mayRelay: true });
  }
  const known = tokens.flatMap(({ name, scopes, sha256 }) => {
    const scope = scopes.find((one): one is PeerScope => one === 'peer' || one === 'device');
    return scope === undefined ? [] : [{ name, scope, digest: Buffer.from(sha256, 'hex') }];
  });
  const needsToken = known.some(({ scope }) => scope === 'peer') || !asksForCertificate;
  return ({ name, token, provenName }) => {
    const digest = Buffer.from(digestOf(token ?? ''), 'hex');
    let scope: PeerScope | undefined;
    for (const one of known) {
      const isSame = timingSafeEqual(one.digest, digest);
      if (isSame && one.name === name && token !== undefined) scope = one.scope;
    }
    if (scope === 'device') return { mayRelay: false };
    if (asksForCertificate && provenName === undefined) return NO_CERTIFICATE;
    if (scope === 'peer' || !needsToken) return { mayRelay: true };
    return { refused: token === undefined ? 'it shows no token' : 'its token is none of those known for its name' };
  };
}

const NO_CERTIFICATE: Verdict = { refused: 'it shows no certificate that was signed for peers' };
