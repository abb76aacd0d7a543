/** `cairn get`: what a key shows. */

import { flag, words } from './arguments.ts';
import type { Invocation } from './command.ts';
import { notice, quoted, siblingLine, siblingToJson, write } from './output.ts';
import { withStore } from './store-directory.ts';
import { formatValue, toTagged } from './tagged-json.ts';

/** Runs the command; the exit status: 1 when there is nothing to show. */
export async function run(invocation: Invocation): Promise<number> {
  const [directory = '', key = ''] = words('get', invocation, ['DIR', 'KEY']);
  const answer = await withStore(directory, {}, (store) => store.get(key));
  const { status, siblings, context } = answer;
  const isShown = status === 'live' || status === 'conflict';
  if (flag(invocation, 'json')) {
    const value = status === 'live' ? { value: toTagged(answer.value) } : {};
    await write(`${JSON.stringify({ key, status, ...value, siblings: siblings.map(siblingToJson), context })}\n`);
  } else if (status === 'live') {
    await write(`${formatValue(answer.value)}\n`);
  } else if (status === 'conflict') {
    const lines = siblings.map((sibling) => `  ${siblingLine(sibling)}\n`).join('');
    await write(`CONFLICT: ${siblings.length} siblings, none knew of another\n${lines}  context ${context}\n`);
  } else {
    notice(status === 'deleted' ? `${quoted(key)} is deleted.` : `${quoted(key)} is absent.`);
  }
  return isShown ? 0 : 1;
}
