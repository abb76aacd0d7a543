import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { crc32 } from '../../../src/codec/checksum.ts';
import { memoryStorage } from '../../../src/storage/memory.ts';
import type { StorageEngine } from '../../../src/storage/storage.ts';
import { restoreBackup } from '../../../src/store/durable/backup.ts';
import { IDENTITY_KEY } from '../../../src/store/durable/stored-meta.ts';
import { openStore } from '../../../src/store/open-store.ts';
import type { Report } from '../../../src/store/operations.ts';

/** A store of format 1, written once and never again: every later release must read it. */
async function storeOfFormat1(): Promise<StorageEngine> {
  const text = readFileSync(new URL('../../vectors/store/v1/backup.base64', import.meta.url), 'utf8');
  const engine = memoryStorage();
  await restoreBackup([Uint8Array.from(Buffer.from(text, 'base64'))], engine);
  return engine;
}

describe('openStore', () => {
  test('of a store of format 1 shows what was written then', async () => {
    const reports: Report[] = [];
    const store = await openStore({ storage: await storeOfFormat1(), onReport: (report) => reports.push(report) });
    expect(store.name).toBe('berlin');
    expect(await store.get('live')).toMatchObject({
      status: 'live',
      value: {
        text: 'hé🎉',
        n: [1, 2.5, -0],
        bytes: Uint8Array.of(1, 2, 3),
        at: new Date(0),
        big: 12_345_678_901_234_567_890n,
      },
    });
    expect((await store.get('gone')).status).toBe('deleted');
    expect((await store.get('both')).siblings).toMatchObject([{ value: 'from a' }, { tombstone: true }]);
    expect(store.members().sort()).toEqual(['berlin', 'lima', 'oslo']);
    expect(store.seen.vector.toJSON()).toMatchObject({ 'lima~2': 1 });
    expect((await store.verify()).faults).toEqual([]);
    expect(reports.map(({ kind }) => kind)).toEqual(['renewed']);
    await store.close();
  });

  test('refuses a newer format with VERSION_UNSUPPORTED and changes nothing', async () => {
    const engine = await storeOfFormat1();
    const storage = await engine.open();
    const [identity] = await storage.getMany([IDENTITY_KEY]);
    const newer = Uint8Array.from(identity ?? []);
    newer[0] = 2;
    const body = newer.length - 4;
    new DataView(newer.buffer).setUint32(body, crc32(newer, crc32(IDENTITY_KEY), 0, body));
    await storage.commit({ puts: [[IDENTITY_KEY, newer]], deletes: [] }, 'synced');
    const before: unknown[] = [];
    for await (const chunk of storage.scan({})) before.push(...chunk);
    await storage.close();
    await expect(openStore({ storage: engine })).rejects.toMatchObject({ code: 'VERSION_UNSUPPORTED' });
    const again = await engine.open();
    const after: unknown[] = [];
    for await (const chunk of again.scan({})) after.push(...chunk);
    expect(after).toEqual(before);
  });

  test('goes on under its incarnation after it was closed, and after a crash of a synced store', async () => {
    const engine = memoryStorage();
    const first = await openStore<number>({ name: 'a', storage: engine });
    const { dot } = await first.put('k', 1);
    await first.close();
    const second = await openStore<number>({ storage: engine });
    expect(second.id).toBe(first.id);
    expect((await second.put('k', 2)).dot.counter).toBe(dot.counter + 1);
    await second.close();
  });

  test('refuses another name than the one the store was made with', async () => {
    const engine = memoryStorage();
    await (await openStore({ name: 'a', storage: engine })).close();
    await expect(openStore({ name: 'b', storage: engine })).rejects.toThrow('it is the store of "a"');
  });
});
