/**
 * What is in a directory before an engine makes a database there. Engines take files by their names: LevelDB removes what
 * is called like its own, and every one of them begins anew, without a word, where its main file was lost. So a database
 * is made only where there is nothing, or what an opening left that was cut off. Knows the names of files, and no engine.
 */

import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { CausalError } from '../errors.ts';
import { unreadableStorage } from './failure.ts';

/** The engines that keep a directory. */
export type DirectoryEngine = 'level' | 'lmdb' | 'sqlite';

type Files = {
  /** Without it there is no database. */
  readonly main: string;
  /** What is there before the main file is. */
  readonly early: RegExp;
  /** What tells that the main file was there. Beside the files of ours, what is there early will do. */
  readonly late: RegExp;
};

const FILES: { readonly [engine in DirectoryEngine]: Files } = {
  level: {
    main: 'CURRENT',
    early: /^(?:LOCK|LOG|LOG\.old|MANIFEST-000001|000001\.dbtmp)$/,
    late: /^(?:MANIFEST-(?!000001$)\d+|\d+\.ldb)$/,
  },
  lmdb: { main: 'data.mdb', early: /^lock\.mdb$/, late: /^$/ },
  sqlite: { main: 'entries.sqlite', early: /^CAIRN-LOCK$/, late: /^entries\.sqlite-(?:wal|shm)$/ },
};
const ENGINES = ['lmdb', 'sqlite', 'level'] as const;
/** What is written when the database is there: the place, and the owner. */
const OURS = /^CAIRN(?:-OWNER)?$/;
/** What file systems and desktops put anywhere. */
const OF_NOBODY = /^(?:\..*|lost\+found)$/;

/** Why an engine must not make a database in a directory; undefined when its main file is there, or it may. */
export async function reasonNotToMake(engine: DirectoryEngine, directory: string): Promise<string | undefined> {
  const { main, early } = FILES[engine];
  const names = (await readdir(directory)).filter((name) => !OF_NOBODY.test(name));
  // Looked at again: another process may just have been making it.
  if (names.every((name) => early.test(name)) || existsSync(join(directory, main))) return undefined;
  const other = ENGINES.find((name) => names.includes(FILES[name].main));
  if (other !== undefined) return `it holds a store of ${other}, open it as one`;
  const lost = ENGINES.find((name) => isLeftOf(FILES[name], names));
  if (lost !== undefined) return `its file ${FILES[lost].main} is gone, restore it or a backup`;
  if (names.some((name) => OURS.test(name))) return 'its files are gone, restore them or a backup';
  return 'there is something already, and it is no store, give an empty directory';
}

/** Called before an engine makes a database that is not there. Throws: STORAGE_UNREADABLE, and nothing was touched. */
export async function checkContents(name: string, engine: DirectoryEngine, directory: string): Promise<void> {
  let reason: string | undefined;
  try {
    reason = await reasonNotToMake(engine, directory);
  } catch (cause) {
    throw unreadableStorage(name, cause);
  }
  if (reason !== undefined)
    throw new CausalError('STORAGE_UNREADABLE', `Cannot open ${name}: ${reason}.`, { storage: name });
}

/** Whether names are those of a store that has lost its main file. */
function isLeftOf({ early, late }: Files, names: readonly string[]): boolean {
  if (names.some((name) => late.test(name))) return true;
  return names.some((name) => OURS.test(name)) && names.some((name) => early.test(name));
}
