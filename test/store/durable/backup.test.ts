import { describe, expect, test } from 'vitest';
import { memoryStorage } from '../../../src/storage/memory.ts';
import type { StorageEngine } from '../../../src/storage/storage.ts';
import { restoreBackup } from '../../../src/store/durable/backup.ts';
import { openStore } from '../../../src/store/open-store.ts';

async function saved(): Promise<Uint8Array> {
  const store = await openStore<number>({ name: 'a', storage: memoryStorage() });
  for (let at = 0; at < 300; at += 1) await store.put(`key/${at}`, at);
  await store.delete('key/7');
  const chunks: Uint8Array[] = [];
  for await (const chunk of store.backup()) chunks.push(chunk);
  await store.close();
  return Uint8Array.from(Buffer.concat(chunks));
}

const inPieces = function* (bytes: Uint8Array, size: number): Generator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
};

const isCorrupt = expect.objectContaining({ code: 'RECORD_CORRUPT' });

describe('restoreBackup', () => {
  test.each([1, 7, 4_096, 1_000_000])('makes the store again from pieces of %i bytes', async (size) => {
    const engine = memoryStorage();
    await restoreBackup(inPieces(await saved(), size), engine);
    const store = await openStore<number>({ storage: engine });
    expect(store.name).toBe('a');
    expect(await store.get('key/299')).toMatchObject({ status: 'live', value: 299 });
    expect((await store.get('key/7')).status).toBe('deleted');
    expect((await store.verify()).isSound).toBe(true);
    await store.close();
  });

  test('refuses a backup that was cut off anywhere or changed, and then there is no store', async () => {
    const whole = await saved();
    const refused = async (bytes: Uint8Array): Promise<StorageEngine> => {
      const engine = memoryStorage();
      await expect(restoreBackup([bytes], engine)).rejects.toEqual(isCorrupt);
      await expect(openStore({ storage: engine })).rejects.toEqual(isCorrupt);
      return engine;
    };
    for (const length of [0, 5, 100, whole.length >> 1, whole.length - 1]) await refused(whole.subarray(0, length));
    for (const at of [9, 1_000, whole.length - 2]) {
      await refused(whole.map((byte, place) => (place === at ? byte ^ 1 : byte)));
    }
    const engine = await refused(whole.subarray(0, whole.length - 5));
    await restoreBackup([whole], engine); // begun again
    const store = await openStore<number>({ storage: engine });
    expect((await store.get('key/1')).status).toBe('live');
  });

  test('refuses a place that holds data, and leaves it as it is', async () => {
    const engine = memoryStorage();
    const store = await openStore<number>({ name: 'b', storage: engine });
    await store.put('mine', 1);
    await store.close();
    await expect(restoreBackup([await saved()], engine)).rejects.toThrow(TypeError);
    const again = await openStore<number>({ storage: engine });
    expect([again.name, (await again.get('mine')).status]).toEqual(['b', 'live']);
  });
});
