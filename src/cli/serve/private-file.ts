/** Files that hold what others must not read: read whole, with a word about it when others can. */

import { readFile, stat } from 'node:fs/promises';
import { CommandError } from '../command.ts';

/** Read and write of group and of others. */
const OF_OTHERS = 0o066;

/** Text of the file `what`; `warn` is told when others may read or change it. Throws: CommandError. */
export async function readPrivate(path: string, what: string, warn: (sentence: string) => void): Promise<string> {
  try {
    const { mode } = await stat(path);
    const open = mode & OF_OTHERS;
    if (process.platform !== 'win32' && open !== 0)
      warn(`${what} ${path} can be ${(open & 0o044) === 0 ? 'changed' : 'read'} by others, do: chmod 600 ${path}`);
    return await readFile(path, 'utf8');
  } catch (error) {
    throw new CommandError(`Cannot read ${what} ${path}: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/** The one line of a file that holds a secret and nothing else. Throws: CommandError. */
export async function readSecret(path: string, what: string, warn: (sentence: string) => void): Promise<string> {
  const lines = (await readPrivate(path, what, warn)).split(/\r?\n/).map((line) => line.trim());
  const [secret, ...more] = lines.filter((line) => line !== '' && !line.startsWith('#'));
  if (secret === undefined || more.length > 0 || /\s/.test(secret))
    throw new CommandError(`Cannot use ${what} ${path}: give a file with one secret on a line of its own`);
  return secret;
}
