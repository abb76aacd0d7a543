/** Throw-away certificates, made with openssl when a test wants them: an authority, and whom it vouches for. */

import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';

export type Certificate = { readonly cert: string; readonly key: string };

/** An authority of its own; `sign` makes a certificate for a subject as `/CN=berlin` and names as `DNS:localhost`. */
export type Authority = {
  readonly ca: string;
  readonly sign: (subject: string, names?: string) => Certificate;
};

/** Whether this machine can make certificates; where it cannot, a test that says so stands for those of `subject`. */
export function hasOpenssl(subject: string): boolean {
  try {
    execFileSync('openssl', ['version'], { stdio: 'ignore' });
    return true;
  } catch {
    test(`${subject} with certificates: there is no openssl to make them with`, (t) => {
      if (process.env['REQUIRE_SERVICES'] === '1') expect.unreachable('no openssl');
      t.skip('no openssl to make certificates with');
    });
    return false;
  }
}

/** An authority nobody else knows. */
export function newAuthority(): Authority {
  const make = (subject: string, names: string, by: Certificate | undefined): Certificate => {
    const folder = mkdtempSync(join(tmpdir(), 'cairn-certificates-'));
    const file = (name: string): string => join(folder, name);
    const signedBy: string[] = [];
    if (by !== undefined) {
      writeFileSync(file('ca.pem'), by.cert);
      writeFileSync(file('ca.key'), by.key, { mode: 0o600 });
      signedBy.push('-CA', file('ca.pem'), '-CAkey', file('ca.key'));
    }
    const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
    const extensions = [
      ...(names === '' ? [] : ['-addext', `subjectAltName=${names}`]),
      ...(by === undefined ? [] : ['-addext', 'basicConstraints=critical,CA:FALSE']),
    ];
    const out = ['-keyout', file('key.pem'), '-out', file('cert.pem'), '-days', '2'];
    execFileSync('openssl', ['req', '-x509', ...curve, ...out, '-subj', subject, ...extensions, ...signedBy], {
      stdio: 'ignore',
    });
    const made = { cert: readFileSync(file('cert.pem'), 'utf8'), key: readFileSync(file('key.pem'), 'utf8') };
    rmSync(folder, { recursive: true });
    return made;
  };
  const authority = make('/CN=throw-away authority', '', undefined);
  return {
    ca: authority.cert,
    sign: (subject, names = 'DNS:localhost,IP:127.0.0.1') => make(subject, names, authority),
  };
}
