/**
 * What is made in a directory for a store that is new, and how it is taken away again when the command fails before the
 * store has taken a write. Only names are removed that were not there before.
 */

import { existsSync } from 'node:fs';
import { readdir, rm, rmdir } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';

/** What was there before. */
export type DirectoryBefore = {
  readonly directory: string;
  readonly names: readonly string[];
  /** The directories that were not there, the innermost first. */
  readonly missing: readonly string[];
};

/** Looks at a place where a store may be made. */
export async function directoryBefore(place: string): Promise<DirectoryBefore> {
  const directory = resolve(place);
  const missing: string[] = [];
  for (let at = directory; !existsSync(at); at = dirname(at)) missing.push(at);
  return { directory, missing, names: missing.length > 0 ? [] : await readdir(directory).catch(() => []) };
}

/**
 * Puts it back to what was there; false where that cannot be done. To be called while the store is open, so that nobody
 * else has it: what another process makes there afterwards stays.
 */
export async function putBack({ directory, names, missing }: DirectoryBefore): Promise<boolean> {
  try {
    const made = (await readdir(directory)).filter((name) => !names.includes(name));
    for (const name of made) await rm(join(directory, name), { recursive: true, force: true });
  } catch {
    return false; // Windows removes no file that is open
  }
  for (const path of missing) await rmdir(path).catch(() => undefined);
  return true;
}
