/** Writes docs/openapi.json from src/server/openapi.ts; a test says whether it is up to date. */

import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { OPENAPI } from '../src/server/openapi.ts';

const target: string = fileURLToPath(new URL('../docs/openapi.json', import.meta.url));

/** The whole of docs/openapi.json. */
export function renderOpenapi(): string {
  return `${JSON.stringify(OPENAPI, undefined, 2)}\n`;
}

/** Whether docs/openapi.json is what the sources say. */
export function isOpenapiCurrent(): boolean {
  try {
    return readFileSync(target, 'utf8') === renderOpenapi();
  } catch {
    return false;
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) writeFileSync(target, renderOpenapi());
