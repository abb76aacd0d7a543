/** `cairn compact`: gives back the room of what was overwritten and deleted. */

import { words } from './arguments.ts';
import type { Invocation } from './command.ts';
import { say } from './output.ts';
import { directoryBytes, withStore } from './store-directory.ts';
import { count } from './terminal.ts';

/** Runs the command; the exit status. */
export async function run(invocation: Invocation): Promise<number> {
  const [directory = ''] = words('compact', invocation, ['DIR']);
  const before = await withStore(directory, {}, async (store) => {
    const bytes = await directoryBytes(directory);
    await store.compact();
    return bytes;
  });
  const after = await directoryBytes(directory);
  await say(invocation, { before, after }, [`${count(before)} bytes before, ${count(after)} after.`]);
  return 0;
}
