import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { COMMANDS } from '../../../src/cli/commands.ts';
import { flagOf, SETTINGS, variableOf } from '../../../src/cli/serve/settings.ts';
import { type Environment, readSettings } from '../../../src/cli/serve/settings-sources.ts';

const folder = mkdtempSync(join(tmpdir(), 'cairn-settings-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const config = join(folder, 'cairn.json');
const place = (
  values: { readonly [flag: string]: string | boolean | readonly string[] },
  environment: Environment = {},
) => readSettings({ values, positionals: [] }, environment, '/here');

describe('readSettings', () => {
  it('readSettings takes a flag before the environment, that before the file, that before the default', async () => {
    writeFileSync(config, JSON.stringify({ name: 'file', keyspace: 'file', w: 3, r: 3 }));
    const flags = { config, name: 'flag' };
    const { settings, sources } = await place(flags, {
      CAIRN_NAME: 'variable',
      CAIRN_KEYSPACE: 'variable',
      CAIRN_W: '2',
    });
    expect(settings).toMatchObject({ name: 'flag', keyspace: 'variable', w: 2, r: 3, engine: 'level' });
    expect(sources).toMatchObject({
      name: '--name',
      keyspace: 'CAIRN_KEYSPACE',
      w: 'CAIRN_W',
      r: `"r" in ${config}`,
      engine: 'default',
    });
  });

  it('readSettings finds the config file by CAIRN_CONFIG, and paths in it beside it', async () => {
    writeFileSync(config, JSON.stringify({ data: 'data', tokenFile: '/etc/tokens' }));
    const { settings } = await place({ 'tls-cert': 'cert.pem' }, { CAIRN_CONFIG: config, CAIRN_PEER_CA: 'ca.pem' });
    expect(settings).toMatchObject({
      data: join(folder, 'data'),
      tokenFile: '/etc/tokens',
      tlsCert: '/here/cert.pem',
      peerCa: '/here/ca.pem',
    });
  });

  it('readSettings reads lists from repeated flags and from commas, and switches from words', async () => {
    const flags = { peer: ['ws://a:1', 'b=ws://b:1'], members: ['a,b', 'c'] };
    const { settings } = await place(flags, { CAIRN_SLOPPY: 'true', CAIRN_HTTP_ORIGIN: 'http://x, http://y' });
    expect(settings).toMatchObject({
      peer: ['ws://a:1', 'b=ws://b:1'],
      members: ['a', 'b', 'c'],
      sloppy: true,
      httpOrigin: ['http://x', 'http://y'],
    });
  });

  it('readSettings names what it refuses, and where that stood', async () => {
    writeFileSync(config, JSON.stringify({ drainMs: '5 s' }));
    await expect(place({ n: 'many' })).rejects.toThrow(
      'Cannot use --n: it is "many", give a whole number from 1 to 1000',
    );
    await expect(place({}, { CAIRN_ENGINE: 'oak' })).rejects.toThrow(
      'Cannot use CAIRN_ENGINE: it is "oak", give one of level, lmdb, memory',
    );
    await expect(place({ config })).rejects.toThrow(`Cannot use "drainMs" in ${config}: it is "5 s", give a whole`);
    await expect(place({ config: join(folder, 'none.json') })).rejects.toThrow('Cannot read the config file');
    writeFileSync(config, JSON.stringify({ 'token-file': 'tokens' }));
    await expect(place({ config })).rejects.toThrow('there is no setting "token-file", it is called "tokenFile" there');
  });

  it('readSettings shows nothing of a secret in an address', async () => {
    for (const address of ['ws://berlin:hunter2@host:1', 'ws://host:1/?token=hunter2']) {
      const refused = await place({ peer: [address] }).catch((error: unknown) => String(error));
      expect(refused).toContain('give ws://HOST:PORT');
      expect(refused).not.toContain('hunter2');
    }
  });
});

describe('SETTINGS', () => {
  it('SETTINGS are the flags of cairn serve', () => {
    const flags = Object.keys(COMMANDS.get('serve')!.options);
    expect(flags).toEqual([...Object.keys(SETTINGS).map(flagOf), 'config']);
    expect(variableOf('peerTokenFile')).toBe('CAIRN_PEER_TOKEN_FILE');
  });
});
