/** `cairn restore`: makes a store out of a backup; the directory is there when all of it is. */

import { createReadStream, existsSync } from 'node:fs';
import { open, readdir, rename, rm, rmdir } from 'node:fs/promises';
import { resolve } from 'node:path';
import { level } from '../storage/level.ts';
import { restoreBackup } from '../store/durable/backup.ts';
import { words } from './arguments.ts';
import { CommandError, type Invocation, UsageError } from './command.ts';
import { say } from './output.ts';
import { isAddress } from './serve/addresses.ts';
import { count, Progress } from './terminal.ts';

/** Runs the command; the exit status. */
export async function run(invocation: Invocation): Promise<number> {
  const [file = '', directory = ''] = words('restore', invocation, ['FILE', 'DIR']);
  if (isAddress(directory)) throw new UsageError('Cannot restore at an address: give the directory of the store');
  await (await open(file, 'r')).close(); // before anything is made
  const isThere = existsSync(directory);
  if (isThere && (await readdir(directory)).length > 0)
    throw new CommandError(`Cannot restore into ${directory}: there is something already, give an empty place`);
  const temporary = `${resolve(directory)}.${process.pid}.partial`;
  const progress = new Progress();
  try {
    const onProgress = (entries: number): void => progress.update('Entries restored', entries, 0);
    const { entries } = await restoreBackup(createReadStream(file), level(temporary), onProgress);
    if (isThere) await rmdir(directory);
    await rename(temporary, directory);
    await say(invocation, { directory, entries }, [
      `${directory}: ${count(entries)} entries. It goes on as a new incarnation when it is opened.`,
    ]);
    return 0;
  } catch (error) {
    await rm(temporary, { recursive: true, force: true });
    throw error;
  } finally {
    progress.end();
  }
}
