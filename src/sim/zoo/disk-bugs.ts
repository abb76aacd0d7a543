/** Bugs in what is durable: when it is answered, what a commit holds, what is believed of what a disk gives back. */

import { crc32 } from '../../codec/checksum.ts';
import { CausalError } from '../../errors.ts';
import type { ByteEntry, Storage } from '../../storage/storage.ts';
import { CHECKSUM_BYTES, KIND, writeBigEndian } from '../../store/durable/layout.ts';
import { CLOCKS_KEY } from '../../store/durable/stored-meta.ts';
import { journalOf, stateOf, type VersionedKVStore } from '../../store/versioned-kv-store.ts';
import { alter, type Bug, type Planted, SMALL, times, under } from './bug.ts';

const CRASHES = { ...SMALL, profile: 'process' } as const;

const CRASHES_IN_COMMITS = under([...times(4, 'crash'), ...times(3, 'slow disk')], { set: { durability: 'synced' } });

export const DISK_BUGS: readonly Bug[] = [
  {
    name: 'commit-is-not-synced',
    what: 'a synced commit is only buffered',
    plant: onDisk((storage) => ({ ...storage, commit: (batch) => storage.commit(batch, 'buffered') })),
    draw: CRASHES,
  },
  {
    name: 'write-answers-early',
    what: 'a write is answered before its commit',
    plant: inJournal('write'),
    draw: CRASHES_IN_COMMITS,
  },
  {
    name: 'read-answers-early',
    what: 'a read shows, and a push tells, what is not durable yet',
    plant: inJournal('read'),
    draw: CRASHES_IN_COMMITS,
  },
  {
    name: 'push-confirmed-early',
    what: 'what a peer sent is confirmed before it is durable',
    plant: inJournal('exchange'),
    draw: CRASHES_IN_COMMITS,
  },
  {
    name: 'batch-is-torn',
    what: 'a commit is two: a crash between them leaves half of it',
    plant: onDisk((storage) => ({
      ...storage,
      commit: async ({ puts, deletes }, durability) => {
        const half = puts.length >> 1;
        await storage.commit({ puts: puts.slice(0, half), deletes: [] }, durability);
        await storage.commit({ puts: puts.slice(half), deletes }, durability);
      },
    })),
    draw: CRASHES_IN_COMMITS,
  },
  {
    name: 'deletes-stay-on-disk',
    what: 'a commit removes nothing',
    plant: onDisk((storage) => ({
      ...storage,
      commit: ({ puts }, durability) => storage.commit({ puts, deletes: [] }, durability),
    })),
    draw: under(['crash', 'crash']),
  },
  {
    name: 'clock-is-not-stored',
    what: 'what was seen of others is not committed with their records',
    plant: onDisk((storage) => ({
      ...storage,
      commit: ({ puts, deletes }, durability) =>
        storage.commit({ puts: puts.filter(([key]) => !isClock(key)), deletes }, durability),
    })),
    draw: CRASHES,
  },
  {
    name: 'checksum-is-not-checked',
    what: 'bytes that do not fit their checksum are believed',
    plant: onDisk((storage) => {
      const { getNow } = storage;
      return {
        ...storage,
        getMany: async (keys) => {
          const values = await storage.getMany(keys);
          return values.map((value, at) => fitted(keys[at], value));
        },
        ...(getNow === undefined ? {} : { getNow: (key: Uint8Array) => fitted(key, getNow(key)) }),
        scan: (range) => fittedScan(storage.scan(range)),
      };
    }),
    draw: under(['bit rot', 'bit rot', 'bit rot', 'bit rot', 'crash', 'crash'], { operationsPerSecond: 3 }),
  },
  {
    name: 'damage-is-absence',
    what: 'a record that cannot be read counts as one that is not there',
    plant: { onStore: believeAbsence },
    draw: under(['bit rot', 'bit rot', 'bit rot', 'bit rot', 'crash', 'crash'], { operationsPerSecond: 3 }),
  },
  {
    name: 'exchange-goes-by-memory',
    what: 'an exchange does not wait for the stored records that nobody has read yet',
    plant: {
      onStore: (store) => {
        const journal = journalOf(store);
        if (journal === undefined) return;
        alter(journal, 'exchange', (wait) => (keys, step) => wait(keys === 'all' ? [] : keys, step));
      },
    },
    draw: under(times(4, 'crash'), { set: { isLazy: true } }),
  },
  {
    name: 'unknown-is-called-not-done',
    what: 'a commit that may have happened is undone and refused',
    plant: onDisk((storage) => ({
      ...storage,
      commit: async (batch, durability) => {
        try {
          await storage.commit(batch, durability);
        } catch (cause) {
          if (!(cause instanceof CausalError)) throw cause;
          throw new CausalError(cause.code, cause.message, {}, cause, 'not-done');
        }
      },
    })),
    draw: under(['failing sync', 'failing sync', 'failing sync', 'crash', 'crash']),
  },
];

function onDisk(change: (storage: Storage) => Storage): Planted {
  return { between: { storage: change } };
}

/** The journal waits for no commit: what a step gives leaves at once. */
function inJournal(which: 'read' | 'write' | 'exchange'): Planted {
  return {
    onStore: (store) => {
      const journal = journalOf(store);
      if (journal === undefined) return;
      alter(
        journal,
        which,
        (wait) =>
          <R>(keys: Parameters<typeof wait>[0], step: () => R): Promise<R> =>
            new Promise((resolve, reject) => {
              const run = (): R => {
                const result = step();
                resolve(result);
                return result;
              };
              wait(keys, run).catch(reject);
            }),
      );
    },
  };
}

function isClock(key: Uint8Array): boolean {
  return key.length === CLOCKS_KEY.length && key.every((byte, at) => byte === CLOCKS_KEY[at]);
}

/** The same bytes under a checksum that fits. */
function fitted<V extends Uint8Array | undefined>(key: Uint8Array | undefined, sealed: V): V {
  if (key === undefined || sealed === undefined || key[0] !== KIND.record) return sealed;
  const body = sealed.length - CHECKSUM_BYTES;
  const again = sealed.slice();
  writeBigEndian(again, body, CHECKSUM_BYTES, crc32(again, crc32(key), 0, body));
  return again as V; // as defined as what was given
}

async function* fittedScan(chunks: AsyncIterable<readonly ByteEntry[]>): AsyncGenerator<readonly ByteEntry[]> {
  for await (const chunk of chunks) yield chunk.map(([key, value]) => [key, fitted(key, value)] as const);
}

/** What was lost is claimed to be seen again: then that nothing is there says that it was superseded. */
function believeAbsence(store: VersionedKVStore<string>): void {
  const { damaged, knowledge } = stateOf(store);
  for (const [key, lost] of [...damaged]) {
    knowledge.restore(knowledge.others.union(lost), knowledge.counter, knowledge.reaped);
    damaged.delete(key);
  }
}
