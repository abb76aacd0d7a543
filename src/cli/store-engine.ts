/** Which storage engine a directory is for: by the files that are there, or by what is asked for. */

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { level } from '../storage/level.ts';
import { lmdb } from '../storage/lmdb.ts';
import type { StorageEngine } from '../storage/storage.ts';
import { CommandError } from './command.ts';

export type EngineName = 'level' | 'lmdb';

const FILES: { readonly [name in EngineName]: string } = { level: 'CURRENT', lmdb: 'data.mdb' };
const ENGINES: { readonly [name in EngineName]: (directory: string) => StorageEngine } = { level, lmdb };

/** The engine whose files are in the directory; undefined where there are none. */
export function engineIn(directory: string): EngineName | undefined {
  if (existsSync(join(directory, FILES.level))) return 'level';
  return existsSync(join(directory, FILES.lmdb)) ? 'lmdb' : undefined;
}

/** The engine for a directory, LevelDB for a new one. Throws: CommandError where another engine's files are than `wanted`. */
export function engineFor(directory: string, wanted?: EngineName): StorageEngine {
  const found = engineIn(directory);
  if (found !== undefined && wanted !== undefined && found !== wanted)
    throw new CommandError(
      `Cannot open ${directory} by ${wanted}: it holds a store of ${found}, give --engine ${found}`,
    );
  return ENGINES[wanted ?? found ?? 'level'](directory);
}
