/**
 * Pages of other origins: refused unless their origin was configured, whatever they ask for, because what a browser
 * calls a simple request is sent without asking. And names under which a server on loopback may be called, so that no
 * name of a stranger that is made to point here reaches it (DNS rebinding).
 */

import { CausalError } from '../errors.ts';
import type { HttpRequest, HttpResponse } from './http-types.ts';

const METHODS = 'GET, HEAD, PUT, DELETE, POST';
const HEADERS =
  'authorization, content-type, cairn-context, cairn-session, if-match, if-none-match, last-event-id, accept';
const EXPOSED = 'cairn-context, cairn-session, cairn-omitted, etag, retry-after';
const LOOPBACK_HOSTS: readonly string[] = ['localhost', '127.0.0.1', '[::1]'];

/** The headers a browser wants; empty for a request that is of no page, or of the server's own. Throws: FORBIDDEN. */
export function corsHeaders(request: HttpRequest, origins: readonly string[]): readonly string[] {
  const origin = request.header('origin');
  if (origin === undefined) return [];
  if (origins.includes(origin) || origins.includes('*')) {
    return ['access-control-allow-origin', origin, 'vary', 'origin', 'access-control-expose-headers', EXPOSED];
  }
  const host = request.header('host');
  if (host !== undefined && (origin === `http://${host}` || origin === `https://${host}`)) return [];
  throw new CausalError('FORBIDDEN', 'Cannot answer a page of this origin: it is not one of those configured', {
    origin: origin.slice(0, 200),
  });
}

/** The answer to OPTIONS: what a browser asks before it lets a page ask. */
export function preflightResponse(cors: readonly string[], allow: string): HttpResponse {
  const headers =
    cors.length === 0
      ? ['allow', allow]
      : [
          ...['access-control-allow-methods', METHODS, 'access-control-allow-headers', HEADERS],
          ...['access-control-max-age', '600'],
        ];
  return { status: 204, headers, body: undefined };
}

/** Whether an address to listen at is reached from this machine only. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127(\.\d{1,3}){3}$/.test(host);
}

/** The name in a Host header, without the port. */
export function hostNameOf(host: string): string {
  const end = host.startsWith('[') ? host.indexOf(']') + 1 : host.indexOf(':');
  return (end > 0 ? host.slice(0, end) : host).toLowerCase();
}

/** Names by which a server may be called: `more`, and on loopback what loopback is called; undefined for any. */
export function hostsAllowed(listening: string, more: readonly string[]): ReadonlySet<string> | undefined {
  if (!isLoopback(listening)) return more.length === 0 ? undefined : new Set(more.map((name) => name.toLowerCase()));
  return new Set([...LOOPBACK_HOSTS, listening, ...more].map((name) => name.toLowerCase()));
}

/** Throws: FORBIDDEN for a Host header that is none of the names. */
export function checkHost(host: string | undefined, allowed: ReadonlySet<string> | undefined): void {
  if (allowed === undefined || (host !== undefined && allowed.has(hostNameOf(host)))) return;
  throw new CausalError('FORBIDDEN', 'Cannot answer under this name: the Host header is none of those configured', {
    host: host?.slice(0, 200),
  });
}
