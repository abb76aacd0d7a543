/** Addresses on the command line: where to listen, and where peers are. */

import type { PeerOptions } from '../../replica/replica-types.ts';
import { UsageError } from '../command.ts';

/** Where peers open their links, on the port of the HTTP interface. */
export const REPLICATE_PATH = '/v1/replicate';

export type Place = { readonly host: string; readonly port: number };

/** The host and port of a `--listen` that its pattern let pass. Throws: UsageError for a port that is none. */
export function placeOf(listen: string): Place {
  const colon = listen.lastIndexOf(':');
  const port = Number(listen.slice(colon + 1));
  if (port > 65_535) throw new UsageError(`Cannot listen at ${listen}: ports end at 65535`);
  return { host: listen.slice(0, colon).replace(/^\[|\]$/g, ''), port };
}

/** Whether only this machine can reach an address. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127(\.\d{1,3}){3}$/.test(host);
}

/** `berlin=ws://host:4040` as a peer; where no path is named, it is the one that `cairn serve` has. */
export function peerOf(text: string): PeerOptions {
  const at = text.indexOf('=');
  const isNamed = at !== -1 && at < text.indexOf('://');
  const address = replicateAddress(isNamed ? text.slice(at + 1) : text);
  return isNamed ? { name: text.slice(0, at), address } : { address };
}

/** The address at which links are opened, from one of the replica: `ws:`, or `http:` as people have it at hand. */
export function replicateAddress(address: string): string {
  const found = /^(?:ws|http)(s?):\/\/([^/]+)(\/.*)?$/.exec(address);
  if (found === null) throw new UsageError(`Cannot link with ${address}: give ws://HOST:PORT or wss://HOST:PORT`);
  const [, secure = '', authority = '', path = '/'] = found;
  return `ws${secure}://${authority}${path === '/' ? REPLICATE_PATH : path}`;
}

/** The address of the HTTP interface of a replica, from one of its addresses. */
export function httpAddress(address: string): string {
  const found = /^(?:ws|http)(s?):\/\/([^/]+)/.exec(address);
  if (found === null) throw new UsageError(`Cannot use ${address}: give http://HOST:PORT or https://HOST:PORT`);
  return `http${found[1]}://${found[2]}`;
}

/**
 * Whether a word of the command line is an address and no directory. Throws: UsageError for one that holds a secret, or
 * of a kind that is not known.
 */
export function isAddress(word: string): boolean {
  const [, kind] = /^([a-z][a-z0-9+.-]*):\/\//i.exec(word) ?? [];
  if (kind === undefined) return false;
  // The rest is not shown: it may hold a secret.
  if (!/^(?:ws|http)s?$/.test(kind))
    throw new UsageError(`Cannot use an address that begins with ${kind}://, give http://, https://, ws:// or wss://`);
  if (/[?#@]/.test(word))
    throw new UsageError(
      'Cannot use the address: it holds more than host, port and path; tokens go into CAIRN_TOKEN or --token-file',
    );
  return true;
}
