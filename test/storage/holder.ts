/**
 * A process of its own that opens a storage engine: `holder.ts ⟨level|lmdb|sqlite⟩ ⟨directory⟩`. It says `open` or the
 * code of its refusal, then writes a key for every line it reads and says `committed`, until its input ends.
 */

import { createInterface } from 'node:readline';
import { level } from '../../src/storage/level.ts';
import { lmdb } from '../../src/storage/lmdb.ts';
import { sqlite } from '../../src/storage/sqlite.ts';

const ENGINES = { level, lmdb, sqlite };
const [kind = '', directory = ''] = process.argv.slice(2);

async function hold(): Promise<void> {
  const storage = await ENGINES[kind as keyof typeof ENGINES](directory).open();
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
