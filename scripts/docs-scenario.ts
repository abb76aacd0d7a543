/**
 * Writes docs/scenario.schema.json, the JSON Schema of a scenario of `cairn experiment`, from the table in
 * src/lab/scenario/scenario-form.ts.
 */

import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { scenarioSchema } from '../src/lab/scenario/scenario-schema.ts';

const target: string = fileURLToPath(new URL('../docs/scenario.schema.json', import.meta.url));

/** The whole of docs/scenario.schema.json. */
export function renderScenarioSchema(): string {
  return `${JSON.stringify(scenarioSchema(), null, 2)}\n`;
}

/** Whether docs/scenario.schema.json says what the table says. */
export function isScenarioSchemaCurrent(): boolean {
  try {
    return readFileSync(target, 'utf8') === renderScenarioSchema();
  } catch {
    return false;
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  writeFileSync(target, renderScenarioSchema());
  console.log('docs/scenario.schema.json: written');
}
