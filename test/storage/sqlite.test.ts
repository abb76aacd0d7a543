import { readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { sqlite } from '../../src/storage/sqlite.ts';
import type { Storage, StorageBatch } from '../../src/storage/storage.ts';
import { collect } from '../../src/testkit/storage-model.ts';
import { testDirectoryLaws } from './directory-laws.ts';
import { temporaryDirectories, testStorageLaws } from './suite.ts';

type Connection = { readonly exec: (sql: string) => void; readonly close: () => void };
type Module = { readonly DatabaseSync: (new (path: string) => Connection) & { readonly prototype: Connection } };

const directory = temporaryDirectories();
const module = process.getBuiltinModule('node:sqlite') as Module | undefined;

const put = (key: number, value: Uint8Array = Uint8Array.of(key)): StorageBatch => ({
  puts: [[Uint8Array.of(key), value]],
  deletes: [],
});

afterEach(() => vi.restoreAllMocks());

test('sqlite is refused with UNSUPPORTED, and a word of what to do, on a Node without node:sqlite', async () => {
  if (module !== undefined) vi.spyOn(process, 'getBuiltinModule').mockReturnValue(undefined);
  await expect(sqlite('data').open()).rejects.toMatchObject({
    code: 'UNSUPPORTED',
    outcome: 'not-done',
    message: `Cannot open sqlite:data: Node ${process.version} has no node:sqlite, use Node 22.13 or later.`,
  });
});

if (module === undefined) {
  // No service is missing where the Node is too old, so REQUIRE_SERVICES does not ask for it.
  const reason = `Node ${process.version} has no node:sqlite, run this with Node 22.13 or later`;
  test(`sqlite with a database is skipped: ${reason}`, (t) => t.skip(reason));
}

describe.runIf(module !== undefined)('sqlite', () => {
  testStorageLaws(() => sqlite(join(directory(), 'not', 'there.yet')));
  testDirectoryLaws('sqlite', sqlite, directory);

  /** Fails the statements that `fail` says, before or after they are done, as SQLite does when its disk does. */
  const failing = (fail: (sql: string) => 'before' | 'after' | undefined, errcode = 1034): void => {
    if (module === undefined) return;
    const { prototype } = module.DatabaseSync;
    const { exec } = prototype;
    vi.spyOn(prototype, 'exec').mockImplementation(function (this: Connection, sql: string) {
      const when = fail(sql);
      if (when !== 'before') exec.call(this, sql);
      if (when !== undefined) throw Object.assign(new Error('disk I/O error'), { errcode });
    });
  };

  test('getNow gives the value at once', async () => {
    const storage = await sqlite(directory()).open();
    await storage.commit(put(1), 'synced');
    expect(storage.getNow?.(Uint8Array.of(1))).toEqual(Uint8Array.of(1));
    expect(storage.getNow?.(Uint8Array.of(2))).toBeUndefined();
    await storage.close();
  });

  test('commit and scan let timers and sockets have their turn, also for a caller in a loop', async () => {
    const storage = await sqlite(directory()).open();
    let turns = 0;
    const interval = setInterval(() => turns++, 0);
    for (let n = 0; n < 100_000 && turns < 3; n++) await storage.commit(put(1), 'buffered');
    expect(turns).toBe(3);
    for (let n = 0; n < 100_000 && turns < 6; n++) await collect(storage.scan({}));
    clearInterval(interval);
    expect(turns).toBe(6);
    await storage.close();
  });

  test('commit that is synced and finds nothing to change puts on the medium what was buffered before it', async () => {
    const path = directory();
    const storage = await sqlite(path).open();
    const log = () => statSync(join(path, 'entries.sqlite-wal')).size;
    const absent: StorageBatch = { puts: [], deletes: [Uint8Array.of(9)] };
    await storage.commit(put(1), 'buffered');
    const before = log();
    await storage.commit(absent, 'buffered');
    expect(log()).toBe(before);
    await storage.commit(absent, 'synced');
    const flushed = log();
    expect(flushed).toBeGreaterThan(before);
    await storage.commit(absent, 'synced');
    expect(log()).toBe(flushed);
    await storage.close();
  });

  test('commit that failed before it counted is STORAGE_FAILED, and the next call finds the table open again', async () => {
    const storage = await sqlite(directory()).open();
    await storage.commit(put(1), 'synced');
    const scan = storage.scan({});
    let failures = 1;
    failing((sql) => (sql === 'COMMIT' && failures-- > 0 ? 'before' : undefined));
    await expect(storage.commit(put(2), 'synced')).rejects.toMatchObject({
      code: 'STORAGE_FAILED',
      outcome: 'unknown',
    });
    await expect(collect(scan)).rejects.toMatchObject({ code: 'STORAGE_UNREADABLE' });
    expect(await storage.getMany([Uint8Array.of(1), Uint8Array.of(2)])).toEqual([Uint8Array.of(1), undefined]);
    await storage.commit(put(2), 'synced');
    expect(storage.getNow?.(Uint8Array.of(2))).toEqual(Uint8Array.of(2));
    await storage.close();
  });

  test('commit that failed after it counted is found when the table is opened again, and has happened', async () => {
    const storage = await sqlite(directory()).open();
    let failures = 1;
    failing((sql) => (sql === 'COMMIT' && failures-- > 0 ? 'after' : undefined));
    await storage.commit(put(1), 'synced');
    expect(storage.getNow?.(Uint8Array.of(1))).toEqual(Uint8Array.of(1));
    await storage.close();
  });

  test('commit that broke off in the middle of a batch leaves nothing of it', async () => {
    const storage = await sqlite(directory()).open();
    const broken = [...put(1).puts, [Uint8Array.of(2), undefined as unknown as Uint8Array] as const];
    const committed = storage.commit({ puts: broken, deletes: [] }, 'synced');
    await expect(committed).rejects.toMatchObject({ code: 'STORAGE_FAILED' });
    expect(storage.getNow?.(Uint8Array.of(1))).toBeUndefined();
    await storage.close();
  });

  test('commit that found no room is undone at once, and scans go on', async () => {
    const storage = await sqlite(directory()).open();
    await storage.commit(put(1), 'synced');
    const scan = storage.scan({});
    let failures = 1;
    failing((sql) => (sql === 'COMMIT' && failures-- > 0 ? 'before' : undefined), 13);
    await expect(storage.commit(put(2), 'synced')).rejects.toMatchObject({ code: 'STORAGE_FULL', outcome: 'not-done' });
    expect(storage.getNow?.(Uint8Array.of(2))).toBeUndefined();
    await storage.commit(put(3), 'synced');
    expect(await collect(scan)).toEqual(put(1).puts);
    expect(await collect(storage.scan({}))).toEqual([...put(1).puts, ...put(3).puts]);
    await storage.close();
  });

  test('calls after a failure are refused until the table can be opened, and the directory stays locked', async () => {
    const path = directory();
    const storage = await sqlite(path).open();
    let isBroken = true;
    failing((sql) => (isBroken && (sql === 'COMMIT' || sql.startsWith('CREATE')) ? 'before' : undefined));
    await expect(storage.commit(put(1), 'synced')).rejects.toMatchObject({ code: 'STORAGE_FAILED' });
    await expect(storage.getMany([])).rejects.toMatchObject({ code: 'STORAGE_UNREADABLE' });
    await expect(storage.commit(put(1), 'synced')).rejects.toMatchObject({ code: 'STORAGE_UNREADABLE' });
    await expect(sqlite(path).open()).rejects.toMatchObject({ code: 'STORAGE_LOCKED' });
    isBroken = false;
    await storage.commit(put(1), 'synced');
    await storage.close();
  });

  test('compact gives back the room of what was deleted', async () => {
    const path = directory();
    const storage = await sqlite(path).open();
    const sizes = (): number => readdirSync(path).reduce((sum, file) => sum + statSync(join(path, file)).size, 0);
    const fill = async (on: Storage): Promise<void> => {
      for (let n = 0; n < 20; n++) await on.commit(put(n, new Uint8Array(100_000)), 'buffered');
    };
    await fill(storage);
    const keys = Array.from({ length: 20 }, (_, n) => Uint8Array.of(n));
    await storage.commit({ puts: [], deletes: keys }, 'synced');
    expect(sizes()).toBeGreaterThan(2_000_000);
    await storage.compact?.();
    expect(sizes()).toBeLessThan(100_000);
    await storage.close();
    expect(readdirSync(path).sort()).toEqual(['CAIRN-LOCK', 'entries.sqlite']);
  });

  test('opens nothing that is damaged: STORAGE_UNREADABLE, and the directory is free again', async () => {
    const path = directory();
    writeFileSync(join(path, 'entries.sqlite'), 'nothing of the kind'.repeat(1_000));
    await expect(sqlite(path).open()).rejects.toMatchObject({ code: 'STORAGE_UNREADABLE', outcome: 'not-done' });
    await expect(sqlite(path).open()).rejects.toMatchObject({ code: 'STORAGE_UNREADABLE' });
  });

  test('open is refused with STORAGE_LOCKED while another program writes to the file', async () => {
    const path = directory();
    await (await sqlite(path).open()).close();
    const other = module === undefined ? undefined : new module.DatabaseSync(join(path, 'entries.sqlite'));
    other?.exec('PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE');
    await expect(sqlite(path).open()).rejects.toMatchObject({ code: 'STORAGE_LOCKED' });
    other?.close();
    await (await sqlite(path).open()).close();
  });
});
