import { describe, expect, test } from 'vitest';
import { CausalError } from '../../src/errors.ts';
import { exchange } from '../../src/repair/exchange-local.ts';
import { memoryStorage } from '../../src/storage/memory.ts';
import type { StorageEngine } from '../../src/storage/storage.ts';
import { KIND, textKey } from '../../src/store/durable/layout.ts';
import { openStore } from '../../src/store/open-store.ts';
import type { VersionedKVStore } from '../../src/store/versioned-kv-store.ts';
import { rewriteNames } from '../scenarios/harmed-names.ts';
import { type Failure, failingEngine, Trouble } from '../torture/failing-storage.ts';

const MEMBERS = ['a', 'b'];

/** What a key shows, or the code of the refusal. */
async function show(store: VersionedKVStore, key: string): Promise<string> {
  try {
    const answer = await store.get(key);
    return [
      answer.status,
      ...answer.siblings.map((sibling) => ('value' in sibling ? String(sibling.value) : 'deleted')),
    ].join(' ');
  } catch (error) {
    return codeOf(error);
  }
}

function codeOf(error: unknown): string {
  if (error instanceof CausalError) return error.code;
  throw error;
}

/** `a` on a medium, closed, after it wrote `own` and took `k` and `l` from `b`. */
async function story(): Promise<{ readonly medium: StorageEngine; readonly b: VersionedKVStore }> {
  const medium = memoryStorage();
  const a = await openStore({ name: 'a', storage: medium, members: MEMBERS });
  const b = await openStore({ name: 'b', members: MEMBERS });
  await a.put('own', 'mine');
  await b.put('k', 'old');
  await b.put('l', 'other');
  await exchange(a, b);
  await a.close();
  return { medium, b };
}

async function flip(medium: StorageEngine, key: Uint8Array, at: number): Promise<void> {
  const storage = await medium.open();
  const [value] = await storage.getMany([key]);
  const changed = (value as Uint8Array).slice();
  const place = at < 0 ? changed.length + at : at;
  changed[place] = (changed[place] ?? 0) ^ 1;
  await storage.commit({ puts: [[key, changed]], deletes: [] }, 'synced');
  await storage.close();
}

const recordAt = (key: string): Uint8Array => textKey(KIND.record, key);

describe('a damaged record', () => {
  test('is RECORD_CORRUPT and not absent, also where the replica wrote it itself', async () => {
    const { medium } = await story();
    await flip(medium, recordAt('own'), -1);
    const a = await openStore({ name: 'a', storage: medium, members: MEMBERS });
    expect([await show(a, 'own'), await show(a, 'own')]).toEqual(['RECORD_CORRUPT', 'RECORD_CORRUPT']);
  });

  test.each(['k', 'own'])('stays damaged when the commit that says so fails, and comes back (%s)', async (key) => {
    for (const how of ['full', 'failed, not applied', 'unsure, not applied'] satisfies Failure[]) {
      const { medium, b } = await story();
      await flip(medium, recordAt(key), -1);
      const trouble = new Trouble();
      const a = await openStore({ name: 'a', storage: failingEngine(medium, trouble), members: MEMBERS });
      trouble.commitFails(0, how);
      await show(a, key);
      trouble.end();
      await a.put('z', 'next').catch(codeOf);
      expect(await show(a, key), how).toBe('RECORD_CORRUPT');
      await exchange(a, b);
      expect(await show(a, key), how).toBe(await show(b, key));
      expect((await a.verify()).isSound, how).toBe(true);
    }
  });

  test('stays damaged when the commit that refills it fails', async () => {
    const { medium, b } = await story();
    await flip(medium, recordAt('k'), -1);
    const trouble = new Trouble();
    const a = await openStore({ name: 'a', storage: failingEngine(medium, trouble), members: MEMBERS });
    expect(await show(a, 'k')).toBe('RECORD_CORRUPT');
    for (const at of [0, 1, 2]) {
      trouble.commitFails(at, 'full');
      const end = await exchange(a, b).then(() => 'done', codeOf);
      trouble.end();
      expect(['live old', 'RECORD_CORRUPT'], `commit ${at}: ${end}`).toContain(await show(a, 'k'));
    }
  });
});

describe('a flipped byte in the key of a record', () => {
  test('damages that key alone, and a peer refills it, also where the key is no text any more', async () => {
    const { medium, b } = await story();
    const storage = await medium.open();
    const key = recordAt('k');
    const [value] = await storage.getMany([key]);
    const flipped = Uint8Array.of(key[0] ?? 0, 0x80 ^ (key[1] ?? 0));
    await storage.commit({ puts: [[flipped, value as Uint8Array]], deletes: [key] }, 'synced');
    await storage.close();
    const a = await openStore({ name: 'a', storage: medium, members: MEMBERS });
    expect([await show(a, 'k'), await show(a, 'own')]).toEqual(['RECORD_CORRUPT', 'live mine']);
    await exchange(a, b);
    expect(await show(a, 'k')).toBe('live old');
  });
});

describe('a dot index that names another key', () => {
  test('costs no knowledge of the sound record it belongs to: nothing superseded comes back', async () => {
    const { medium, b } = await story();
    const storage = await medium.open();
    await rewriteNames(storage, (key) => (key === 'k' ? 'j' : key));
    await storage.close();
    const a = await openStore({ name: 'a', storage: medium, members: MEMBERS });
    expect((await a.verify()).isSound).toBe(false);
    expect(a.seen.covers(b.seen)).toBe(true);
    await a.put('k', 'new');
    await exchange(a, b);
    expect([await show(a, 'k'), await show(b, 'k')]).toEqual(['live new', 'live new']);
  });
});

describe('a commit of which nobody knows whether it happened', () => {
  test.each([true, false])('is not told to a peer before that is known (one way %s)', async (oneWay) => {
    const trouble = new Trouble();
    const a = await openStore({ name: 'a', storage: failingEngine(memoryStorage(), trouble) });
    const b = await openStore({ name: 'b' });
    await b.put('k', 'old');
    await a.put('own', 'mine');
    trouble.commitFails(1, 'unsure, not applied');
    expect(await exchange(b, a, { oneWay }).then(() => 'done', codeOf)).toBe('STORAGE_FAILED');
    trouble.end();
    await b.put('l', 'other');
    await exchange(b, a, { oneWay });
    expect([await show(a, 'k'), await show(a, 'l')]).toEqual(['live old', 'live other']);
  });

  test('leaves the store usable when it is found out about while the next commit gathers', async () => {
    const trouble = new Trouble();
    const inner = await memoryStorage().open();
    const { manifest } = inner;
    const storage: StorageEngine = {
      name: 'quick to read',
      open: async () => ({
        ...{ manifest, place: undefined, scan: (range) => inner.scan(range), close: () => undefined },
        getMany: (keys) => {
          trouble.read();
          return inner.getMany(keys);
        },
        commit: (batch) => trouble.commit(inner, batch),
      }),
    };
    const a = await openStore({ name: 'a', storage });
    trouble.commitFails(0, 'failed, not applied');
    trouble.readFails(0);
    const first = a.put('x', 'lost').then(() => 'done', codeOf);
    for (let turn = 0; turn < 20; turn += 1) await undefined;
    const second = a.put('y', 'gathered meanwhile').then(() => 'done', codeOf);
    await first;
    // One of these finds out, and undoes, while the next commit gathers what goes into it.
    const reads = Array.from({ length: 12 }, async (_, turns) => {
      for (let turn = 0; turn < turns; turn += 1) await undefined;
      return a.get('x').then(() => 'read', codeOf);
    });
    await Promise.all(reads);
    expect(await second).toBe('STORAGE_FAILED');
    const hangs = new Promise((resolve) => setTimeout(() => resolve('hangs'), 500));
    expect(await Promise.race([a.put('z', 'next').then(() => 'done', codeOf), hangs])).toBe('done');
  });
});

describe('a write that is refused', () => {
  test('fails neither who reads the key meanwhile nor who follows the changes', async () => {
    const trouble = new Trouble();
    const a = await openStore({ name: 'a', storage: failingEngine(memoryStorage(), trouble) });
    await a.put('x', 'before');
    const told: string[] = [];
    const following = (async () => {
      for await (const change of a.changes()) if (change.kind === 'change') told.push(change.key);
    })().catch((error: unknown) => told.push(codeOf(error)));
    await expect.poll(() => told).toEqual(['x']);
    // The refused write comes between the commit of `y` and the feed that was woken by it.
    trouble.commitFails(1, 'full');
    await a.put('y', '1').then(() => a.put('y', '2').catch(codeOf));
    await expect.poll(() => told).toEqual(['x', 'y']);
    await a.put('z', 'after');
    await expect.poll(() => told).toEqual(['x', 'y', 'z']);
    trouble.commitFails(0, 'full');
    const refused = a.put('x', 'never').catch(codeOf);
    for (let turn = 0; turn < 4; turn += 1) await undefined;
    expect(await show(a, 'x')).toBe('live before');
    expect(await refused).toBe('STORAGE_FULL');
    await a.close();
    await following;
  });
});
