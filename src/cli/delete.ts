/** `cairn delete`: deletes a key. */

import { option, words } from './arguments.ts';
import type { Invocation } from './command.ts';
import { sayWritten } from './output.ts';
import { withStore } from './store-directory.ts';

/** Runs the command; the exit status. */
export async function run(invocation: Invocation): Promise<number> {
  const [directory = '', key = ''] = words('delete', invocation, ['DIR', 'KEY']);
  const context = option(invocation, 'context');
  const options = context === undefined ? {} : { context };
  await sayWritten(invocation, await withStore(directory, {}, (store) => store.delete(key, options)));
  return 0;
}
