/**
 * A process as the release before had it: what it says to peers is of the version before, and of its disk it neither reads nor
 * writes what that release did not know. That is all: its code is that of this release.
 */

import { equalBytes } from '../codec/byte-arrays.ts';
import type { ByteEntry, ByteRange, Storage } from '../storage/storage.ts';
import { decodeMoment, encodeMoment, LIVES_KEY, MOMENT_KEY } from '../store/durable/stored-meta.ts';

/**
 * The disk of such a process: where lives began was not stored, and what a newer release left there stays; nor was the sum
 * of the marks, which is not known any more once it has committed.
 */
export function asBefore(storage: Storage): Storage {
  return {
    ...storage,
    scan: (range) => knownIn(storage, range),
    commit: ({ puts, deletes }, durability) => storage.commit({ puts: known(puts), deletes }, durability),
  };
}

async function* knownIn(storage: Storage, range: ByteRange): AsyncGenerator<readonly ByteEntry[]> {
  for await (const chunk of storage.scan(range)) yield known(chunk);
}

function known(entries: readonly ByteEntry[]): ByteEntry[] {
  return entries.filter(([key]) => !equalBytes(key, LIVES_KEY)).map(withoutMarks);
}

function withoutMarks(entry: ByteEntry): ByteEntry {
  if (!equalBytes(entry[0], MOMENT_KEY)) return entry;
  return encodeMoment({ ...decodeMoment(entry[1]), marks: undefined });
}
