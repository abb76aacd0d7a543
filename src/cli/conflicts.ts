/** `cairn conflicts`: every key that holds concurrent versions. */

import { flag, option, words } from './arguments.ts';
import type { Invocation } from './command.ts';
import { withKeys } from './keys.ts';
import { quoted, siblingLine, siblingToJson, write } from './output.ts';

/** Runs the command; the exit status. */
export async function run(invocation: Invocation): Promise<number> {
  const [where = ''] = words('conflicts', invocation, ['DIR|URL']);
  const prefix = option(invocation, 'prefix');
  await withKeys(where, invocation, {}, async (keys) => {
    for await (const [key, { siblings, context }] of keys.conflicts(prefix)) {
      const lines = [quoted(key), ...siblings.map((sibling) => `  ${siblingLine(sibling)}`)];
      const data = { key, siblings: siblings.map(siblingToJson), context };
      await write(flag(invocation, 'json') ? `${JSON.stringify(data)}\n` : `${lines.join('\n')}\n`);
    }
  });
  return 0;
}
