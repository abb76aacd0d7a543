/**
 * A process of its own that opens a storage engine: `holder.ts ⟨level|lmdb⟩ ⟨directory⟩`. It says `open` or the code of
 * its refusal, then writes a key for every line it reads and says `committed`, until its input ends.
 */

import { createInterface } from 'node:readline';
import { level } from '../../src/storage/level.ts';
import { lmdb } from '../../src/storage/lmdb.ts';

const [kind, directory = ''] = process.argv.slice(2);

async function hold(): Promise<void> {
  const storage = await (kind === 'level' ? level(directory) : lmdb(directory)).open();
  console.log('open');
  for await (const line of createInterface({ input: process.stdin })) {
    await storage.commit({ puts: [[Uint8Array.of(Number(line)), Uint8Array.of(1)]], deletes: [] }, 'synced');
    console.log('committed');
  }
  await storage.close();
}

hold().catch((error: unknown) => {
  console.log(error instanceof Error && 'code' in error ? error.code : error);
  process.exitCode = 1;
});
