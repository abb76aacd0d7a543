/**
 * Two living copies of one identity: a clone that no evidence of the place gives away (a snapshot of a whole machine), so
 * both go on issuing dots under one id. Law: L1, L23.
 */

import { describe, expect, test } from 'vitest';
import { exchange } from '../../src/repair/exchange-local.ts';
import { memoryStorage } from '../../src/storage/memory.ts';
import type { StorageEngine } from '../../src/storage/storage.ts';
import { openStore } from '../../src/store/open-store.ts';
import type { Report } from '../../src/store/operations.ts';
import type { VersionedKVStore } from '../../src/store/versioned-kv-store.ts';

const MEMBERS = ['a', 'p'];

/** An engine whose bytes can be copied without anybody noticing. */
async function cloneOf(engine: StorageEngine): Promise<StorageEngine> {
  const copy = memoryStorage();
  const [from, to] = [await engine.open(), await copy.open()];
  for await (const chunk of from.scan({})) await to.commit({ puts: chunk, deletes: [] }, 'synced');
  await Promise.all([from.close(), to.close()]);
  return copy;
}

async function shownAt(store: VersionedKVStore<string>, keys: readonly string[]): Promise<string[]> {
  const answers = await store.getMany(keys);
  return answers.map(({ siblings }) =>
    siblings
      .map((held) => (held.tombstone ? '-' : held.value))
      .sort()
      .join('|'),
  );
}

/** Two copies that have both met `p` before they parted, and have both written since. */
async function twoCopies(reports: Report[]): Promise<Record<'a' | 'copy' | 'p', VersionedKVStore<string>>> {
  const engine = memoryStorage();
  const p = await openStore<string>({ name: 'p', members: MEMBERS });
  const before = await openStore<string>({ name: 'a', members: MEMBERS, storage: engine });
  await before.put('old', 'old');
  await before.put('both', 'old');
  await exchange(before, p);
  await before.close();
  const clone = await cloneOf(engine);
  const onReport = (report: Report): number => reports.push(report);
  const a = await openStore<string>({ storage: engine, onReport });
  const copy = await openStore<string>({ storage: clone, onReport });
  expect(copy.id).toBe(a.id);
  await a.put('mine', 'of a');
  await copy.put('yours', 'of the copy'); // the same dot as the one before
  await a.put('both', 'a wrote');
  await copy.put('both', 'the copy wrote'); // and again, under one key
  return { a, copy, p };
}

describe('exchange', () => {
  test.each(['a first', 'the copy first'])(
    'with a common peer notices two living copies and loses nothing: %s',
    async (order) => {
      const reports: Report[] = [];
      const { a, copy, p } = await twoCopies(reports);
      const [first, second] = order === 'a first' ? [a, copy] : [copy, a];
      await exchange(first, p);
      await exchange(second, p); // the first exchange of the two with a common peer
      expect(reports.map(({ kind }) => kind)).toEqual(['renewed']);
      expect(a.id).not.toBe(copy.id);
      await exchange(first, p);
      for (const store of [p, a, copy]) {
        expect(await shownAt(store, ['old', 'mine', 'yours', 'both'])).toEqual([
          'old',
          'of a',
          'of the copy',
          'a wrote|the copy wrote',
        ]);
      }
      expect((await exchange(second, p)).mode).toBe('equal');
      expect((await exchange(a, copy)).mode).toBe('equal');
    },
  );

  test('does not take a store that was closed and opened many times for a copy', async () => {
    const engine = memoryStorage();
    const p = await openStore<string>({ name: 'p', members: MEMBERS });
    const reports: Report[] = [];
    for (let life = 0; life < 5; life += 1) {
      const a = await openStore<string>({ name: 'a', storage: engine, onReport: (report) => reports.push(report) });
      await a.put(`k${life}`, 'v');
      if (life % 2 === 0) await exchange(a, p);
      await a.close();
    }
    expect(reports).toEqual([]);
  });

  test('tells two copies apart when the peer is durable and was opened again in between', async () => {
    const reports: Report[] = [];
    const { a, copy } = await twoCopies(reports);
    const place = memoryStorage();
    const open = (): Promise<VersionedKVStore<string>> => openStore<string>({ name: 'q', storage: place });
    const before = await open();
    await exchange(a, before);
    await before.close();
    const after = await open();
    await exchange(copy, after);
    expect(reports.map(({ kind }) => kind)).toEqual(['renewed']);
    expect(await shownAt(after, ['mine', 'yours'])).toEqual(['of a', 'of the copy']);
  });
});
