/** Runs the laws of the storage port under vitest, and gives tests directories that are gone when they are. */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, test } from 'vitest';
import { type MakeEngine, storageLaws } from '../../src/testkit/storage-suite.ts';

/** A test for every law of the port. */
export function testStorageLaws(make: MakeEngine): void {
  for (const { name, run } of storageLaws) test(name, () => run(make));
}

/** A function that makes empty directories, all removed after the tests of the file. */
export function temporaryDirectories(): () => string {
  const made: string[] = [];
  afterAll(() => {
    for (const directory of made) rmSync(directory, { recursive: true, force: true });
  });
  return () => {
    const directory = mkdtempSync(join(tmpdir(), 'cairn-storage-'));
    made.push(directory);
    return directory;
  };
}
