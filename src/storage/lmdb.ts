/**
 * The storage engine on LMDB (Chu), through the package lmdb: reads at once from mapped memory, one file that never
 * shrinks. Owns opening and the lock. LMDB itself lets many processes in; one store must not, so its table of readers,
 * which the operating system keeps true, is used as the lock.
 */

import { CausalError } from '../errors.ts';
import { checkContents } from './directory-contents.ts';
import { ownDirectory, takeDirectory } from './directory-owner.ts';
import { directoryPlace } from './directory-place.ts';
import { fullStorage, isFull, lockedStorage, missingPackage, unreadableStorage } from './failure.ts';
import { keepReader, type LmdbDatabase, LmdbStorage } from './lmdb-database.ts';
import type { Storage, StorageEngine } from './storage.ts';

/**
 * A storage engine on LMDB in a directory, which is made when it is not there. Every commit is synced, and holds up the
 * thread until it is. One store at a time has the directory: a second one is refused in this process, in another one
 * and in another thread, and the end of the process frees it, however it comes. Two that open it in the same moment may
 * both be refused. Processes that share no kernel (a network file system) do not see one another: LMDB forbids that. In a
 * directory that holds something else, or whose database has lost its file data.mdb, none is made.
 *
 * Bound: keys of 1 to 1,978 bytes.
 * Throws on open: STORAGE_LOCKED, STORAGE_FULL, STORAGE_UNREADABLE; UNSUPPORTED without the package lmdb.
 */
export function lmdb(directory: string): StorageEngine {
  const name = `lmdb:${directory}`;
  return {
    name,
    open: async (): Promise<Storage> => {
      const openDatabase = await opener(name);
      const { path, release } = await takeDirectory(name, directory);
      /** Opens it and sees that nobody else is there or, by what `check` says, has been. */
      const openFor = async (check: () => Promise<void>): Promise<LmdbDatabase> => {
        const database = openAlone(name, path, openDatabase);
        await check().catch(async (error: unknown) => {
          await database.close();
          throw error;
        });
        return database;
      };
      try {
        await checkContents(name, 'lmdb', path);
        let checkOwner = (): Promise<void> => Promise.resolve();
        const database = await openFor(async () => {
          checkOwner = await ownDirectory(name, path);
        });
        return new LmdbStorage(name, database, directoryPlace(name, path), () => openFor(checkOwner), release);
      } catch (error) {
        release();
        throw error;
      }
    },
  };
}

type Opener = (path: string) => LmdbDatabase;

async function opener(name: string): Promise<Opener> {
  try {
    const { open } = await import('lmdb');
    // Not overlapping: a commit has answered when it is on the medium, and not before.
    const options = { keyEncoding: 'binary', encoding: 'binary', noSubdir: false, overlappingSync: false } as const;
    return (path) => open<Uint8Array, Uint8Array>({ path, ...options });
  } catch (cause) {
    throw missingPackage(name, 'lmdb', cause);
  }
}

/**
 * Opens the database and takes a place in its table of readers, which must be empty before and hold nobody else after.
 * The lock behind a place is the operating system's, and falls with the process.
 */
function openAlone(name: string, path: string, openDatabase: Opener): LmdbDatabase {
  let database: LmdbDatabase;
  try {
    database = openDatabase(path);
  } catch (cause) {
    throw isFull(cause) ? fullStorage(name, cause) : unreadableStorage(name, cause);
  }
  try {
    const before = readersOf(database);
    keepReader(database);
    const others = [...before, ...readersOf(database).filter((pid) => pid !== process.pid)];
    if (others.length > 0) throw lockedStorage(name, new Error(`process ${others.join(', ')} reads it`));
    return database;
  } catch (error) {
    void database.close();
    throw error instanceof CausalError ? error : unreadableStorage(name, error);
  }
}

/** The processes in the table of readers that live. */
function readersOf(database: LmdbDatabase): number[] {
  database.readerCheck();
  return [...database.readerList().matchAll(/^ *(\d+) /gm)].map(([, pid]) => Number(pid));
}
