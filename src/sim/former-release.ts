/**
 * A process as the release before had it: what it says to peers is of the version before, and of its disk it neither reads nor
 * writes what that release did not know. That is all: its code is that of this release.
 */

import { equalBytes } from '../codec/byte-arrays.ts';
import type { Storage } from '../storage/storage.ts';
import { LIVES_KEY } from '../store/durable/stored-meta.ts';

/** The disk of such a process: where lives began was not stored, and what a newer release left there stays. */
export function asBefore(storage: Storage): Storage {
  const isKnown = ([key]: readonly [Uint8Array, Uint8Array]): boolean => !equalBytes(key, LIVES_KEY);
  return {
    ...storage,
    scan: (range) => knownIn(storage, range, isKnown),
    commit: ({ puts, deletes }, durability) => storage.commit({ puts: puts.filter(isKnown), deletes }, durability),
  };
}

async function* knownIn(
  storage: Storage,
  range: Parameters<Storage['scan']>[0],
  isKnown: (entry: readonly [Uint8Array, Uint8Array]) => boolean,
): AsyncGenerator<readonly (readonly [Uint8Array, Uint8Array])[]> {
  for await (const chunk of storage.scan(range)) yield chunk.filter(isKnown);
}
