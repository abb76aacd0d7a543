/** `cairn members`: who reaping waits for, and joins, retires or replaces one of them. */

import type { Invocation } from './command.ts';
import { UsageError } from './command.ts';
import { say } from './output.ts';
import { plainly, remoteAt } from './remote.ts';
import { isAddress } from './serve/addresses.ts';
import { withStore } from './store-directory.ts';

type Change =
  | { readonly kind: 'join' | 'retire'; readonly name: string }
  | { readonly kind: 'replace'; readonly name: string; readonly by: string };

/** Runs the command; the exit status. */
export async function run(invocation: Invocation): Promise<number> {
  const [where, ...words] = invocation.positionals;
  if (where === undefined) throw new UsageError('Cannot tell members: give DIR or URL. See: cairn help members');
  const change = changeOf(words);
  const members = isAddress(where) ? await atRemote(where, invocation, change) : await inDirectory(where, change);
  const sorted = [...members].sort();
  await say(invocation, { members: sorted }, sorted);
  return 0;
}

function changeOf([kind, name, by, ...more]: readonly string[]): Change | undefined {
  if (kind === undefined) return undefined;
  if ((kind === 'join' || kind === 'retire') && name !== undefined && by === undefined) return { kind, name };
  if (kind === 'replace' && name !== undefined && by !== undefined && more.length === 0) return { kind, name, by };
  throw new UsageError(
    'Cannot change members: give join NAME, retire NAME or replace OLD NEW. See: cairn help members',
  );
}

async function atRemote(where: string, invocation: Invocation, change: Change | undefined): Promise<readonly string[]> {
  const { client } = await remoteAt(where, invocation);
  return plainly(() => {
    if (change === undefined) return client.members();
    const { kind, name } = change;
    if (kind === 'replace') return client.changeMembers({ replace: name, by: change.by });
    return client.changeMembers(kind === 'join' ? { join: name } : { retire: name });
  });
}

function inDirectory(where: string, change: Change | undefined): Promise<readonly string[]> {
  return withStore(where, {}, async (store) => {
    await store.load();
    // The new one first: at no moment does nobody wait for what it has not seen.
    if (change?.kind === 'replace') {
      await store.join(change.by);
      await store.retire(change.name);
    } else if (change !== undefined) await store[change.kind](change.name);
    return store.members();
  });
}
