/**
 * The storage engine on LevelDB: in a directory through the package classic-level, or on any abstract-level database
 * that its caller has made. Owns opening, the lock and the place; calls are translated in level-database.ts. LevelDB
 * (Ghemawat and Dean) gives the room of deleted keys back by itself, survives kill -9 without repair, and lets one
 * process in.
 */

import { CausalError } from '../errors.ts';
import { checkContents } from './directory-contents.ts';
import { ownDirectory, takeDirectory } from './directory-owner.ts';
import { directoryPlace } from './directory-place.ts';
import { lockedStorage, missingPackage } from './failure.ts';
import {
  type LevelBatch,
  type LevelDatabase,
  type LevelEncoding,
  LevelStorage,
  openDatabase,
} from './level-database.ts';
import { mayHoldBatch, syncLogs } from './level-log.ts';
import type { Storage, StorageEngine, StorageManifest } from './storage.ts';

export type { LevelDatabase } from './level-database.ts';

const MANIFEST: StorageManifest = {
  name: 'level',
  durability: ['synced', 'buffered'],
  survives: 'power',
  keyBytesMax: 65_536,
  valueBytesMax: 256 * 1024 * 1024,
};

const taken = new WeakSet<LevelDatabase>();

/**
 * A storage engine on LevelDB, in a directory, which is made when it is not there, or on an abstract-level database.
 * In a directory that holds something else no database is made, for LevelDB removes files that are called like its own;
 * nor in one whose database has lost its file CURRENT.
 * The database is the store's from open to close: it is opened, closed, and after a failed commit closed and opened
 * again. A directory is locked for this process by the operating system, so the end of the process frees it, however
 * it comes; two threads of one process are not kept apart, so open it in one of them only. What a database survives that was handed in is its own affair; the manifest says `process` for one that
 * says it is permanent.
 *
 * Cost: one append and, when synced, one sync a commit. Bound: keys of 1 to 65,536 bytes. A power cut may take the last
 * buffered commits of one log of LevelDB (4 MB) and leave those of the next; a synced commit is preceded by all others.
 * Throws on open: STORAGE_LOCKED, STORAGE_FULL, STORAGE_UNREADABLE; UNSUPPORTED without the package classic-level, or
 * for a database whose iterators do not see a snapshot.
 */
export function level(where: string | LevelDatabase): StorageEngine {
  return typeof where === 'string' ? inDirectory(where) : onDatabase(where);
}

function inDirectory(directory: string): StorageEngine {
  const name = `level:${directory}`;
  return {
    name,
    open: async (): Promise<Storage> => {
      const Database = await classicLevel(name);
      const { path, release } = await takeDirectory(name, directory);
      try {
        await checkContents(name, 'level', path);
        const database = new Database(path, { keyEncoding: 'view', valueEncoding: 'view' });
        await openDatabase(name, database);
        const checkOwner = await ownDirectory(name, path).catch(async (error: unknown) => {
          await database.close();
          throw error;
        });
        return new LevelStorage(name, database, {
          manifest: MANIFEST,
          place: directoryPlace(name, path),
          keepsBytes: false,
          begin: () => database.batch(),
          syncBuffered: () => syncLogs(path),
          mayHold: (batch) => mayHoldBatch(path, batch),
          checkOwner,
          release,
        });
      } catch (error) {
        release();
        throw error;
      }
    },
  };
}

function onDatabase(database: LevelDatabase): StorageEngine {
  const name = 'level:database';
  return {
    name,
    open: async (): Promise<Storage> => {
      if (taken.has(database)) throw lockedStorage(name);
      if (database.supports.implicitSnapshots === false) {
        throw new CausalError(
          'UNSUPPORTED',
          `Cannot open ${name}: its iterators do not see a snapshot, use a database whose manifest has implicitSnapshots.`,
        );
      }
      taken.add(database);
      const release = (): void => {
        taken.delete(database);
      };
      try {
        await openDatabase(name, database);
      } catch (error) {
        release();
        throw error;
      }
      const survives = database.supports.permanence === false ? 'nothing' : 'process';
      return new LevelStorage(name, database, {
        manifest: { ...MANIFEST, survives },
        place: undefined,
        keepsBytes: true,
        syncBuffered: () => Promise.resolve(),
        mayHold: () => Promise.resolve(true),
        checkOwner: () => Promise.resolve(),
        release,
      });
    },
  };
}

/** classic-level, opened with bytes for keys and values. */
type BytesLevel = new (location: string, options: LevelEncoding) => LevelDatabase & { batch(): LevelBatch };

async function classicLevel(name: string): Promise<BytesLevel> {
  try {
    const { ClassicLevel } = await import('classic-level');
    return ClassicLevel as unknown as BytesLevel; // its types name the encodings, which the options do here
  } catch (cause) {
    throw missingPackage(name, 'classic-level', cause);
  }
}
