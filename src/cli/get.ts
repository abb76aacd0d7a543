/** `cairn get`: what a key shows. */

import { toTagged } from '../codec/tagged-json.ts';
import { flag, words } from './arguments.ts';
import type { Invocation } from './command.ts';
import { withKeys } from './keys.ts';
import { notice, quoted, siblingLine, siblingToJson, write } from './output.ts';
import { formatValue } from './value-text.ts';

/** Runs the command; the exit status: 1 when there is nothing to show. */
export async function run(invocation: Invocation): Promise<number> {
  const [where = '', key = ''] = words('get', invocation, ['DIR|URL', 'KEY']);
  const { status, siblings, context, value, total } = await withKeys(where, invocation, {}, (keys) => keys.get(key));
  const isShown = status === 'live' || status === 'conflict';
  if (flag(invocation, 'json')) {
    const shown = status === 'live' ? { value: toTagged(value) } : {};
    await write(
      `${JSON.stringify({ key, status, ...shown, siblings: siblings.map(siblingToJson), total, context })}\n`,
    );
  } else if (status === 'live') {
    await write(`${formatValue(value)}\n`);
  } else if (status === 'conflict') {
    const lines = siblings.map((sibling) => `  ${siblingLine(sibling)}\n`).join('');
    const end = context === undefined ? `  and ${(total ?? 0) - siblings.length} more` : `  context ${context}`;
    await write(`CONFLICT: ${total ?? siblings.length} siblings, none knew of another\n${lines}${end}\n`);
  } else {
    notice(status === 'deleted' ? `${quoted(key)} is deleted.` : `${quoted(key)} is absent.`);
  }
  return isShown ? 0 : 1;
}
