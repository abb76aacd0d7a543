/** `cairn conflicts`: every key that holds concurrent versions. */

import { flag, option, words } from './arguments.ts';
import type { Invocation } from './command.ts';
import { quoted, siblingLine, siblingToJson, write } from './output.ts';
import { loadAll, warnOfDamage, withStore } from './store-directory.ts';

/** Runs the command; the exit status. */
export async function run(invocation: Invocation): Promise<number> {
  const [directory = ''] = words('conflicts', invocation, ['DIR']);
  const prefix = option(invocation, 'prefix');
  await withStore(directory, {}, async (store) => {
    warnOfDamage(await loadAll(store));
    for (const [key, { siblings, context }] of store.conflicts({ prefix })) {
      const lines = [quoted(key), ...siblings.map((sibling) => `  ${siblingLine(sibling)}`)];
      const data = { key, siblings: siblings.map(siblingToJson), context };
      await write(flag(invocation, 'json') ? `${JSON.stringify(data)}\n` : `${lines.join('\n')}\n`);
    }
  });
  return 0;
}
