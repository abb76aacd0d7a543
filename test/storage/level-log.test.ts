import { readdirSync, readFileSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import { MemoryLevel } from 'memory-level';
import { expect, test } from 'vitest';
import { level } from '../../src/storage/level.ts';
import { type LevelDatabase, LevelStorage } from '../../src/storage/level-database.ts';
import { lastRecord, mayHoldBatch, syncLogs } from '../../src/storage/level-log.ts';
import type { StorageBatch } from '../../src/storage/storage.ts';
import { temporaryDirectories } from './suite.ts';

const directory = temporaryDirectories();
const small: StorageBatch = { puts: [[Uint8Array.of(1), Uint8Array.of(2)]], deletes: [Uint8Array.of(9)] };
/** Of three blocks, so that it is written in fragments. */
const large: StorageBatch = { puts: [[Uint8Array.of(3), new Uint8Array(90_000).fill(7)]], deletes: [] };

test.each([
  ['one fragment', large, small],
  ['many fragments', small, large],
])(
  'mayHoldBatch finds the last batch of a real log in %s, and no longer when a byte of it is missing',
  async (_, first, last) => {
    const path = directory();
    const storage = await level(path).open();
    await storage.commit(first, 'synced');
    await storage.commit(last, 'synced');
    const log = join(path, readdirSync(path).find((file) => file.endsWith('.log')) ?? '');
    expect(await mayHoldBatch(path, last)).toBe(true);
    expect(await mayHoldBatch(path, first)).toBe(false);
    const { length } = readFileSync(log);
    truncateSync(log, length - 1);
    expect(await mayHoldBatch(path, last)).toBe(false);
    expect(await mayHoldBatch(path, first)).toBe(true);
    await storage.close();
  },
);

test('mayHoldBatch says no where there is no log', async () => {
  expect(await mayHoldBatch(directory(), small)).toBe(false);
});

test('lastRecord passes the end of a block that has no room for a header', () => {
  const log = new Uint8Array(32_768 + 8);
  log.set([0, 0, 0, 0, (32_768 - 7 - 3) & 255, (32_768 - 7 - 3) >> 8, 1]);
  log.set([0, 0, 0, 0, 1, 0, 1, 42], 32_768);
  expect(lastRecord(log)).toEqual(Uint8Array.of(42));
});

test('syncLogs passes a database with logs, without one, and refuses where there is no directory', async () => {
  const path = directory();
  const storage = await level(path).open();
  await storage.commit(small, 'buffered');
  await syncLogs(path);
  await storage.close();
  await syncLogs(directory());
  await expect(syncLogs(`${path}/gone`)).rejects.toMatchObject({ code: 'ENOENT' });
});

test('LevelStorage syncs what is buffered before the synced commit that follows, and only then', async () => {
  const said: string[] = [];
  const database = new MemoryLevel<Uint8Array, Uint8Array>();
  const noted = new Proxy<LevelDatabase>(database, {
    get: (target, name: keyof LevelDatabase) => {
      if (name === 'batch') said.push('batch');
      return typeof target[name] === 'function' ? target[name].bind(target) : target[name];
    },
  });
  const storage = new LevelStorage('test', noted, {
    manifest: { name: 'test', durability: ['synced'], survives: 'nothing', keyBytesMax: 9, valueBytesMax: 9 },
    place: undefined,
    keepsBytes: true,
    syncBuffered: async () => void said.push('sync'),
    mayHold: () => Promise.resolve(true),
    checkOwner: () => Promise.resolve(),
    release: () => undefined,
  });
  for (const durability of ['synced', 'buffered', 'buffered', 'synced', 'synced'] as const) {
    await storage.commit(small, durability);
  }
  expect(said.join(' ')).toBe('batch batch batch sync batch batch');
});
