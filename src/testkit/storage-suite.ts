/**
 * The storage port as laws: what an engine must do before a store may trust it with its bytes. Needs no test runner and
 * nothing but the port, so that the same laws run under vitest, node:test or in a browser. Each law is given a function
 * that makes an engine over bytes of its own, empty; opening one engine again finds what was left in it. What an engine
 * does when its medium fails cannot be asked from here: every engine shows that in its own tests.
 */

import { Random } from '../random.ts';
import type { ByteEntry, ByteRange, Storage, StorageEngine } from '../storage/storage.ts';
import { hostileKeys, keyOf, numbered, numberedKeys, randomBatch, randomRange } from './storage-examples.ts';
import {
  bytesOf,
  collect,
  compareBytes,
  demandBytes,
  demandEntries,
  demandRefusal,
  demandThat,
  demandValues,
  StorageModel,
  shown,
} from './storage-model.ts';

/** Makes an engine that nobody has used, over bytes of its own. */
export type MakeEngine = () => StorageEngine | Promise<StorageEngine>;

/** One law of the port; `run` throws when the engine breaks it, and says what was seen. */
export type StorageLaw = { readonly name: string; readonly run: (make: MakeEngine) => Promise<void> };

type Check = (storage: Storage, engine: StorageEngine) => Promise<void>;

/** A law about one open storage, which is closed after the check however it ended. */
function law(name: string, check: Check): StorageLaw {
  return {
    name,
    run: async (make) => {
      const engine = await make();
      await whileOpen(engine, (storage) => check(storage, engine));
    },
  };
}

/** Every law of the storage port. */
export const storageLaws: readonly StorageLaw[] = [
  law('getMany gives values in the order of the keys, undefined where there is none', async (storage) => {
    const [a, b, c] = [bytesOf(1), bytesOf(2), bytesOf(3)];
    await commitAll(storage, [
      [a, bytesOf(10)],
      [c, bytesOf(30)],
    ]);
    await demandValues(storage, [c, b, a, c], [bytesOf(30), undefined, bytesOf(10), bytesOf(30)]);
    demandThat((await storage.getMany([])).length === 0, 'getMany of no key gave values');
  }),

  law('getMany gives an empty value as an empty value', async (storage) => {
    await commitAll(storage, [[bytesOf(7), bytesOf()]]);
    await demandValues(storage, [bytesOf(7)], [bytesOf()]);
    demandEntries(await collect(storage.scan({})), [[bytesOf(7), bytesOf()]], 'scan');
  }),

  law('scan yields keys in the order of their bytes, prefixes first', async (storage) => {
    const entries = hostileKeys(storage.manifest.keyBytesMax).map((key, at): ByteEntry => [key, bytesOf(at)]);
    await commitAll(storage, [...entries].reverse());
    demandEntries(await collect(storage.scan({})), inOrder(entries), 'scan');
    await demandValues(
      storage,
      entries.map(([key]) => key),
      entries.map(([, value]) => value),
    );
  }),

  law('scan begins at from and ends before to, whether they are there or not', async (storage) => {
    const keys = [bytesOf(0), bytesOf(1), bytesOf(1, 0), bytesOf(1, 1), bytesOf(2), bytesOf(255), bytesOf(255, 255)];
    const model = new StorageModel();
    const puts = keys.map((key): ByteEntry => [key, key]);
    model.commit({ puts, deletes: [] });
    await commitAll(storage, puts);
    const bounds = [undefined, ...keys, bytesOf(1, 0, 0), bytesOf(3), bytesOf(0, 0)];
    for (const from of bounds) {
      for (const to of bounds) {
        const range: ByteRange = { ...(from === undefined ? {} : { from }), ...(to === undefined ? {} : { to }) };
        const what = `scan from ${shown(from)} to ${shown(to)}`;
        demandEntries(await collect(storage.scan(range)), model.scan(range), what);
      }
    }
  }),

  law('scan shows the moment of its call, whatever is committed before and while it is read', async (storage) => {
    const before = numbered(3_000, 1);
    await commitAll(storage, before);
    const chunks = storage.scan({});
    const late = storage.scan({ from: bytesOf(0), to: bytesOf(255) });
    let at = 0;
    for await (const chunk of chunks) {
      demandEntries(chunk, before.slice(at, at + chunk.length), `scan at ${at}`);
      if (at === 0) await storage.commit({ puts: numbered(2_000, 2), deletes: numberedKeys(2_000, 3_000) }, 'synced');
      at += chunk.length;
    }
    demandThat(at === before.length, `scan ended after ${at} of ${before.length} entries`);
    demandEntries(await collect(late), before, 'scan called before a commit and read after it');
    const last = storage.scan({});
    await commitAll(storage, numbered(5, 3));
    demandEntries(await collect(last), numbered(2_000, 2), 'scan called right before a commit');
    demandEntries((await collect(storage.scan({}))).slice(0, 5), numbered(5, 3), 'scan called after the commit');
  }),

  law('scan that is left early does not stand in the way', async (storage) => {
    await commitAll(storage, numbered(3_000, 1));
    for await (const chunk of storage.scan({})) {
      demandThat(chunk.length > 0, 'scan yields an empty chunk');
      break;
    }
    await commitAll(storage, numbered(10, 2));
    await demandValues(storage, numberedKeys(0, 1), [bytesOf(2)]);
  }),

  law('commit writes and deletes in one batch, and deletes what is not there', async (storage) => {
    const [a, b, c] = [bytesOf(1), bytesOf(2), bytesOf(3)];
    await commitAll(storage, [
      [a, bytesOf(1)],
      [b, bytesOf(2)],
    ]);
    await storage.commit({ puts: [[c, bytesOf(3)]], deletes: [a, bytesOf(9)] }, 'synced');
    await storage.commit({ puts: [[b, bytesOf(4)]], deletes: [] }, 'synced');
    await storage.commit({ puts: [], deletes: [] }, 'synced');
    await demandValues(storage, [a, b, c], [undefined, bytesOf(4), bytesOf(3)]);
  }),

  law('commit is seen whole or not at all by a read that overlaps it', async (storage) => {
    const keys = numberedKeys(0, 50);
    await commitAll(storage, numbered(50, 0));
    for (let round = 1; round <= 20; round++) {
      const committed = storage.commit({ puts: numbered(50, round), deletes: [] }, 'synced');
      const entries = await collect(storage.scan({}));
      const first = entries[0]?.[1][0] ?? -1;
      demandThat(first === round || first === round - 1, `scan beside commit ${round} shows commit ${first}`);
      demandEntries(entries, numbered(50, first), `scan beside commit ${round}`);
      await committed;
      await demandValues(
        storage,
        keys,
        numbered(50, round).map(([, value]) => value),
      );
    }
  }),

  law('commit keeps its own bytes: what the caller does with his afterwards changes nothing', async (storage) => {
    const [key, value] = [bytesOf(1, 2), new Uint8Array(100).fill(3)];
    const outer = new Uint8Array(64).fill(9);
    const inner = outer.subarray(8, 12);
    await commitAll(storage, [
      [key, value],
      [bytesOf(5), inner],
    ]);
    key.fill(8);
    value.fill(8);
    outer.fill(8);
    const kept = new Uint8Array(100).fill(3);
    await demandValues(storage, [bytesOf(1, 2), bytesOf(5)], [kept, bytesOf(9, 9, 9, 9)]);
    demandBytes((await collect(storage.scan({})))[0]?.[0], bytesOf(1, 2), 'first key of a scan');
  }),

  law('commit takes values of a megabyte', async (storage) => {
    const value = new Uint8Array(1024 * 1024).map((_, at) => at * 31);
    const puts = [1, 2, 3].map((n): ByteEntry => [bytesOf(n), value]);
    await commitAll(storage, puts);
    await demandValues(storage, [bytesOf(2)], [value]);
    demandEntries(await collect(storage.scan({})), puts, 'scan');
  }),

  law('close leaves to the next open what was committed in any way', async (storage, engine) => {
    const ways = storage.manifest.durability;
    demandThat(ways.includes('synced'), 'the manifest does not offer synced commits');
    for (const [at, way] of ways.entries()) {
      await storage.commit({ puts: [[bytesOf(at), bytesOf(at)]], deletes: [] }, way);
    }
    await storage.close();
    await whileOpen(engine, async (again) => {
      demandEntries(
        await collect(again.scan({})),
        ways.map((_, at): ByteEntry => [bytesOf(at), bytesOf(at)]),
        'scan',
      );
    });
  }),

  law('close may be called twice, and every call after it is refused with STORE_CLOSED', async (storage, engine) => {
    await commitAll(storage, numbered(3_000, 1));
    await Promise.all([storage.close(), storage.close()]);
    await storage.close();
    await demandRefusal('STORE_CLOSED', 'getMany', () => storage.getMany([bytesOf(1)]));
    await demandRefusal('STORE_CLOSED', 'commit', () => storage.commit({ puts: [], deletes: [] }, 'synced'));
    await demandRefusal('STORE_CLOSED', 'scan', () => collect(storage.scan({})));
    if (storage.getNow !== undefined) await demandRefusal('STORE_CLOSED', 'getNow', () => storage.getNow?.(bytesOf(1)));
    await whileOpen(engine, () => Promise.resolve());
  }),

  law(
    'close while a scan is read: the scan goes on to its end or fails, and is never merely short',
    async (storage) => {
      await commitAll(storage, numbered(3_000, 1));
      let count = 0;
      const read = async (): Promise<void> => {
        for await (const chunk of storage.scan({})) {
          if (count === 0) await storage.close();
          count += chunk.length;
        }
      };
      let failure: unknown;
      await read().catch((error: unknown) => {
        failure = error;
      });
      if (failure === undefined) demandThat(count === 3_000, `the scan ended without an error after ${count} of 3000`);
      else await demandRefusal('STORE_CLOSED', 'the rest of the scan', () => Promise.reject(failure));
    },
  ),

  law(
    'open is refused with STORAGE_LOCKED while another store has it, who does not notice',
    async (storage, engine) => {
      await commitAll(storage, [[bytesOf(1), bytesOf(1)]]);
      await demandRefusal('STORAGE_LOCKED', 'a second open', () => engine.open());
      await commitAll(storage, [[bytesOf(2), bytesOf(2)]]);
      await demandValues(storage, [bytesOf(1), bytesOf(2)], [bytesOf(1), bytesOf(2)]);
      await storage.close();
      await whileOpen(engine, (next) => demandValues(next, [bytesOf(2)], [bytesOf(2)]));
    },
  ),

  law(
    'place has a fingerprint once it is marked, that opening again keeps and marking again changes',
    async (storage, engine) => {
      if (storage.place === undefined) return;
      demandThat((await storage.place.read()) === undefined, 'a place that was never marked has a fingerprint');
      const marked = await storage.place.mark();
      demandThat((await storage.place.read()) === marked, 'place.read does not give what place.mark gave');
      await commitAll(storage, numbered(100, 1));
      await storage.close();
      await whileOpen(engine, async ({ place }) => {
        demandThat((await place?.read()) === marked, 'the fingerprint changed although the place did not');
        const again = await place?.mark();
        demandThat(again !== marked, 'marking again did not change the fingerprint');
        demandThat((await place?.read()) === again, 'place.read does not give what place.mark gave the second time');
      });
    },
  ),

  law('compact changes nothing that is read, also while it runs', async (storage) => {
    if (storage.compact === undefined) return;
    await commitAll(storage, numbered(2_000, 1));
    await storage.commit({ puts: [], deletes: numberedKeys(1_000, 2_000) }, 'synced');
    const compacted = storage.compact();
    demandEntries(await collect(storage.scan({})), numbered(1_000, 1), 'scan while compacting');
    await compacted;
    demandEntries(await collect(storage.scan({})), numbered(1_000, 1), 'scan after compacting');
  }),

  ...[1, 2, 3].map(
    (seed): StorageLaw => ({
      name: `any commits, reads, scans and openings agree with a plain map (seed ${seed})`,
      run: async (make) => demandAgreement(await make(), new Random(seed)),
    }),
  ),

  law('scan of 100000 keys yields them all in order', async (storage) => {
    const entries = numbered(100_000, 1);
    for (let at = 0; at < entries.length; at += 10_000) {
      await storage.commit(
        { puts: entries.slice(at, at + 10_000), deletes: [] },
        storage.manifest.durability.at(-1) ?? 'synced',
      );
    }
    let at = 0;
    for await (const chunk of storage.scan({})) {
      for (const [key] of chunk) demandThat(compareBytes(key, keyOf(at++)) === 0, `key ${at - 1} is ${shown(key)}`);
    }
    demandThat(at === entries.length, `scan yields ${at} keys`);
  }),
];

async function whileOpen(engine: StorageEngine, use: (storage: Storage) => Promise<void>): Promise<void> {
  const storage = await engine.open();
  try {
    await use(storage);
  } finally {
    await storage.close();
  }
}

/** Random steps on few keys, so that they meet; the engine is closed and opened again between rounds. */
async function demandAgreement(engine: StorageEngine, random: Random): Promise<void> {
  const model = new StorageModel();
  for (let round = 0; round < 3; round++) {
    await whileOpen(engine, async (storage) => {
      const keys = hostileKeys(Math.min(storage.manifest.keyBytesMax, 300));
      for (let step = 0; step < 60; step++) {
        const batch = randomBatch(keys, random);
        const expected = model.scan({});
        const range = randomRange(keys, random);
        const earlier = storage.scan({});
        await storage.commit(batch, random.pick(storage.manifest.durability));
        model.commit(batch);
        const asked = [random.pick(keys), random.pick(keys)];
        const what = `round ${round}, step ${step}`;
        await demandValues(
          storage,
          asked,
          asked.map((key) => model.get(key)),
        );
        demandEntries(await collect(storage.scan(range)), model.scan(range), `${what}, scan`);
        demandEntries(await collect(earlier), expected, `${what}, scan called before the commit`);
      }
    });
  }
}

async function commitAll(storage: Storage, puts: readonly ByteEntry[]): Promise<void> {
  await storage.commit({ puts, deletes: [] }, 'synced');
}

function inOrder(entries: readonly ByteEntry[]): ByteEntry[] {
  return [...entries].sort(([a], [b]) => compareBytes(a, b));
}
