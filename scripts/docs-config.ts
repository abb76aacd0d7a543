/**
 * Writes docs/cairn.schema.json, the JSON Schema of the config file of `cairn serve`, from the table in
 * src/cli/serve/settings.ts.
 */

import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { settingsSchema } from '../src/cli/serve/settings-schema.ts';

const target: string = fileURLToPath(new URL('../docs/cairn.schema.json', import.meta.url));

/** The whole of docs/cairn.schema.json. */
export function renderSettingsSchema(): string {
  return `${JSON.stringify(settingsSchema(), null, 2)}\n`;
}

/** Whether docs/cairn.schema.json says what the table says. */
export function isSettingsSchemaCurrent(): boolean {
  try {
    return readFileSync(target, 'utf8') === renderSettingsSchema();
  } catch {
    return false;
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  writeFileSync(target, renderSettingsSchema());
  console.log('docs/cairn.schema.json: written');
}
