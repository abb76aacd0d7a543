/** `cairn link`: cuts the link of a running replica to a peer, or heals it: for tests and demonstrations. */

import { words } from './arguments.ts';
import { type Invocation, UsageError } from './command.ts';
import { quoted, say } from './output.ts';
import { plainly, remoteAt } from './remote.ts';
import { isAddress } from './serve/addresses.ts';

/** Runs the command; the exit status. */
export async function run(invocation: Invocation): Promise<number> {
  const [where = '', what = '', peer = ''] = words('link', invocation, ['URL', 'cut|heal', 'PEER']);
  if (what !== 'cut' && what !== 'heal') throw new UsageError('Cannot link: say cut or heal. See: cairn help link');
  if (!isAddress(where)) throw new UsageError('Cannot link: give the URL of a running replica. See: cairn help link');
  const remote = await remoteAt(where, invocation);
  await plainly(() => remote.link(peer, what));
  const done = what === 'cut' ? `Cut from ${quoted(peer)}, until it is healed.` : `Healed with ${quoted(peer)}.`;
  await say(invocation, { peer, [what]: true }, [done]);
  return 0;
}
