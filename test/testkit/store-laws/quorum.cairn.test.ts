import { expect, test } from 'vitest';
import { mergeRecords } from '../../../src/repair/read-repair.ts';
import { encodeToken } from '../../../src/store/context-token.ts';
import { openStore } from '../../../src/store/open-store.ts';
import type { ReplicaRecord } from '../../../src/store/replica-record.ts';
import type { VersionedKVStore } from '../../../src/store/versioned-kv-store.ts';
import { type GroupUnderTest, quorumReads } from '../../../src/testkit/index.ts';

type Group = { readonly stores: readonly VersionedKVStore<string>[]; readonly cut: Set<number> };

const parameters = { seed: 20_261_122, numRuns: 150 };

/** Stores that are asked and told record by record, as a group does it; `merge` makes one answer of several. */
function group(
  merge: (key: string, records: readonly ReplicaRecord[]) => ReplicaRecord,
): GroupUnderTest<Group, string> {
  const reached = ({ stores, cut }: Group, at: number): VersionedKVStore<string>[] =>
    stores.filter((_, to) => to === at || (!cut.has(at) && !cut.has(to)));
  return {
    open: async (replicas) => ({
      stores: await Promise.all(Array.from({ length: replicas }, (_, at) => openStore<string>({ name: `r${at}` }))),
      cut: new Set(),
    }),
    get: async (all, at, key, r) => {
      const near = reached(all, at);
      if (near.length < r) return undefined;
      const { versions, context } = merge(key, await Promise.all(near.slice(0, r).map((store) => store.record(key))));
      const values = versions.flatMap(({ value }) => (value === undefined ? [] : [String(value)]));
      return { values, context: encodeToken('context', key, context) };
    },
    put: async (all, at, key, value, context, w) => {
      const own = all.stores[at];
      if (own === undefined) return false;
      await own.put(key, value, { context });
      const others = reached(all, at).filter((store) => store !== own);
      const told = others.toReversed().slice(0, w - 1);
      for (const store of told) await store.receiveReplica(key, await own.record(key));
      return told.length === w - 1;
    },
    cut: ({ cut }, at, isCut) => (isCut ? cut.add(at) : cut.delete(at)),
    close: async ({ stores }) => {
      for (const store of stores) await store.close();
    },
  };
}

test('mergeRecords shows every write that W acknowledged to a read of R (L13)', () =>
  quorumReads(group(mergeRecords), parameters));

test('quorumReads finds a merge that takes the first answer', async () => {
  const first = group((key, records) => mergeRecords(key, records.slice(0, 1)));
  await expect(quorumReads(first, parameters)).rejects.toThrow(/^L13 quorum reads: a read of \d at . shows/);
});
