/**
 * Changes the dot index of a store behind its back, in every place where it lies: entries of names, the newest names
 * beside the moment, entries of format 1. What is written reads well; flipping bits is left to others.
 */

import { ByteReader } from '../../src/codec/bytes.ts';
import type { ByteEntry, Storage } from '../../src/storage/storage.ts';
import { DOT_OF_FORMAT_1, KIND, rangeOf, seal, textOf } from '../../src/store/durable/layout.ts';
import { readStoredNames } from '../../src/store/durable/name-index.ts';
import { type NameVisitor, NameWriter, NO_NAMES, readNames } from '../../src/store/durable/names.ts';
import { decodeMoment, encodeMoment, MOMENT_KEY } from '../../src/store/durable/stored-meta.ts';

/** Names each dot under the key that `change` gives for its own, or no more at all. */
export async function rewriteNames(storage: Storage, change: (key: string) => string | undefined): Promise<void> {
  const puts: ByteEntry[] = [];
  const deletes: Uint8Array[] = [];
  for await (const chunk of storage.scan(rangeOf(KIND.names))) {
    for (const [at, sealed] of chunk) {
      const names = rewritten(change, (visitor) => readStoredNames(at, sealed, visitor));
      puts.push([at, seal(at, (writer) => names.cut(writer))]);
    }
  }
  for await (const chunk of storage.scan(rangeOf(DOT_OF_FORMAT_1))) {
    for (const [at, named] of chunk) {
      const key = change(textOf(Uint8Array.of(DOT_OF_FORMAT_1, ...named)));
      if (key === undefined) deletes.push(at);
      else puts.push([at, new TextEncoder().encode(key)]);
    }
  }
  const [sealed] = await storage.getMany([MOMENT_KEY]);
  const moment = decodeMoment(sealed as Uint8Array); // every store has one
  const names = rewritten(change, (visitor) => readNames(new ByteReader(moment.names.bytes), visitor));
  puts.push(encodeMoment({ ...moment, names: names.finish() }));
  await storage.commit({ puts, deletes }, 'synced');
}

function rewritten(change: (key: string) => string | undefined, read: (visitor: NameVisitor) => void): NameWriter {
  const names = new NameWriter();
  names.begin(NO_NAMES);
  read({
    name: (number, counter, key) => {
      const changed = change(key);
      if (changed !== undefined) names.name(number, counter, changed);
    },
    unname: (number, counter) => names.unname(number, counter),
  });
  return names;
}
