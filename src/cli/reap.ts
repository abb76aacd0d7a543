/** `cairn reap`: removes tombstones that every member has seen, and says whom the others wait for. */

import { formatDot } from '../clock/dot.ts';
import { flag, words } from './arguments.ts';
import type { Invocation } from './command.ts';
import { quoted, say } from './output.ts';
import { withStore } from './store-directory.ts';
import { count } from './terminal.ts';

/** Runs the command; the exit status. */
export async function run(invocation: Invocation): Promise<number> {
  const [directory = ''] = words('reap', invocation, ['DIR']);
  const force = flag(invocation, 'force');
  const { reaped, dots, waiting, waitingFor } = await withStore(directory, {}, (store) => store.reap({ force }));
  const members = [...waitingFor];
  await say(invocation, { reaped, dots: dots.map(formatDot), waiting, waitingFor: Object.fromEntries(members) }, [
    `${count(reaped)} deleted keys reaped, ${count(waiting)} stay.`,
    ...members.map(([member, keys]) => `  ${count(keys)} wait for ${quoted(member)}`),
  ]);
  return 0;
}
