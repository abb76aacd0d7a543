import { Socket } from 'node:net';
import { describe, expect, test } from 'vitest';
import { type CertificateNames, certificateName, provenNameOf } from '../../src/transport/certificate-name.ts';

describe('certificateName', () => {
  const table: readonly (readonly [string | undefined, CertificateNames])[] = [
    ['berlin', { subject: { CN: 'berlin' }, subjectaltname: 'DNS:other' }],
    ['first', { subject: {}, subjectaltname: 'IP Address:127.0.0.1, DNS:first, DNS:second' }],
    ['first', { subjectaltname: 'DNS:first' }],
    [undefined, { subject: { CN: ['berlin', 'paris'] }, subjectaltname: 'DNS:berlin' }],
    [undefined, { subject: { CN: '' }, subjectaltname: 'DNS:berlin' }],
    ['real', { subject: {}, subjectaltname: 'URI:"x, DNS:forged", DNS:real' }],
    [undefined, { subject: {}, subjectaltname: 'DNS:"a, DNS:forged"' }],
    [undefined, { subject: {}, subjectaltname: 'IP Address:127.0.0.1' }],
    [undefined, {}],
  ];
  test.each(table)('certificateName is %s', (name, names) => expect(certificateName(names)).toBe(name));
});

describe('provenNameOf', () => {
  test('provenNameOf proves nothing without TLS', () => expect(provenNameOf(new Socket())).toBeUndefined());
});
