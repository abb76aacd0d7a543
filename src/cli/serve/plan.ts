/**
 * From settings to what is opened: files are read, and what does not fit together is refused before anything is touched.
 * Owns the rule that nothing listens for other machines unless it asks who they are.
 */

import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import type { PeerOptions } from '../../replica/replica-types.ts';
import type { TokenOptions } from '../../server/access.ts';
import type { TlsOptions } from '../../server/node-server.ts';
import { CommandError, UsageError } from '../command.ts';
import { engineIn } from '../store-engine.ts';
import { isLoopback, type Place, peerOf, placeOf } from './addresses.ts';
import { type PeerRules, peerJudge } from './peer-judge.ts';
import { readPrivate, readSecret } from './private-file.ts';
import type { Settings } from './settings.ts';
import type { Sources } from './settings-sources.ts';
import { HTTP_SCOPES, readTokens, type Token } from './token-file.ts';

/** Certificate and key in PEM, and who signs those of peers. */
export type Tls = { readonly cert: string; readonly key: string; readonly peerCa: string | undefined };

/** Everything `openServing` needs. */
export type Plan = {
  readonly settings: Settings;
  /** Where each stood. */
  readonly sources: Sources;
  /** The name for a new store; one that is there has its own. */
  readonly newName: string;
  readonly place: Place;
  readonly peers: readonly PeerOptions[];
  readonly tls: Tls | undefined;
  /** Of HTTP; undefined where nobody is asked. */
  readonly httpTokens: readonly TokenOptions[] | undefined;
  readonly judge: ReturnType<typeof peerJudge>;
  /** What this replica shows of itself. */
  readonly peerToken: string | undefined;
};

/** Throws: UsageError for settings that do not fit together, CommandError for files that cannot be used. */
export async function planOf(settings: Settings, sources: Sources, warn: (sentence: string) => void): Promise<Plan> {
  const { data, engine, name, members } = settings;
  if (data === undefined && engine !== 'memory')
    throw new UsageError('Cannot serve: no directory is given, say --data DIR. See: cairn help serve');
  const newName = name ?? (data === undefined ? 'replica' : basename(data));
  // A store that is there has its own name, and a list of members that may have changed since it was given.
  const isNew = data === undefined || engine === 'memory' || engineIn(data) === undefined;
  const chosen = isNew ? newName : name;
  if (members !== undefined && chosen !== undefined && !members.includes(chosen))
    throw new UsageError(
      `Cannot serve as ${JSON.stringify(chosen)}: it is not among the members ${members.join(', ')}`,
    );
  checkQuorum(settings, sources, isNew ? (members ?? [newName]) : undefined);
  const place = placeOf(settings.listen);
  const tls = await readTls(settings, warn);
  const tokens = settings.tokenFile === undefined ? undefined : await readTokens(settings.tokenFile, warn);
  checkReach(settings, place, tls !== undefined, warn);
  const rules: PeerRules = { tokens, asksForCertificate: tls?.peerCa !== undefined };
  const { peerTokenFile } = settings;
  return {
    ...{ settings, sources, newName, place, tls, peers: settings.peer.map(peerOf) },
    ...{ httpTokens: tokens && httpTokensOf(tokens), judge: peerJudge(rules) },
    peerToken: peerTokenFile === undefined ? undefined : await readSecret(peerTokenFile, 'the peer token file', warn),
  };
}

/** Throws: UsageError for an N that is another than the members, an R or W beyond it; what is not known asks nothing. */
export function checkQuorum(settings: Settings, sources: Sources, members: readonly string[] | undefined): void {
  const { n } = settings;
  if (n !== undefined && members !== undefined && n !== members.length)
    throw new UsageError(
      `Cannot use ${sources.n}: it is ${n}, give ${members.length}, the number of the members ${members.join(', ')}`,
    );
  const most = members?.length ?? n;
  if (most === undefined) return;
  for (const name of ['r', 'w'] as const) {
    const count = settings[name];
    if (count <= most) continue;
    const among = members === undefined ? `${sources.n} says so` : `the members are ${members.join(', ')}`;
    throw new UsageError(`Cannot use ${sources[name]}: it is ${count}, give at most ${most}, ${among}`);
  }
}

async function readTls(
  { tlsCert, tlsKey, peerCa }: Settings,
  warn: (sentence: string) => void,
): Promise<Tls | undefined> {
  if ((tlsCert === undefined) !== (tlsKey === undefined))
    throw new UsageError('Cannot serve: --tls-cert and --tls-key go together');
  if (tlsCert === undefined || tlsKey === undefined) {
    if (peerCa !== undefined) throw new UsageError('Cannot serve: --peer-ca needs --tls-cert and --tls-key');
    return undefined;
  }
  return {
    cert: await readPem(tlsCert, 'the certificate'),
    key: await readPrivate(tlsKey, 'the key', warn),
    peerCa: peerCa === undefined ? undefined : await readPem(peerCa, 'the certificates of --peer-ca'),
  };
}

async function readPem(path: string, what: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    throw new CommandError(`Cannot read ${what} ${path}: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/** Throws: UsageError where others could reach a replica that asks nobody who they are. */
function checkReach(settings: Settings, { host }: Place, isSecret: boolean, warn: (sentence: string) => void): void {
  if (isLoopback(host)) return;
  if (settings.tokenFile === undefined) {
    if (!settings.insecure)
      throw new UsageError(
        `Cannot listen at ${settings.listen}: other machines could read and write everything, give --token-file (or --insecure)`,
      );
    warn(`Everybody who reaches ${settings.listen} may read and write everything: --insecure was given`);
  }
  if (!isSecret)
    warn(`What goes over ${settings.listen} can be read on the way, tokens too: give --tls-cert and --tls-key`);
}

/** A file that names nobody for HTTP lets nobody in, rather than everybody. */
function httpTokensOf(tokens: readonly Token[]): readonly TokenOptions[] {
  const found = tokens.flatMap(({ name, scopes, sha256, prefix }) => {
    const own = HTTP_SCOPES.filter((scope) => scopes.includes(scope));
    return own.length === 0 ? [] : [{ name, sha256, scopes: own, ...(prefix === undefined ? {} : { prefix }) }];
  });
  return found.length > 0 ? found : [{ name: 'nobody', sha256: randomBytes(32).toString('hex'), scopes: [] }];
}

/**
 * As the server takes them: peers show certificates, clients of HTTP need none, and both come by one port. So the handshake
 * lets everybody in, and a certificate that it did not verify proves no name (`provenNameOf`), and its link is judged as one without.
 */
export function serverTls({ cert, key, peerCa }: Tls): TlsOptions {
  return { cert, key, ...(peerCa === undefined ? {} : { ca: peerCa, requestCert: true, rejectUnauthorized: false }) };
}
