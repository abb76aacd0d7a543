import { join } from 'node:path';
import { describe } from 'vitest';
import { lmdb } from '../../src/storage/lmdb.ts';
import { testDirectoryLaws } from './directory-laws.ts';
import { temporaryDirectories, testStorageLaws } from './suite.ts';

const directory = temporaryDirectories();

describe('lmdb', () => {
  testStorageLaws(() => lmdb(join(directory(), 'not', 'there.yet')));
  testDirectoryLaws('lmdb', lmdb, directory);
});
