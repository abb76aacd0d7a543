import { describe, expect, test } from 'vitest';
import { CausalError } from '../../src/errors.ts';
import { exchange } from '../../src/repair/exchange-local.ts';
import type { Storage } from '../../src/storage/storage.ts';
import { KIND, textKey } from '../../src/store/durable/layout.ts';
import { agree, dropRecord, faultsOf, flipRecord, keepRecord, Ledger, meet, openTrio, shown } from './kit.ts';

describe('a disk gives back what a record was before it was written over', () => {
  test.each([
    ['written by a peer', 'b'],
    ['written here', 'a'],
  ])('verify names it, readers are refused, an exchange refills it: %s', async (_who, author) => {
    const [a, b, c] = await openTrio();
    const writer = author === 'a' ? a : b;
    const ledger = new Ledger();
    await writer.put(ledger, 'k', 'old');
    await meet([a, b, c]);
    const putBack = await keepRecord(a, 'k');
    await writer.put(ledger, 'k', 'new');
    await meet([a, b, c]);
    await a.hurt(putBack);
    expect(await faultsOf(a)).toEqual(['record-former k']);
    expect(await faultsOf(a)).toEqual(['still-damaged k']);
    expect(await shown(a, 'k')).toBe('RECORD_CORRUPT');
    expect(a.told).toEqual(author === 'a' ? ['renewed', 'damage'] : ['damage']);
    await exchange(a.store, b.store);
    expect(await shown(a, 'k')).toBe('new');
    await agree([a, b, c], ledger, { k: 'new' });
  });

  test('a delete is not undone by it, and nobody is told of the former value', async () => {
    const [a, b, c] = await openTrio();
    const ledger = new Ledger();
    await b.put(ledger, 'k', 'v');
    await meet([a, b, c]);
    const putBack = await keepRecord(a, 'k');
    await b.delete(ledger, 'k');
    await meet([a, b, c]);
    await a.hurt(putBack);
    await meet([a, b, c], 1);
    expect([await shown(a, 'k'), await shown(c, 'k')]).toEqual(['deleted', 'deleted']);
    await agree([a, b, c], ledger, { k: 'deleted' });
  });

  test('a record that was removed and is back goes again: a reaped delete, a value that was deleted and reaped', async () => {
    for (const isDeleted of [true, false]) {
      const [a, b, c] = await openTrio();
      const ledger = new Ledger();
      await b.put(ledger, 'k', 'v');
      await meet([a, b, c]);
      if (isDeleted) await b.delete(ledger, 'k');
      await meet([a, b, c]);
      const putBack = await keepRecord(a, 'k');
      if (!isDeleted) await b.delete(ledger, 'k');
      await meet([a, b, c]);
      for (const { store } of [a, b, c]) await store.reap();
      await a.hurt(putBack);
      expect(await faultsOf(a)).toEqual(['record-former k']);
      expect(await faultsOf(a)).toEqual([]);
      expect(await shown(a, 'k')).toBe('absent');
      await agree([a, b, c], ledger, { k: 'absent' });
    }
  });

  test('a disk that is full when it is found only puts it off', async () => {
    const [a, b, c] = await openTrio();
    const ledger = new Ledger();
    await b.put(ledger, 'k', 'old');
    await meet([a, b, c]);
    const putBack = await keepRecord(a, 'k');
    await b.put(ledger, 'k', 'new');
    await meet([a, b, c]);
    const { engine } = a;
    let isFull = false;
    a.engine = {
      name: 'full at times',
      open: async () => {
        const storage = await engine.open();
        const { manifest, place } = storage;
        return {
          ...{ manifest, place },
          getMany: (keys) => storage.getMany(keys),
          scan: (range) => storage.scan(range),
          close: () => storage.close(),
          commit: async (batch, durability) => {
            if (isFull) throw new CausalError('STORAGE_FULL', 'Cannot write: no room', {}, undefined, 'not-done');
            await storage.commit(batch, durability);
          },
        };
      },
    };
    await a.hurt(putBack);
    isFull = true;
    await expect(a.store.load()).rejects.toMatchObject({ code: 'STORAGE_FULL' });
    expect(await shown(a, 'k')).not.toBe('old');
    isFull = false;
    await a.store.load();
    expect(await shown(a, 'k')).toBe('RECORD_CORRUPT');
    await c.put(ledger, 'k', 'beside');
    await exchange(c.store, a.store);
    await agree([a, b, c], ledger, { k: 'beside' });
  });

  test('no peer is told of it before everything was read', async () => {
    const [a, b, c] = await openTrio();
    const ledger = new Ledger();
    await a.put(ledger, 'k', 'old');
    const putBack = await keepRecord(a, 'k');
    await a.put(ledger, 'k', 'new');
    await exchange(a.store, b.store);
    await a.hurt(putBack);
    await expect(a.store.record('k')).rejects.toMatchObject({ code: 'RECORD_CORRUPT' });
    await agree([a, b, c], ledger, { k: 'new' });
  });

  test('a sibling that was there before and after stays, though nobody else has it', async () => {
    const [a, b, c] = await openTrio();
    const ledger = new Ledger();
    await a.put(ledger, 'k', 'of a');
    const putBack = await keepRecord(a, 'k');
    await b.put(ledger, 'k', 'of b');
    await exchange(b.store, a.store);
    await b.hurt(putNothing);
    expect(await shown(a, 'k')).toBe('of a|of b');
    await a.hurt(putBack);
    expect(await faultsOf(a)).toEqual(['record-former k']);
    expect(await shown(a, 'k')).toBe('RECORD_CORRUPT');
    await agree([a, b, c], ledger, { k: 'of a|of b' });
  });

  test('two records at once, and one that is gone: each is named', async () => {
    const [a, b, c] = await openTrio();
    const ledger = new Ledger();
    for (const key of ['k', 'l', 'm']) await b.put(ledger, key, 'old');
    await meet([a, b, c]);
    const putBack = [await keepRecord(a, 'k'), await keepRecord(a, 'l')];
    for (const key of ['k', 'l', 'm']) await b.put(ledger, key, 'new');
    await meet([a, b, c]);
    await a.hurt(async (storage) => {
      for (const put of putBack) await put(storage);
      await storage.commit({ puts: [], deletes: [textKey(KIND.record, 'm')] }, 'synced');
    });
    expect([...(await faultsOf(a))].sort()).toEqual(['record-former k', 'record-former l', 'record-missing m']);
    await agree([a, b, c], ledger, { k: 'new', l: 'new', m: 'new' });
  });

  test('what a damaged key has taken in since may be lost too, and is named once more', async () => {
    const [a, b, c] = await openTrio();
    const ledger = new Ledger();
    await b.put(ledger, 'k', 'of b');
    await exchange(b.store, a.store);
    await a.hurt((storage) => dropRecord(storage, 'k', 'index stays'));
    await c.put(ledger, 'k', 'of c');
    await exchange(c.store, a.store);
    expect(await faultsOf(a)).toEqual(['still-damaged k']);
    await a.hurt((storage) => flipRecord(storage, 'k'));
    expect(await shown(a, 'k')).toBe('RECORD_CORRUPT');
    expect(await a.store.acceptLoss()).toEqual(['k']);
    expect(await shown(a, 'k')).toBe('absent');
    await agree([a, b, c], ledger, { k: 'of b|of c' });
  });

  test('while the store is open and has read it: verify writes again what memory has', async () => {
    const [a, b, c] = await openTrio();
    const ledger = new Ledger();
    await a.put(ledger, 'k', 'old');
    const putBack = await keepRecord(a, 'k');
    const { engine } = a;
    let opened: Storage | undefined;
    a.engine = {
      name: 'kept open',
      open: async () => {
        opened = await engine.open();
        return opened;
      },
    };
    await a.store.close();
    await a.open();
    await a.put(ledger, 'k', 'new');
    await meet([a, b, c]);
    if (opened !== undefined) await putBack(opened);
    expect(await faultsOf(a)).toEqual(['record-former k']);
    expect(await faultsOf(a)).toEqual([]);
    expect(await shown(a, 'k')).toBe('new');
    await agree([a, b, c], ledger, { k: 'new' });
  });
});

/** Closes and opens, and nothing else. */
function putNothing(): Promise<void> {
  return Promise.resolve();
}
