/**
 * The process that is killed: two LevelDB stores, many callers at once, and a line over a pipe for everything it is
 * about to do and everything it was told. At the start it tells what it finds. Its parent is test/torture/kill-run.ts.
 * `TORTURE_LIE` makes its storage lie, to see that the parent notices: `early` answers before a commit is done, `torn`
 * commits in two halves, `forgetful` keeps no counter.
 */

import { writeSync } from 'node:fs';
import { join } from 'node:path';
import type { Value } from '../src/codec/value.ts';
import { exchange } from '../src/repair/exchange-local.ts';
import { level } from '../src/storage/level.ts';
import type { StorageBatch, StorageEngine } from '../src/storage/storage.ts';
import { MOMENT_KEY } from '../src/store/durable/stored-meta.ts';
import { openStore } from '../src/store/open-store.ts';
import type { Written } from '../src/store/operations.ts';
import type { VersionedKVStore } from '../src/store/versioned-kv-store.ts';
import { payloadOf, shownBy } from '../test/torture/ledger.ts';

const PIPE = 3;
const CALLERS = { a: 24, b: 8 } as const;
const GROUPS = 4;
const KEYS = 40;
const [directory = '', cycleText = '0', mode = 'work'] = process.argv.slice(2);
let op = Number(cycleText) * 1_000_000 + 1;
const lie = process.env['TORTURE_LIE'];
/** Opening is told no lies: it reads what it has just written. */
let isLying = false;

function tell(...words: readonly (string | number)[]): void {
  writeSync(PIPE, `${words.join('\t')}\n`);
}

function open(name: 'a' | 'b'): Promise<VersionedKVStore> {
  const engine = level(join(directory, name));
  const storage = lie === undefined ? engine : lying(engine, lie);
  return openStore({ name, storage, members: ['a', 'b'], onConflict: 'overwrite' });
}

async function show(store: VersionedKVStore): Promise<void> {
  const { isSound, faults } = await store.verify();
  const { seen, reaped, records } = await shownBy(store);
  const clocks = [seen.encode(), reaped.encode()].map((bytes) => Buffer.from(bytes).toString('base64'));
  tell(
    'state',
    store.name,
    store.id,
    isSound ? 'sound' : JSON.stringify(faults),
    ...clocks,
    JSON.stringify([...records]),
  );
}

async function meet(a: VersionedKVStore, b: VersionedKVStore): Promise<void> {
  await exchange(a, b);
  const [one, other] = await Promise.all([a, b].map(async (store) => JSON.stringify(await liveOf(store))));
  tell('met', one === other && a.seen.equals(b.seen) ? 'same' : `different: ${one} and ${other}`);
}

async function liveOf(store: VersionedKVStore): Promise<unknown[]> {
  const { records } = await shownBy(store);
  const live = [...records].filter(([, versions]) => versions.some(({ value }) => value !== undefined));
  return live.sort(([left], [right]) => (left < right ? -1 : 1));
}

function issue(key: string, isDelete: boolean): number {
  op += 1;
  tell('issue', op, key, isDelete ? 1 : 0);
  return op;
}

function acknowledge(named: number, { dot, context }: Written): void {
  tell('ack', named, dot.id, dot.counter, context);
}

async function act(store: VersionedKVStore, other: VersionedKVStore): Promise<void> {
  const dice = Math.random();
  const n = Math.floor(Math.random() * KEYS);
  const key = dice < 0.3 ? `${store.name}/${n}` : `shared/${n}`;
  const size = Math.random() < 0.01 ? 5_000 : 1;
  const next = Math.random();
  if (next < 0.45) {
    const named = issue(key, false);
    acknowledge(named, await store.put(key, payloadOf(named, size)));
  } else if (next < 0.6) {
    const named = issue(key, true);
    acknowledge(named, await store.delete(key));
  } else if (next < 0.75) {
    // Of a key in conflict an update would be refused; these keys have one writer each.
    const own = `${store.name}/${n}`;
    const named = issue(own, false);
    acknowledge(named, await store.update(own, (): Value => payloadOf(named)));
  } else if (next < 0.97) {
    await batch(store);
  } else {
    const record = await other.record(key);
    await store.receiveReplica(key, record);
    for (const { id, counter } of record.versions) tell('received', store.name, id, counter);
  }
}

async function batch(store: VersionedKVStore): Promise<void> {
  const group = `g${store.name}${Math.floor(Math.random() * GROUPS)}`;
  const isDelete = Math.random() < 0.1;
  const ops = Array.from({ length: 10 }, (_, at) => ({
    key: `${group}/${at}`,
    named: issue(`${group}/${at}`, isDelete),
  }));
  const written = await store.batch(
    ops.map(({ key, named }) => (isDelete ? { delete: key } : { put: key, value: payloadOf(named) })),
  );
  for (const [at, { named }] of ops.entries()) acknowledge(named, written[at] as Written);
}

/** The engine with a lie in it. */
function lying(engine: StorageEngine, how: string): StorageEngine {
  let queue: Promise<void> = Promise.resolve();
  const later = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
  return {
    name: engine.name,
    open: async () => {
      const storage = await engine.open();
      const { manifest, place } = storage;
      const commit = async (given: StorageBatch): Promise<void> => {
        const puts = [...given.puts];
        if (!isLying) {
          await storage.commit(given, 'synced');
        } else if (how === 'early') {
          queue = queue.then(() => later(10)).then(() => storage.commit(given, 'synced'));
        } else if (how === 'torn') {
          const half = Math.ceil(puts.length / 2);
          await storage.commit({ puts: puts.slice(0, half), deletes: [] }, 'synced');
          await later(3);
          await storage.commit({ puts: puts.slice(half), deletes: given.deletes }, 'synced');
        } else {
          const kept = puts.filter(([key]) => String(key) !== String(MOMENT_KEY) || Math.random() < 0.2);
          await storage.commit({ puts: kept, deletes: given.deletes }, 'synced');
        }
      };
      return {
        ...{ manifest, place, commit },
        getMany: (keys) => storage.getMany(keys),
        scan: (range) => storage.scan(range),
        close: () => storage.close(),
      };
    },
  };
}

try {
  const [a, b] = await Promise.all([open('a'), open('b')]);
  await Promise.all([show(a), show(b)]);
  tell('shown');
  if (mode !== 'work' || Number(cycleText) % 5 === 0) await meet(a, b);
  if (mode !== 'work') {
    await Promise.all([a.close(), b.close()]);
    tell('closed');
    process.exit(0);
  }
  tell('ready');
  isLying = true;
  const forever = async (step: () => Promise<unknown>): Promise<void> => {
    for (;;) await step();
  };
  const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
  await Promise.all([
    ...Array.from({ length: CALLERS.a }, () => forever(() => act(a, b))),
    ...Array.from({ length: CALLERS.b }, () => forever(() => act(b, a))),
    forever(() => pause(15).then(() => exchange(a, b))),
    forever(() => pause(20).then(() => Promise.all([a.reap(), b.reap()]))),
  ]);
} catch (error) {
  tell('error', error instanceof Error ? `${String(error)} ${error.stack?.split('\n')[1]?.trim()}` : String(error));
  process.exit(1);
}
