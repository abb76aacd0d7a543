/** `cairn delete`: deletes a key. */

import { option, words } from './arguments.ts';
import type { Invocation } from './command.ts';
import { withKeys } from './keys.ts';
import { sayWritten } from './output.ts';

/** Runs the command; the exit status. */
export async function run(invocation: Invocation): Promise<number> {
  const [where = '', key = ''] = words('delete', invocation, ['DIR|URL', 'KEY']);
  const context = option(invocation, 'context');
  await sayWritten(invocation, await withKeys(where, invocation, {}, (keys) => keys.delete(key, context)));
  return 0;
}
