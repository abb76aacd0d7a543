import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { digestOf, parseTokens } from '../../src/cli/serve/token-file.ts';
import { cairn, cairnJson, Directories } from './directories.ts';
import { runCairn } from './drive-process.ts';

const directories = new Directories('token');

describe('token', () => {
  it('token prints a secret, and the line that lets its bearer in without holding it', async () => {
    const [secretLine = '', tokenLine = ''] = (await cairn(['token', 'app', 'read,write', 'users/'])).split('\n');
    const secret = secretLine.replace(/^secret /, '');
    expect(secret).toMatch(/^cairn_[\w-]{43}$/);
    expect(parseTokens(tokenLine.replace(/^line +/, ''), 'line')).toEqual([
      { name: 'app', scopes: ['read', 'write'], sha256: digestOf(secret), prefix: 'users/' },
    ]);
    expect(tokenLine).not.toContain(secret);
  });

  it('token adds its line to a file of its owner, and prints only the secret', async () => {
    const file = join(directories.root, 'tokens');
    const first = await cairn(['token', 'app', 'read', '--to', file], /^Added "app" to /);
    const second = await cairnJson(['token', 'berlin', 'peer', '--to', file], /^Added "berlin" to /);
    expect(parseTokens(readFileSync(file, 'utf8'), file).map(({ name, sha256 }) => [name, sha256])).toEqual([
      ['app', digestOf(first.trim())],
      ['berlin', digestOf((second as { secret: string }).secret)],
    ]);
    if (process.platform !== 'win32') expect(statSync(file).mode & 0o777).toBe(0o600);
  });

  it('token refuses scopes that are none', async () => {
    const { status, stderr } = await runCairn(['token', 'app', 'root']);
    expect([status, stderr]).toEqual([
      2,
      expect.stringContaining('"root" is none of read, write, admin, peer, device'),
    ]);
  });
});
