/** The name that a certificate proves. Whether the certificate itself is to be trusted was settled by the TLS handshake. */

import type { Duplex } from 'node:stream';
import { TLSSocket } from 'node:tls';

/** What is looked at in a certificate; Node leaves out what it has not, and lists what it has several of. */
export type CertificateNames = {
  readonly subject?: { readonly CN?: string | readonly string[] };
  readonly subjectaltname?: string;
};

/** The name that the other side has proved; undefined where it showed no certificate, or none that was verified. */
export function provenNameOf(socket: Duplex): string | undefined {
  return socket instanceof TLSSocket && socket.authorized ? certificateName(socket.getPeerCertificate()) : undefined;
}

/** The common name of a certificate, or without one its first DNS name; undefined where it has several common names. */
export function certificateName({ subject, subjectaltname }: CertificateNames): string | undefined {
  const common = subject?.CN;
  if (common !== undefined) return typeof common === 'string' && common !== '' ? common : undefined;
  // A name that could be mistaken for two stands in quotes, and is no name of a replica.
  const names = (subjectaltname ?? '').replace(/"(?:[^"\\]|\\.)*"/g, '""');
  return /(?:^|, )DNS:([^,"]+)/.exec(names)?.[1];
}
