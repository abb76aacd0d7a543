/**
 * The storage engine on SQLite (Hipp), through Node's own node:sqlite: no package to install, reads at once, one file
 * that other programs know. Owns opening and the lock. SQLite lets many processes in; one store must not, so an exclusive
 * transaction on a second, empty database is held as the lock: it stays while the first one is opened again, and readers
 * of this process are not shut out by it, as they would be by SQLite's exclusive mode.
 */

import { join } from 'node:path';
import { CausalError } from '../errors.ts';
import { checkContents } from './directory-contents.ts';
import { takeDirectory } from './directory-owner.ts';
import { directoryPlace } from './directory-place.ts';
import { fullStorage, lockedStorage, unreadableStorage } from './failure.ts';
import { SqliteStorage } from './sqlite-storage.ts';
import { isBusySqlite, isFullSqlite, type SqliteConnection, type SqliteModule, SqliteTable } from './sqlite-table.ts';
import type { Storage, StorageEngine } from './storage.ts';

const FILE = 'entries.sqlite';
const LOCK = 'CAIRN-LOCK';

/**
 * A storage engine on SQLite in a directory, which is made when it is not there. A commit holds up the thread until it
 * is done. One store at a time has the directory: a second one is refused in this process, in another one and in another
 * thread, and the end of the process frees it, however it comes. Other programs may read the file meanwhile. This
 * process must not copy the directory of an open store: closing any file that SQLite has locked gives up the lock. In a
 * directory that holds something else, or whose database has lost its file entries.sqlite, none is made.
 *
 * Cost: one append and, when synced, one sync a commit; the log goes into the file every 1,000 pages.
 * Bound: keys of 1 to 65,536 bytes; Node 22.13 or later.
 * Throws on open: STORAGE_LOCKED, STORAGE_FULL, STORAGE_UNREADABLE; UNSUPPORTED without node:sqlite.
 */
export function sqlite(directory: string): StorageEngine {
  const name = `sqlite:${directory}`;
  return {
    name,
    open: async (): Promise<Storage> => {
      const module = builtIn(name);
      const { path, release } = await takeDirectory(name, directory);
      let lock: SqliteConnection | undefined;
      const free = (): void => {
        lock?.close();
        release();
      };
      try {
        await checkContents(name, 'sqlite', path);
        lock = opened(name, () => lockedBy(new module.DatabaseSync(join(path, LOCK))));
        const connect = (readOnly: boolean): SqliteConnection =>
          new module.DatabaseSync(join(path, FILE), { readOnly });
        const open = (): SqliteTable => opened(name, () => new SqliteTable(connect));
        return new SqliteStorage(name, open(), directoryPlace(name, path), open, free);
      } catch (error) {
        free();
        throw error;
      }
    },
  };
}

function builtIn(name: string): SqliteModule {
  // The `as`: the types of Node 20 do not have node:sqlite, and the tests run with the Nodes that do.
  const module = process.getBuiltinModule('node:sqlite') as SqliteModule | undefined;
  if (module !== undefined) return module;
  throw new CausalError(
    'UNSUPPORTED',
    `Cannot open ${name}: Node ${process.version} has no node:sqlite, use Node 22.13 or later.`,
    { storage: name },
  );
}

/** The connection with the lock, which the operating system keeps until it is closed or the process ends. */
function lockedBy(lock: SqliteConnection): SqliteConnection {
  try {
    // An exclusive transaction begins a journal; in memory it leaves no file behind.
    lock.exec('PRAGMA journal_mode = MEMORY');
    lock.exec('BEGIN EXCLUSIVE');
    return lock;
  } catch (error) {
    lock.close();
    throw error;
  }
}

function opened<T>(name: string, open: () => T): T {
  try {
    return open();
  } catch (cause) {
    if (isBusySqlite(cause)) throw lockedStorage(name, cause);
    throw isFullSqlite(cause) ? fullStorage(name, cause) : unreadableStorage(name, cause);
  }
}
