/**
 * Who has a directory: in this thread a set of real paths, since the locks of the operating system are of processes, and
 * LevelDB even lets go of its own when the same process tries again; over time a file `CAIRN-OWNER` beside the engine's own, that every opener overwrites with a random
 * text while it holds the engine's lock. An engine that recovers by closing and opening again gives its lock up for that
 * moment; whoever used it has left another text. Knows no engine.
 */

import { randomBytes } from 'node:crypto';
import { mkdir, readFile, realpath, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fullStorage, isFull, lockedStorage, unreadableStorage } from './failure.ts';

const FILE = 'CAIRN-OWNER';

/** The real paths of the directories that are open in this thread. */
const taken = new Set<string>();

/** A directory that is taken until it is released, by the one path that all its names lead to. */
export type TakenDirectory = { readonly path: string; readonly release: () => void };

/** Makes the directory if need be and takes it. Throws: STORAGE_LOCKED when this thread has it; STORAGE_FULL. */
export async function takeDirectory(name: string, directory: string): Promise<TakenDirectory> {
  const path = await madeDirectory(name, directory);
  if (taken.has(path)) throw lockedStorage(name);
  taken.add(path);
  return { path, release: () => taken.delete(path) };
}

/**
 * Makes the caller, who holds the lock, the owner of the directory, and gives the check that he still is. The check
 * throws: STORAGE_LOCKED when somebody else has been the owner since.
 */
export async function ownDirectory(name: string, directory: string): Promise<() => Promise<void>> {
  const path = join(directory, FILE);
  // Chance from the system and not from Env: two processes that replay one seed are two owners all the same.
  const owner = `${randomBytes(16).toString('hex')}\n`;
  try {
    await writeFile(path, owner);
  } catch (cause) {
    throw openFailure(name, cause);
  }
  return async () => {
    if ((await readFile(path, 'utf8')) !== owner) {
      throw lockedStorage(name, new Error('another store has had it open since'));
    }
  };
}

async function madeDirectory(name: string, directory: string): Promise<string> {
  try {
    await mkdir(directory, { recursive: true });
    return await realpath(directory);
  } catch (cause) {
    throw openFailure(name, cause);
  }
}

function openFailure(name: string, cause: unknown): Error {
  return isFull(cause) ? fullStorage(name, cause) : unreadableStorage(name, cause);
}
