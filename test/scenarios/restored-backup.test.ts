import { describe, expect, test } from 'vitest';
import { level } from '../../src/storage/level.ts';
import { restoreBackup } from '../../src/store/durable/backup.ts';
import { agree, directories, files, Ledger, meet, openTrioIn, type Replica } from './kit.ts';

const directory = directories();

/** What is kept of a directory, and how it comes back, while the store is closed. */
type Way = { readonly keep: (replica: Replica, of: string) => Promise<() => Promise<string>> };

const WAYS: Readonly<Record<string, Way>> = {
  'a backup in an empty directory': {
    keep: async ({ store }) => {
      const chunks: Uint8Array[] = [];
      for await (const chunk of store.backup()) chunks.push(chunk.slice());
      return async () => {
        const to = directory('restored');
        await restoreBackup(chunks, level(to));
        return to;
      };
    },
  },
  'a copy that was made while it was closed, in the place of the directory': {
    keep: async (replica, of) => {
      const kept = directory('kept');
      await replica.store.close();
      files.copy(of, kept);
      await replica.open();
      return async () => {
        files.remove(of);
        files.copy(kept, of);
        return of;
      };
    },
  },
  'a copy that was made while it was open, in another place': {
    keep: async (_replica, of) => {
      const kept = directory('kept');
      files.copy(of, kept);
      return async () => {
        const to = directory('elsewhere');
        files.copy(kept, to);
        return to;
      };
    },
  },
};

describe('a restored replica', () => {
  test.each(Object.keys(WAYS))(
    'forgets what it alone knew, and nothing that others have; no dot twice, nothing deleted returns: %s',
    async (name) => {
      const [a, b, c, ofA] = await openTrioIn(directory);
      const ledger = new Ledger();
      await a.put(ledger, 'kept', 'in the backup');
      await a.put(ledger, 'changed later', 'old');
      await b.put(ledger, 'deleted later', 'v');
      await a.put(ledger, 'deleted and reaped', 'v');
      await meet([a, b, c]);
      const bringBack = await WAYS[name]?.keep(a, ofA);
      if (bringBack === undefined) return expect.fail('there is no such way');
      await a.put(ledger, 'changed later', 'new');
      await a.put(ledger, 'written later', 'shared');
      await a.delete(ledger, 'deleted later');
      await a.delete(ledger, 'deleted and reaped');
      await meet([a, b, c]);
      for (const { store } of [a, b, c]) await store.reap();
      await meet([a, b, c]);
      await a.put(ledger, 'never sent', 'lost with the disk');
      await a.put(ledger, 'changed later', 'never sent either');
      const before = a.store.id;
      await a.store.close();
      a.engine = level(await bringBack());
      await a.open();
      expect(a.store.id).not.toBe(before);
      expect(a.told).toEqual(['renewed']);
      // It goes on before it has met anybody, with dots that must be new.
      await a.put(ledger, 'after', '1');
      await a.put(ledger, 'kept', 'again');
      await a.put(ledger, 'deleted later', 'beside the delete');
      await b.put(ledger, 'of b', 'meanwhile');
      await agree([a, b, c], ledger, {
        kept: 'again',
        'changed later': 'new',
        'written later': 'shared',
        'deleted later': 'beside the delete',
        'deleted and reaped': 'absent',
        'never sent': 'absent',
        after: '1',
        'of b': 'meanwhile',
      });
    },
  );

  test('is told from its newer directory when its files are written over those that are there', async () => {
    const [a, b, c, ofA] = await openTrioIn(directory);
    const ledger = new Ledger();
    await a.put(ledger, 'kept', 'in the copy');
    await meet([a, b, c]);
    const kept = directory('kept');
    await a.store.close();
    files.copy(ofA, kept);
    await a.open();
    for (let n = 0; n < 20; n++) await a.put(ledger, `later ${n}`, 'shared');
    await a.delete(ledger, 'kept');
    await meet([a, b, c]);
    await a.store.close();
    const before = a.store.id;
    files.copy(kept, ofA);
    await a.open();
    expect(a.store.id).not.toBe(before);
    await a.put(ledger, 'after', '1');
    const expected = Object.fromEntries(Array.from({ length: 20 }, (_, n) => [`later ${n}`, 'shared']));
    await agree([a, b, c], ledger, { ...expected, kept: 'deleted', after: '1' });
  });
});
