import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ClassicLevel } from 'classic-level';
import { MemoryLevel } from 'memory-level';
import { describe, expect, test } from 'vitest';
import { type LevelDatabase, level } from '../../src/storage/level.ts';
import { testDirectoryLaws } from './directory-laws.ts';
import { temporaryDirectories, testStorageLaws } from './suite.ts';

const directory = temporaryDirectories();

describe('level in a directory', () => {
  testStorageLaws(() => level(join(directory(), 'not', 'there', 'yet')));
  testDirectoryLaws('level', level, directory);
});

describe('level on a database of memory-level', () => {
  testStorageLaws(() => level(new MemoryLevel()));
});

describe('level on a database of classic-level that keeps text by default', () => {
  testStorageLaws(() => level(new ClassicLevel<string, string>(directory(), { keyEncoding: 'utf8' })));
});

describe('level on a sublevel', () => {
  testStorageLaws(() => level(new MemoryLevel<string, string>().sublevel('cairn')));
});

/** A database whose batches fail in ways that real ones do at a bad time only. */
function failing(database: LevelDatabase, fail: () => Error | undefined, isWrittenFirst = false): LevelDatabase {
  return new Proxy(database, {
    get: (target, name: keyof LevelDatabase) => {
      if (name !== 'batch') return typeof target[name] === 'function' ? target[name].bind(target) : target[name];
      return async (...input: Parameters<LevelDatabase['batch']>) => {
        const error = fail();
        if (error === undefined || isWrittenFirst) await target.batch(...input);
        if (error !== undefined) throw error;
      };
    },
  });
}

describe('level', () => {
  const [key, value] = [Uint8Array.of(1), Uint8Array.of(2)];
  const batch = { puts: [[key, value] as const], deletes: [] };

  test('commit that failed after it was written is found when the database is opened again, and has happened', async () => {
    const storage = await level(failing(new ClassicLevel(directory()), () => new Error('IO error'), true)).open();
    await storage.commit(batch, 'synced');
    expect(await storage.getMany([key])).toEqual([value]);
    await storage.close();
  });

  test('commit that failed for an unknown reason is STORAGE_FAILED, and other calls wait until it is open again', async () => {
    let errors = [new Error('IO error: fdatasync: Input/output error')];
    const storage = await level(failing(new ClassicLevel(directory()), () => errors.pop())).open();
    const failed = storage.commit(batch, 'synced');
    await expect(failed).rejects.toMatchObject({ code: 'STORAGE_FAILED', outcome: 'unknown' });
    errors = [new Error('again')];
    const again = expect(storage.commit(batch, 'synced')).rejects.toMatchObject({ code: 'STORAGE_FAILED' });
    const reads = [1, 2, 3].map(() => storage.getMany([key]));
    await again;
    expect(await Promise.all(reads)).toEqual([[undefined], [undefined], [undefined]]);
    await storage.commit(batch, 'synced');
    expect(await storage.getMany([key])).toEqual([value]);
    await storage.close();
  });

  test('is refused with STORAGE_LOCKED for good when another store had the directory while it was opened again', async () => {
    const path = directory();
    const storage = await level(path).open();
    const size = { puts: [[key, new Uint8Array(5)] as const], deletes: [key] };
    // What an opener of another process leaves behind.
    writeFileSync(join(path, 'CAIRN-OWNER'), 'another\n');
    const broken = { ...size, puts: [[key, undefined as unknown as Uint8Array] as const] };
    await expect(storage.commit(broken, 'synced')).rejects.toMatchObject({ code: 'STORAGE_FAILED' });
    await expect(storage.getMany([key])).rejects.toMatchObject({ code: 'STORAGE_LOCKED' });
    await expect(storage.commit(batch, 'synced')).rejects.toMatchObject({ code: 'STORAGE_LOCKED' });
    await storage.close();
  });

  test('is refused on a database whose iterators see no snapshot', async () => {
    const database = new MemoryLevel();
    database.supports.implicitSnapshots = false;
    await expect(level(database).open()).rejects.toMatchObject({ code: 'UNSUPPORTED' });
  });

  test('opens nothing that is damaged: STORAGE_UNREADABLE, and the directory is free again', async () => {
    const path = directory();
    writeFileSync(join(path, 'CURRENT'), 'nothing of the kind');
    await expect(level(path).open()).rejects.toMatchObject({ code: 'STORAGE_UNREADABLE', outcome: 'not-done' });
    await expect(level(path).open()).rejects.toMatchObject({ code: 'STORAGE_UNREADABLE' });
  });
});
