/** `cairn why`: why a key shows what it shows. */

import { flag, words } from './arguments.ts';
import type { Invocation } from './command.ts';
import { formatExplanation } from './explanation.ts';
import { siblingToJson, write } from './output.ts';
import { withStore } from './store-directory.ts';
import { paintFor } from './terminal.ts';

/** Runs the command; the exit status. */
export async function run(invocation: Invocation): Promise<number> {
  const [directory = '', key = ''] = words('why', invocation, ['DIR', 'KEY']);
  const explanation = await withStore(directory, {}, (store) => store.explain(key));
  const versions = explanation.versions.map(({ sibling, ...rest }) => ({ ...siblingToJson(sibling), ...rest }));
  const text = flag(invocation, 'json')
    ? `${JSON.stringify({ ...explanation, versions })}\n`
    : formatExplanation(explanation, paintFor(process.stdout));
  await write(text);
  return 0;
}
