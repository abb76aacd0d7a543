import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { digestOf } from '../../src/cli/serve/token-file.ts';
import { hasOpenssl, newAuthority } from '../transport/certificates.ts';
import { Directories } from './directories.ts';
import { runCairn } from './drive-process.ts';
import { eventually, ServeProcess } from './serving.ts';

const directories = new Directories('tls');
const SECRET = 'the-secret-of-an-app';

function file(name: string, text: string): string {
  mkdirSync(directories.root, { recursive: true });
  const path = join(directories.root, name);
  writeFileSync(path, text);
  chmodSync(path, 0o600);
  return path;
}

const isPossible = hasOpenssl('serve');

describe.runIf(isPossible)('serve with certificates', () => {
  const authority = isPossible ? newAuthority() : undefined;
  const ca = file('ca.pem', authority?.ca ?? '');

  /** Flags for a replica whose certificate says `subject`. */
  function certified(subject: string, { sign } = authority!): string[] {
    const { cert, key } = sign(`/CN=${subject}`);
    const name = `${subject}-${Math.random()}`;
    return ['--tls-cert', file(`${name}.pem`, cert), '--tls-key', file(`${name}.key`, key), '--peer-ca', ca];
  }

  const overTls = (url: string): string => url.replace('127.0.0.1', 'localhost');

  it('serve links replicas that prove their names by certificates, and no others; clients need a token only', async () => {
    const tokens = file('tokens', `app read,write sha256:${digestOf(SECRET)}\n`);
    const all = ['--engine', 'memory', '--token-file', tokens];
    const berlin = await ServeProcess.start(['--name', 'berlin', ...all, ...certified('berlin')]);
    expect([berlin.url, berlin.peerUrl]).toEqual([expect.stringMatching(/^https:/), expect.stringMatching(/^wss:/)]);
    const peer = ['--peer', `berlin=${overTls(berlin.peerUrl)}`];
    const oslo = await ServeProcess.start(['--name', 'oslo', ...all, ...peer, ...certified('oslo')]);
    expect(await oslo.logged('peer-connected')).toMatchObject({ peer: 'berlin' });
    const client = { NODE_EXTRA_CA_CERTS: ca, CAIRN_TOKEN: SECRET };
    const put = await runCairn(['put', overTls(berlin.url), 'k', '1'], '', client);
    expect([put.status, put.stderr]).toEqual([0, '']);
    const got = await eventually(
      () => runCairn(['get', overTls(oslo.url), 'k'], '', client),
      ({ status }) => status === 0,
    );
    expect(got.stdout).toBe('1\n');

    const refused = async (args: readonly string[], why: string): Promise<void> => {
      const other = await ServeProcess.start(['--name', 'lima', ...all, ...peer, ...args]);
      const entry = await other.logged('dial-failed');
      expect(entry['why']).toContain(why);
      await other.stop();
    };
    await refused(certified('oslo'), 'its certificate is that of "oslo"');
    await refused([], 'self-signed certificate');
    await refused(certified('lima', newAuthority()), 'it shows no certificate that was signed for peers');
    expect([await oslo.stop(), await berlin.stop()]).toEqual([0, 0]);
  });

  it('serve takes a certificate for that of a host, not of a replica, unless peers must show theirs', async () => {
    const [, cert = '', , key = ''] = certified('cairn.example.org');
    const args = ['--engine', 'memory', '--tls-cert', cert, '--tls-key', key];
    const berlin = await ServeProcess.start(['--name', 'berlin', ...args]);
    const peer = ['--peer', `berlin=${overTls(berlin.peerUrl)}`];
    const oslo = await ServeProcess.start(['--name', 'oslo', '--engine', 'memory', ...peer], {
      NODE_EXTRA_CA_CERTS: ca,
    });
    expect(await oslo.logged('peer-connected')).toMatchObject({ peer: 'berlin' });
    await oslo.stop();
    await berlin.stop();
  });
});
