import { expect, test } from 'vitest';
import { CausalError } from '../../src/errors.ts';
import { exchange } from '../../src/repair/exchange-local.ts';
import { memoryStorage } from '../../src/storage/memory.ts';
import type { ByteEntry, ByteRange, Storage, StorageEngine } from '../../src/storage/storage.ts';
import { KIND } from '../../src/store/durable/layout.ts';
import { stateOf } from '../../src/store/versioned-kv-store.ts';
import { rewriteNames } from './harmed-names.ts';
import {
  agree,
  dropRecord,
  entriesOf,
  faultsOf,
  flipRecord,
  keepRecord,
  Ledger,
  meet,
  openTrio,
  Replica,
  shown,
} from './kit.ts';

type Control = { fails: boolean; afterScan?: (() => Promise<void>) | undefined; opened?: Storage };

/** Commits fail (not done) while `fails`; a scan is of one snapshot, and `afterScan` runs before it ends. */
function wrapped(engine: StorageEngine, control: Control): StorageEngine {
  return {
    name: engine.name,
    open: async () => {
      const inner = await engine.open();
      control.opened = inner;
      return {
        manifest: inner.manifest,
        place: undefined,
        getMany: (keys: readonly Uint8Array[]) => inner.getMany(keys),
        scan: async function* (range: ByteRange) {
          const all: (readonly ByteEntry[])[] = [];
          for await (const chunk of inner.scan(range)) all.push(chunk);
          yield* all;
          await control.afterScan?.();
        },
        commit: async (batch: Parameters<Storage['commit']>[0], how: Parameters<Storage['commit']>[1]) => {
          if (control.fails) throw new CausalError('STORAGE_FULL', 'Cannot write: no room', {}, undefined, 'not-done');
          return inner.commit(batch, how);
        },
        close: () => inner.close(),
      } as unknown as Storage;
    },
  };
}

test('former bytes of a key that was deleted and reaped: nothing is lost, and nothing may be refused for ever', async () => {
  const [a, b, c] = await openTrio();
  const ledger = new Ledger();
  await b.put(ledger, 'k', 'v');
  await meet([a, b, c]);
  const putBack = await keepRecord(a, 'k');
  await b.delete(ledger, 'k');
  await meet([a, b, c], 3);
  for (const one of [a, b, c]) expect((await one.store.reap()).reaped).toBe(1);
  await meet([a, b, c], 2);
  await a.hurt(putBack);
  await meet([a, b, c], 5);
  await b.put(ledger, 'd', 'x');
  await b.delete(ledger, 'd');
  await a.put(ledger, 'm', '1');
  await a.put(ledger, 'm', '2');
  await meet([a, b, c], 5);
  const left = [];
  for (const one of [a, b, c]) {
    await one.store.reap();
    left.push(stateOf(one.store).table.graves.size);
  }
  expect({ k: await shown(a, 'k'), graves: left, aSeen: b.store.seen.covers(a.store.seen) }).toEqual({
    k: 'absent',
    graves: [0, 0, 0],
    aSeen: true,
  });
});

test('the same while the store is open: verify must remove it', async () => {
  const control: Control = { fails: false };
  const [, b, c] = await openTrio();
  const a = await Replica.open('a', wrapped(memoryStorage(), control));
  const ledger = new Ledger();
  await b.put(ledger, 'k', 'v');
  await meet([a, b, c]);
  const putBack = await keepRecord(a, 'k');
  await b.delete(ledger, 'k');
  await meet([a, b, c], 3);
  await a.store.reap();
  await putBack(control.opened as Storage);
  expect(await faultsOf(a)).toEqual(['record-former k']);
  expect(await faultsOf(a)).toEqual([]);
});

test('a corrupt record that held nothing but a residual', async () => {
  const [a, b, c] = await openTrio();
  const ledger = new Ledger();
  await b.put(ledger, 'k', 'v');
  await exchange(b.store, c.store);
  await c.delete(ledger, 'k');
  await a.store.receiveReplica('k', { ...(await c.store.record('k')), versions: [] });
  await a.hurt((storage) => flipRecord(storage, 'k'));
  await meet([a, b, c], 5);
  expect(await shown(a, 'k')).toBe('deleted');
});

test('verify beside a write: no false conflict', async () => {
  const control: Control = { fails: false };
  const [, b, c] = await openTrio();
  const a = await Replica.open('a', wrapped(memoryStorage(), control));
  const ledger = new Ledger();
  await b.put(ledger, 'k', 'old');
  await meet([a, b, c]);
  const putBack = await keepRecord(a, 'k');
  await a.store.load();
  await b.put(ledger, 'k', 'new');
  await meet([a, b, c]);
  await putBack(control.opened as Storage);
  let isFirst = true;
  control.afterScan = async () => {
    if (isFirst) {
      isFirst = false;
      await a.put(ledger, 'k', 'newest');
    }
  };
  await a.store.verify();
  control.afterScan = undefined;
  expect(await shown(a, 'k')).toBe('newest');
  await agree([a, b, c], ledger, { k: 'newest' });
});

test('acceptLoss of what nobody can name does not delete it at a healthy peer', async () => {
  const options = { members: ['a', 'b'] };
  const a = await Replica.open('a', memoryStorage(), options);
  const b = await Replica.open('b', memoryStorage(), options);
  const ledger = new Ledger();
  await b.put(ledger, 'k', 'v');
  await meet([a, b]);
  await a.hurt((storage) => dropRecord(storage, 'k', 'with index'));
  expect(await faultsOf(a)).toEqual(['sum-differs']);
  await a.store.acceptLoss();
  await a.store.put('passing', 'v');
  await a.store.delete('passing');
  await a.store.reap({ force: true });
  await meet([a, b], 3);
  expect([await shown(a, 'k'), await shown(b, 'k')]).toEqual(['v', 'v']);
});

test('something lost that nothing names, and everybody holds the same: it ends', async () => {
  const [a, b, c] = await openTrio();
  const ledger = new Ledger();
  await b.put(ledger, 'k', 'v');
  await meet([a, b, c]);
  await b.delete(ledger, 'k');
  await meet([a, b, c]);
  await a.hurt((storage) => dropRecord(storage, 'k', 'with index'));
  await meet([a, b, c], 5);
  expect(await shown(a, 'never')).toBe('absent');
});

test('a former record that was written over before everything was read: what is not held is refused until a peer was met', async () => {
  const [a, b, c] = await openTrio();
  const ledger = new Ledger();
  await b.put(ledger, 'k', 'old');
  await meet([a, b, c]);
  const putBack = await keepRecord(a, 'k');
  await b.put(ledger, 'k', 'new');
  await meet([a, b, c]);
  await a.hurt(putBack);
  await a.put(ledger, 'k', 'over');
  await meet([a, b, c], 5);
  expect(await shown(a, 'never')).toBe('absent');
});

test('something lost that nothing names, and a key written twice before the next exchange', async () => {
  const [a, b, c] = await openTrio();
  const ledger = new Ledger();
  await b.put(ledger, 'k', 'v');
  await a.put(ledger, 'l', '1');
  await meet([a, b, c]);
  await a.hurt((storage) => dropRecord(storage, 'k', 'with index'));
  await a.put(ledger, 'l', '2');
  await a.put(ledger, 'l', '3');
  await meet([a, b, c], 5);
  expect([await shown(a, 'k'), await shown(a, 'never')]).toEqual(['v', 'absent']);
});

test('something lost that nothing names at both of two', async () => {
  const options = { members: ['a', 'b'] };
  const a = await Replica.open('a', memoryStorage(), options);
  const b = await Replica.open('b', memoryStorage(), options);
  const ledger = new Ledger();
  await b.put(ledger, 'k', 'v');
  await a.put(ledger, 'l', 'v');
  await meet([a, b]);
  await a.hurt((storage) => dropRecord(storage, 'k', 'with index'));
  await b.hurt((storage) => dropRecord(storage, 'l', 'with index'));
  await meet([a, b], 5);
  expect([await shown(a, 'k'), await shown(b, 'l'), await shown(a, 'never'), await shown(b, 'never')]).toEqual([
    'v',
    'v',
    'absent',
    'absent',
  ]);
});

test('a full disk while a former record is put in quarantine', async () => {
  const control: Control = { fails: false };
  const [, b, c] = await openTrio();
  const a = await Replica.open('a', wrapped(memoryStorage(), control));
  const ledger = new Ledger();
  await b.put(ledger, 'k', 'old');
  await meet([a, b, c]);
  const putBack = await keepRecord(a, 'k');
  await b.put(ledger, 'k', 'new');
  await meet([a, b, c]);
  await a.hurt(putBack);
  control.fails = true;
  await expect(a.store.load()).rejects.toMatchObject({ code: 'STORAGE_FULL' });
  control.fails = false;
  await a.store.load();
  const held = stateOf(a.store)
    .table.record('k')
    .versions.map(({ value }) => value);
  const told = a.reports.flatMap((report) => (report.kind === 'damage' ? [report.keys] : []));
  await meet([a, b, c], 5);
  expect({ held, told, k: await shown(a, 'k'), never: await shown(a, 'never'), faults: await faultsOf(a) }).toEqual({
    held: [],
    told: [['k']],
    k: 'new',
    never: 'absent',
    faults: [],
  });
});

test('what is left of a damaged key is not reaped', async () => {
  const [a, b, c] = await openTrio();
  const ledger = new Ledger();
  await a.put(ledger, 'k', 'v');
  await meet([a, b, c]);
  await a.delete(ledger, 'k');
  await exchange(a.store, c.store);
  await b.put(ledger, 'k', 'beside');
  const putBack = await keepRecord(a, 'k');
  await meet([a, b, c], 3);
  expect(await shown(a, 'k')).toBe('beside|deleted');
  await a.hurt(putBack);
  expect((await a.store.reap()).reaped).toBe(0);
  await exchange(a.store, b.store);
  expect(await shown(a, 'k')).toBe('beside|deleted');
});

test('a damaged key of the store’s own does not refuse the scans of users', async () => {
  const [a] = await openTrio();
  const ledger = new Ledger();
  await a.put(ledger, 'k', 'v');
  await a.store.join('d');
  await a.hurt((storage) => flipRecord(storage, '\u0000cairn/member/d'));
  await a.store.load();
  const keys: string[] = [];
  for await (const key of a.store.keys()) keys.push(key);
  expect(keys).toEqual(['k']);
});

test('a corrupt record whose names are lost too: another write beside it does not end the damage', async () => {
  const [a, b, c] = await openTrio();
  const ledger = new Ledger();
  await b.put(ledger, 'k', 'of b');
  await exchange(b.store, a.store);
  await a.hurt(async (storage) => {
    await rewriteNames(storage, (named) => (named === 'k' ? undefined : named));
    await flipRecord(storage, 'k');
  });
  expect(await faultsOf(a)).toContain('record-corrupt k');
  await c.put(ledger, 'k', 'of c');
  await exchange(c.store, a.store);
  await exchange(b.store, a.store);
  await meet([a, b, c], 3);
  expect([await shown(a, 'k'), await shown(b, 'k'), await shown(c, 'k')]).toEqual([
    'of b|of c',
    'of b|of c',
    'of b|of c',
  ]);
});

test('former bytes come back twice: what is known to be stale is not taken up again', async () => {
  const [a, b, c] = await openTrio();
  const ledger = new Ledger();
  await b.put(ledger, 'k', 'old');
  await meet([a, b, c]);
  const putBack = await keepRecord(a, 'k');
  await b.put(ledger, 'k', 'new');
  await exchange(b.store, a.store);
  await a.hurt(putBack);
  await a.store.load();
  await a.hurt(putBack);
  await a.store.load();
  expect(
    stateOf(a.store)
      .table.record('k')
      .versions.map(({ value }) => value),
  ).toEqual([]);
});

test('names that cannot be read, and a former record', async () => {
  const [a, b, c] = await openTrio();
  const ledger = new Ledger();
  await b.put(ledger, 'k', 'old');
  await meet([a, b, c]);
  const putBack = await keepRecord(a, 'k');
  await b.put(ledger, 'k', 'new');
  for (let i = 0; i < 60; i += 1) await b.put(ledger, `more-${i}-some-long-name-of-a-key`, 'x');
  await meet([a, b, c]);
  await a.hurt(async (storage) => {
    await putBack(storage);
    for (const [at, sealed] of await entriesOf(storage, KIND.names))
      await storage.commit(
        { puts: [[at, sealed.map((byte, i) => (i === sealed.length >> 1 ? byte ^ 4 : byte))]], deletes: [] },
        'synced',
      );
  });
  await meet([a, b, c], 5);
  expect([await shown(a, 'k'), await shown(b, 'k'), await shown(c, 'k')]).toEqual(['new', 'new', 'new']);
});

test('something lost that nothing names, and a former record that is held: it is told with no more context than it has', async () => {
  const [a, b] = await openTrio();
  const ledger = new Ledger();
  await b.put(ledger, 'k', 'old');
  await exchange(b.store, a.store);
  const putBack = await keepRecord(a, 'k');
  await b.put(ledger, 'k', 'new');
  await exchange(b.store, a.store);
  await a.hurt(async (storage) => {
    await putBack(storage);
    await rewriteNames(storage, (named) => (named === 'k' ? undefined : named));
  });
  await b.store.receiveReplica('k', await a.store.record('k'));
  expect(await shown(b, 'k')).toBe('new');
  await exchange(a.store, b.store);
  expect(await shown(a, 'k')).toBe('new');
});

test('a record that is missed, and beside it one that vanished with its names', async () => {
  const [a, b, c] = await openTrio();
  const ledger = new Ledger();
  await b.put(ledger, 'k', 'v');
  await b.put(ledger, 'l', 'v');
  await exchange(b.store, a.store);
  await a.hurt(async (storage) => {
    await dropRecord(storage, 'l', 'with index');
    await dropRecord(storage, 'k', 'index stays');
  });
  const found = await faultsOf(a);
  const l = await shown(a, 'l');
  await a.store.put('passing', 'v').catch(() => undefined);
  await a.store.delete('passing').catch(() => undefined);
  await a.store.reap({ force: true });
  await meet([a, b, c], 4);
  expect([found, l, await shown(a, 'l'), await shown(b, 'l')]).toEqual([
    ['record-missing k', 'sum-differs'],
    'RECORD_CORRUPT',
    'v',
    'v',
  ]);
});
