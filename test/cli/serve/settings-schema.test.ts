import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { afterAll, describe, expect, it } from 'vitest';
import { isSettingsSchemaCurrent } from '../../../scripts/docs-config.ts';
import { readSettings } from '../../../src/cli/serve/settings-sources.ts';

const folder = mkdtempSync(join(tmpdir(), 'cairn-schema-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const schema = JSON.parse(readFileSync(new URL('../../../docs/cairn.schema.json', import.meta.url), 'utf8'));
const isValid = new Ajv2020({ strict: true }).compile(schema);

const GOOD: readonly object[] = [
  {},
  { $schema: './cairn.schema.json', name: 'berlin', data: 'data', listen: '[::1]:0' },
  { peer: ['ws://10.0.0.2:4040', 'oslo=wss://oslo.example.org/cairn'], members: ['berlin', 'oslo'], n: 2, w: 2 },
  { tokenFile: 'tokens', tlsCert: 'c.pem', tlsKey: 'k.pem', peerCa: 'ca.pem', httpOrigin: ['https://example.org'] },
  { sloppy: true, insecure: false, engine: 'memory', durability: 'buffered', logLevel: 'debug', drainMs: 0 },
];

const BAD: readonly object[] = [
  { nmae: 'berlin' },
  { name: 'two words' },
  { name: '' },
  { name: 7 },
  { data: '' },
  { listen: '4040' },
  { listen: 'host:port' },
  { peer: 'ws://10.0.0.2:4040' },
  { peer: ['http://10.0.0.2:4040'] },
  { peer: ['ws://name:secret@10.0.0.2:4040'] },
  { peer: ['ws://10.0.0.2:4040/?token=secret'] },
  { peer: ['ws://a:1', 'ws://a:1'] },
  { n: 0 },
  { n: 1.5 },
  { w: '2' },
  { sloppy: 'yes' },
  { engine: 'postgres' },
  { httpOrigin: ['https://example.org/'] },
];

/** Whether `cairn serve` takes the file. */
async function isTaken(config: object): Promise<boolean> {
  const file = join(folder, 'config.json');
  writeFileSync(file, JSON.stringify(config));
  return readSettings({ values: { config: file }, positionals: [] }, {}).then(
    () => true,
    () => false,
  );
}

describe('settingsSchema', () => {
  it('settingsSchema is what docs/cairn.schema.json holds', () => {
    expect(isSettingsSchemaCurrent()).toBe(true);
  });

  it('settingsSchema and readSettings take the same files', async () => {
    for (const config of GOOD) expect([config, isValid(config), await isTaken(config)]).toEqual([config, true, true]);
    for (const config of BAD) expect([config, isValid(config), await isTaken(config)]).toEqual([config, false, false]);
  });
});
