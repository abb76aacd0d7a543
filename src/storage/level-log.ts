/**
 * LevelDB's logs, where it keeps what is not yet in a table. They are synced from here when a synced commit follows
 * buffered ones, since LevelDB syncs the newest only; and read when a commit failed for want of room: a write that was
 * cut short never comes back, one that is whole and whose sync failed may, and no error tells the two apart. Format:
 * leveldb/doc/log_format.md, and db/write_batch.cc for what a record holds.
 */

import { open, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { equalBytes } from '../codec/byte-arrays.ts';
import { ByteWriter } from '../codec/bytes.ts';
import { writeBytes } from '../codec/parts.ts';
import { codesOf } from './failure.ts';
import type { StorageBatch } from './storage.ts';

const BLOCK_BYTES = 32_768;
const HEADER_BYTES = 7;
/** Sequence and count, before the operations of a batch. */
const BATCH_HEADER_BYTES = 12;

/** Puts every log of the database in a directory on the medium. */
export async function syncLogs(directory: string): Promise<void> {
  for (const log of await logsIn(directory)) {
    try {
      const file = await open(join(directory, log), 'r+');
      await file.datasync().finally(() => file.close());
    } catch (error) {
      // A log that is gone has become a table, and tables are synced before their log goes.
      if (!codesOf(error).includes('ENOENT')) throw error;
    }
  }
}

/** False when the log of the database in a directory does not end with this batch, so that it can never come back. */
export async function mayHoldBatch(directory: string, batch: StorageBatch): Promise<boolean> {
  const newest = (await logsIn(directory)).at(-1);
  if (newest === undefined) return false;
  const record = lastRecord(await readFile(join(directory, newest)));
  return record !== undefined && equalBytes(record.subarray(BATCH_HEADER_BYTES), encodeBatch(batch));
}

/** The names of the logs, oldest first. */
async function logsIn(directory: string): Promise<string[]> {
  const logs = (await readdir(directory)).filter((file) => /^\d+\.log$/.test(file));
  return logs.sort((a, b) => Number.parseInt(a, 10) - Number.parseInt(b, 10));
}

/** The last record that is whole by its lengths: blocks of 32 KiB hold fragments, each with a header. */
export function lastRecord(log: Uint8Array): Uint8Array | undefined {
  let fragments = new ByteWriter();
  let last: Uint8Array | undefined;
  let at = 0;
  while (at + HEADER_BYTES <= log.length) {
    const leftInBlock = BLOCK_BYTES - (at % BLOCK_BYTES);
    if (leftInBlock < HEADER_BYTES) {
      at += leftInBlock;
      continue;
    }
    const [low = 0, high = 0, type = 0] = log.subarray(at + 4, at + HEADER_BYTES);
    const end = at + HEADER_BYTES + low + 256 * high;
    if (end > log.length || type < 1 || type > 4) return last;
    // 1 is a whole record, 2 its first fragment, 3 one in the middle, 4 the last.
    if (type <= 2) fragments = new ByteWriter();
    fragments.raw(log.subarray(at + HEADER_BYTES, end));
    if (type === 1 || type === 4) last = fragments.finish();
    at = end;
  }
  return last;
}

/** The operations of a batch as LevelDB writes them, in the order level-database.ts hands them over. */
function encodeBatch({ puts, deletes }: StorageBatch): Uint8Array {
  const writer = new ByteWriter();
  for (const [key, value] of puts) {
    writer.u8(1);
    writeBytes(writer, key);
    writeBytes(writer, value);
  }
  for (const key of deletes) {
    writer.u8(0);
    writeBytes(writer, key);
  }
  return writer.finish();
}
