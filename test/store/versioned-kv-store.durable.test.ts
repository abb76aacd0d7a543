/** A durable store answers as one in memory does, call by call; and what it was told is there when it is opened again. */

import { describe, expect, test } from 'vitest';
import { memoryStorage } from '../../src/storage/memory.ts';
import type { StoreOptions } from '../../src/store/open-store.ts';
import type { StandardSchema } from '../../src/store/schema.ts';
import type { VersionedKVStore } from '../../src/store/versioned-kv-store.ts';
import { failingEngine, Trouble } from '../torture/failing-storage.ts';
import { open, recordOf, refusalOf } from './replicas.ts';

type Store = VersionedKVStore<string>;
type Call = (store: Store) => unknown;

/** Texts of up to five letters. */
function short(isAsync: boolean): StandardSchema<string> {
  const validate = (value: unknown): { value: string } | { issues: { message: string }[] } =>
    typeof value === 'string' && value.length <= 5 ? { value } : { issues: [{ message: 'too long' }] };
  const later = async (value: unknown): Promise<ReturnType<typeof validate>> => validate(value);
  return { '~standard': { version: 1, vendor: 'test', validate: isAsync ? later : validate } };
}

const contextOf = async (store: Store, key: string): Promise<string> => (await store.get(key)).context;
const keysFromScan = async (scan: AsyncIterable<unknown>): Promise<unknown[]> => {
  const found: unknown[] = [];
  for await (const item of scan) found.push(item);
  return found;
};

const CALLS: Readonly<Record<string, Call>> = {
  'put a new key': (store) => store.put('k', 'one'),
  'put it again': (store) => store.put('k', 'two'),
  'put beside it': (store) => store.put('k', 'three', { context: 'none' }),
  'put over a conflict': (store) => store.put('k', 'blind'),
  'put on what was read': async (store) => store.put('k', 'four', { context: await contextOf(store, 'k') }),
  'put what is too long for a schema': (store) => store.put('long', 'too long by far'),
  'put under no key': (store) => store.put('', 'x'),
  'put what is no value': (store) => store.put('bad', (() => 1) as never),
  delete: (store) => store.delete('k'),
  'delete what never was': (store) => store.delete('never'),
  'delete under no key': (store) => store.delete(''),
  'update a new key': (store) => store.update('u', (draft) => `${draft ?? ''}+`),
  'update it again': (store) => store.update('u', (draft) => `${draft}+`),
  'update beside it': (store) => store.put('u', 'beside', { context: 'none' }),
  'update a conflict': (store) => store.update('u', (draft) => `${draft}+`),
  'resolve it': (store) => store.resolve('u', { kind: 'value', value: 'done' }),
  'resolve with a context': async (store) =>
    store.resolve('u', { kind: 'value', value: 'again' }, { context: await contextOf(store, 'u') }),
  'resolve what nothing decides': async (store) => {
    await store.put('w', 'a');
    await store.put('w', 'b', { context: 'none' });
    return store.resolve('w');
  },
  'update asynchronously': (store) => store.update('u', (async () => 'x') as never),
  batch: (store) =>
    store.batch([{ put: 'b1', value: 'v' }, { put: 'b2', value: 'w', context: 'none' }, { delete: 'b3' }]),
  'batch over what it wrote': (store) => store.batch([{ put: 'b1', value: 'x' }, { delete: 'b2' }]),
  'batch over a conflict': (store) =>
    store.batch([
      { put: 'b1', value: 'y' },
      { put: 'w', value: 'z' },
    ]),
  'batch with a key twice': (store) => store.batch([{ put: 'b1', value: 'y' }, { delete: 'b1' }]),
  'batch with a bad context': (store) => store.batch([{ put: 'b1', value: 'y', context: 'AAAA' }]),
  receiveReplica: (store) => store.receiveReplica('r', recordOf('r', 'x1=red y1=blue', 'x1 y1 z1-3')),
  'receiveReplica again': (store) => store.receiveReplica('r', recordOf('r', 'x1=red', 'x1 y1')),
  'receiveReplica of another write': (store) => store.receiveReplica('r', recordOf('r', 'x1=other')),
  'receiveReplica of what is too long': (store) => store.receiveReplica('p', recordOf('p', 'x2=far too long', 'x2')),
  get: (store) => Promise.all(['k', 'u', 'w', 'b1', 'b2', 'r', 'p', 'never', 'absent'].map((key) => store.get(key))),
  'get under no key': (store) => store.get(''),
  peek: (store) => ['k', 'u', 'w', 'b1', 'b2', 'r', 'never', 'absent'].map((key) => store.peek(key)),
  'peek under no key': (store) => store.peek(''),
  getMany: (store) => store.getMany(['u', 'absent', 'w', 'k']),
  'getMany of no key': (store) => store.getMany(['u', '']),
  keys: (store) => keysFromScan(store.keys()),
  'keys of a range': (store) => keysFromScan(store.keys({ prefix: 'b', limit: 1 })),
  'keys from and to': (store) => store.keys({ from: 'b', to: 'u' }).toArray(),
  'keys with a bad limit': (store) => keysFromScan(store.keys({ limit: -1 })),
  entries: (store) => store.entries().toArray(),
  'entries of a range': (store) => keysFromScan(store.entries({ from: 'p', limit: 2 })),
  conflicts: (store) => store.conflicts().toArray(),
  record: (store) => Promise.all(['r', 'w', 'never', 'absent'].map((key) => store.record(key))),
  'record of no key': (store) => store.record(''),
  explain: (store) => Promise.all(['r', 'w', 'k', 'never', 'absent'].map((key) => store.explain(key))),
  changes: async (store) =>
    (await keysFromScan(store.changes({ live: false }))).map((change) => (change as { kind: string }).kind),
  session: async (store) => {
    const session = store.session();
    await session.put('s', 'v');
    return [await session.get('s'), await session.delete('s'), (await store.session(session.token).get('s')).status];
  },
  join: (store) => store.join('b'),
  members: (store) => store.members(),
  'join again': (store) => store.join('b'),
  retire: (store) => store.retire('b'),
  'reap by force': (store) => store.reap({ force: true }),
  'reap again': (store) => store.reap(),
  stats: (store) => store.stats(),
  'what is left': (store) => store.entries().toArray(),
};

async function outcomeOf(call: Call, store: Store): Promise<string> {
  let result: unknown;
  const code = await refusalOf(async () => {
    result = await call(store);
  });
  return code === 'accepted' ? (JSON.stringify(result, readable) ?? 'nothing') : code;
}

/** As JSON, sets and contexts too. */
function readable(_field: string, value: unknown): unknown {
  if (value instanceof Map) return [...value];
  if (typeof value === 'object' && value !== null && 'context' in value && 'dot' in value)
    return [value.dot, value.context];
  return value;
}

describe('VersionedKVStore', () => {
  test.each<[what: string, options: StoreOptions<string>]>([
    ['as it is', {}],
    ['with a schema', { schema: short(false) }],
    ['with a schema that answers later', { schema: short(true) }],
    ['that overwrites conflicts', { onConflict: 'overwrite' }],
    ['in which deletes win', { deletePolicy: 'delete-wins' }],
  ])('VersionedKVStore %s: a durable one answers each call as one in memory', async (_, options) => {
    const storage = memoryStorage();
    const [volatile, durable] = [await open<string>('a', options), await open<string>('a', { ...options, storage })];
    for (const [name, call] of Object.entries(CALLS)) {
      const expected = await outcomeOf(call, volatile);
      expect([name, await outcomeOf(call, durable)]).toEqual([name, expected]);
    }
    await durable.close();
    const again = await open<string>('a', { ...options, storage });
    for (const name of ['get', 'keys', 'record', 'conflicts', 'members'] as const) {
      const call = CALLS[name] as Call; // named above
      expect([name, await outcomeOf(call, again)]).toEqual([name, await outcomeOf(call, volatile)]);
    }
    for (const store of [volatile, again]) {
      await store.close();
      for (const call of ['get', 'peek', 'put a new key', 'keys', 'join', 'stats', 'batch', 'getMany', 'record'])
        expect([call, await outcomeOf(CALLS[call] as Call, store)]).toEqual([call, 'STORE_CLOSED']);
    }
  });

  test('VersionedKVStore in memory has nothing to verify, to back up or to compact', async () => {
    const store = await open<string>('a');
    for (const call of [
      (): unknown => store.verify(),
      (): unknown => store.backup(),
      (): unknown => store.acceptLoss(),
      (): unknown => store.compact(),
    ])
      expect(await refusalOf(call)).toBe('UNSUPPORTED');
    await store.load();
  });

  test('VersionedKVStore that is durable wants all in memory for what answers at once', async () => {
    const storage = memoryStorage();
    const before = await open<string>('a', { storage });
    await before.put('k', 'v');
    await before.close();
    const store = await open<string>('a', { storage });
    expect(await refusalOf(() => store.stats())).toBe('UNSUPPORTED');
    await store.load();
    expect(store.stats().live).toBe(1);
    expect((await store.verify()).isSound).toBe(true);
  });

  test('VersionedKVStore that is durable tells of changes that nobody has read since it was opened', async () => {
    const storage = memoryStorage();
    const before = await open<string>('a', { storage });
    await before.put('k', 'v');
    await before[Symbol.asyncDispose]();
    expect(before.isClosed).toBe(true);
    const store = await open<string>('a', { storage });
    const changes = await keysFromScan(store.changes({ live: false }));
    expect(changes).toMatchObject([{ kind: 'change', key: 'k' }]);
  });

  test.each<[what: string, schema: StandardSchema<string> | undefined]>([
    ['as it is', undefined],
    ['with a schema', short(false)],
  ])('VersionedKVStore %s: no write is done before it is durable', async (_, schema) => {
    const writes: Readonly<Record<string, Call>> = {
      put: (store) => store.put('k', 'new'),
      delete: (store) => store.delete('k'),
      update: (store) => store.update('k', () => 'new'),
      resolve: (store) => store.resolve('k', { kind: 'value', value: 'new' }),
      batch: (store) => store.batch([{ put: 'k', value: 'new' }]),
      receiveReplica: (store) => store.receiveReplica('k', recordOf('k', 'x1=new', 'x1')),
      join: (store) => store.join('b'),
    };
    for (const [name, write] of Object.entries(writes)) {
      const trouble = new Trouble();
      const storage = failingEngine(memoryStorage(), trouble);
      const store = await open<string>('a', { storage, ...(schema === undefined ? {} : { schema }) });
      await store.put('k', 'old');
      trouble.commitFails(0, 'failed, not applied');
      expect([name, await refusalOf(() => write(store))]).toEqual([name, 'STORAGE_FAILED']);
      expect([name, await store.get('k')]).toMatchObject([name, { status: 'live', value: 'old' }]);
    }
  });

  test('VersionedKVStore that is durable scans what nobody has read since it was opened, but not at once', async () => {
    const storage = memoryStorage();
    const before = await open<string>('a', { storage });
    for (const key of ['b', 'a', 'c']) await before.put(key, key);
    await before.close();
    const store = await open<string>('a', { storage });
    expect(() => [...store.keys()]).toThrow(expect.objectContaining({ code: 'UNSUPPORTED' }));
    expect(await store.keys({ from: 'b' }).toArray()).toEqual(['b', 'c']);
    expect(await keysFromScan(store.entries())).toMatchObject(
      [['a'], ['b'], ['c']].map(([key]) => [key, { value: key }]),
    );
  });
});
