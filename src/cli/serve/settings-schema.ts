/** The JSON Schema (2020-12) of the config file of `cairn serve`, made from the table of settings. */

import { SETTINGS, type Setting } from './settings.ts';

type Schema = { readonly [keyword: string]: unknown };

/** The whole schema; docs/cairn.schema.json holds it. */
export function settingsSchema(): Schema {
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: 'The config file of `cairn serve`',
    description: 'Flags and environment variables come before it. Paths in it are relative to the folder it lies in.',
    type: 'object',
    additionalProperties: false,
    properties: {
      $schema: { type: 'string' },
      ...Object.fromEntries(Object.entries(SETTINGS).map(([name, setting]) => [name, schemaOf(setting)])),
    },
  };
}

function schemaOf(setting: Setting): Schema {
  const { help: description, fallback } = setting;
  return { description, ...typeOf(setting), ...(fallback === undefined ? {} : { default: fallback }) };
}

function typeOf({ kind, choices, min, max, pattern }: Setting): Schema {
  const matching = pattern === undefined ? {} : { pattern };
  switch (kind) {
    case 'flag':
      return { type: 'boolean' };
    case 'integer':
      return { type: 'integer', minimum: min, maximum: max };
    case 'choice':
      return { enum: choices };
    case 'list':
      return { type: 'array', items: { type: 'string', ...matching }, uniqueItems: true };
    case 'text':
      return { type: 'string', ...matching };
    case 'path':
      return { type: 'string', minLength: 1 };
  }
}
