/** `cairn put`: writes a value. */

import { readFile } from 'node:fs/promises';
import { text as textOf } from 'node:stream/consumers';
import { option, words } from './arguments.ts';
import { type Invocation, UsageError } from './command.ts';
import { withKeys } from './keys.ts';
import { sayWritten } from './output.ts';
import { parseValue } from './value-text.ts';

/** Runs the command; the exit status. */
export async function run(invocation: Invocation): Promise<number> {
  const [where = '', key = '', json] = words('put', invocation, [
    'DIR|URL',
    'KEY',
    '[JSON | --text TEXT | --file FILE]',
  ]);
  const value = await readValue(json, option(invocation, 'text'), option(invocation, 'file'));
  const context = option(invocation, 'context');
  const written = await withKeys(where, invocation, { create: true, name: option(invocation, 'name') }, (keys) =>
    keys.put(key, value, context),
  );
  await sayWritten(invocation, written);
  return 0;
}

async function readValue(
  json: string | undefined,
  text: string | undefined,
  file: string | undefined,
): Promise<unknown> {
  if ([json, text, file].filter((given) => given !== undefined).length !== 1)
    throw new UsageError('Cannot put: give one of JSON, --text TEXT and --file FILE. See: cairn help put');
  if (text !== undefined) return text;
  if (file !== undefined) return new Uint8Array(await readFile(file));
  return parseValue(json === '-' ? await textOf(process.stdin) : (json ?? ''), 'the value');
}
