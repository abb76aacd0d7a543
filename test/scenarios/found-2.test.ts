import { describe, expect, test } from 'vitest';
import { exchange } from '../../src/repair/exchange-local.ts';
import { memoryStorage } from '../../src/storage/memory.ts';
import { dropRecord, meet, openTrio, Replica, shown } from './kit.ts';

describe('a damaged key', () => {
  test('exchange: a replica that lost a tombstone which others have reaped can still exchange', async () => {
    const [a, b, c] = await openTrio();
    await b.store.delete('k');
    await b.store.put('news', '1');
    await meet([a, b, c]);
    await b.store.reap();
    await b.store.put('news', '2');
    await exchange(a.store, b.store); // a hears what was reaped, and holds the tombstone until it reaps itself
    await a.hurt((storage) => dropRecord(storage, 'k', 'index stays'));
    expect(await shown(a, 'k')).toBe('RECORD_CORRUPT');
    await meet([a, b, c], 3);
    expect(await shown(a, 'k')).toBe('absent');
  });

  test('exchange: a replica that issues anew what it wrote and reaped under a disputed id can still exchange', async () => {
    const options = { incarnation: 'fixed' };
    const before = await Replica.open('a', memoryStorage(), options);
    const [, b] = await openTrio();
    for (const key of ['k1', 'k2', 'k3']) await before.store.put(key, 'v');
    await exchange(before.store, b.store);
    const a = await Replica.open('a', memoryStorage(), options);
    await a.store.delete('k');
    await a.store.reap({ force: true });
    await exchange(a.store, b.store);
    expect(a.told).toEqual(['renewed']);
    expect(await meet([a, b], 2)).toEqual(['equal']);
  });

  test('receiveReplica: a record without versions does not heal', async () => {
    const [a, b, c] = await openTrio();
    await b.store.put('k', 'v');
    await meet([a, b, c]);
    await a.hurt((storage) => dropRecord(storage, 'k', 'index stays'));
    await c.store.put('news', 'v'); // so that the context of c names something new
    await b.store.put('k', 'v2');
    const empty = { key: 'k', versions: [], context: c.store.seen.minus(b.store.seen) };
    await a.store.receiveReplica('k', empty);
    expect(await shown(a, 'k')).toBe('RECORD_CORRUPT');
    await meet([a, b, c], 3);
    expect(await shown(a, 'k')).toBe('v2');
  });

  test('exchange: a delete made beside what was lost does not pass for all there is', async () => {
    const [a, b, c] = await openTrio();
    await b.store.put('k', 'v');
    await exchange(b.store, a.store);
    await a.hurt((storage) => dropRecord(storage, 'k', 'index stays'));
    await c.store.delete('k'); // c has seen nothing of it
    await exchange(c.store, a.store);
    expect(await shown(a, 'k')).toBe('RECORD_CORRUPT');
    await meet([a, b, c], 3);
    expect(await shown(a, 'k')).toBe('deleted|v');
  });
});
