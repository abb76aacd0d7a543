/**
 * What an engine in a directory must do that cannot be asked of any engine: keep other processes out, tell a copy from
 * the place it was made of, and take a full disk as it comes. Real processes, real files, a real small disk.
 */

import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { cpSync, mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { afterEach, expect, test } from 'vitest';
import type { ByteEntry, Storage, StorageEngine } from '../../src/storage/storage.ts';
import { collect } from '../../src/testkit/storage-model.ts';

const HOLDER = fileURLToPath(new URL('./holder.ts', import.meta.url));
const TSX = pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href;

/** Tests an engine in a directory; `kind` is the name holder.ts knows it by. */
export function testDirectoryLaws(
  kind: 'level' | 'lmdb' | 'sqlite',
  make: (directory: string) => StorageEngine,
  directory: () => string,
): void {
  const children: ChildProcess[] = [];
  const mounted: string[] = [];
  afterEach(() => {
    for (const child of children.splice(0)) child.kill('SIGKILL');
    for (const path of mounted.splice(0)) execFileSync('umount', ['-l', path]);
  });

  /** Another process that opens the directory, and what it said of that. */
  const holder = async (path: string, program = HOLDER) => {
    const child = spawn(process.execPath, ['--import', TSX, program, kind, path], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    children.push(child);
    const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    const next = async (): Promise<string> => String((await lines.next()).value);
    return { child, next, said: await next() };
  };

  test('open is refused with STORAGE_LOCKED in both directions between processes, and kill -9 frees it', async () => {
    const path = directory();
    const other = await holder(path);
    expect(other.said).toBe('open');
    await expect(make(path).open()).rejects.toMatchObject({ code: 'STORAGE_LOCKED', outcome: 'not-done' });
    other.child.stdin.write('7\n');
    expect(await other.next()).toBe('committed');
    await expect(make(path).open()).rejects.toMatchObject({ code: 'STORAGE_LOCKED' });

    const ended = once(other.child, 'exit');
    other.child.kill('SIGKILL');
    await ended;
    const storage = await make(path).open();
    expect(await storage.getMany([Uint8Array.of(7)])).toEqual([Uint8Array.of(1)]);
    // Scans and commits end transactions: the lock must outlive them.
    const idle = storage.scan({})[Symbol.asyncIterator]();
    await idle.next();
    await new Promise((resolve) => setTimeout(resolve, 1));
    await idle.return?.();
    expect((await holder(path)).said).toBe('STORAGE_LOCKED');
    const chunks = storage.scan({})[Symbol.asyncIterator]();
    await chunks.next();
    await storage.commit({ puts: [[Uint8Array.of(8), Uint8Array.of(1)]], deletes: [] }, 'synced');
    await chunks.return?.();
    expect((await holder(path)).said).toBe('STORAGE_LOCKED');
    await storage.close();
    expect((await holder(path)).said).toBe('open');
  });

  test('open is refused for one directory by two names in one process, which keeps the lock against others', async () => {
    const path = directory();
    const storage = await make(path).open();
    await expect(make(`${path}/../${path.split('/').at(-1)}`).open()).rejects.toMatchObject({ code: 'STORAGE_LOCKED' });
    await expect(make(path).open()).rejects.toMatchObject({ code: 'STORAGE_LOCKED' });
    expect((await holder(path)).said).toBe('STORAGE_LOCKED');
    await storage.close();
  });

  test('place knows its directory after a rename, and a copy of it as another, whatever made the copy', async () => {
    const root = directory();
    const [path, renamed] = [join(root, 'data'), join(root, 'renamed')];
    const fingerprint = async (at: string, use = (storage: Storage) => storage.place?.read()) => {
      const storage = await make(at).open();
      const answer = await use(storage);
      await storage.close();
      return answer;
    };
    const marked = await fingerprint(path, (storage) => storage.place?.mark());
    expect(marked).toMatch(/^[0-9a-f]{32}-\d+-\d+-\d+$/);
    renameSync(path, renamed);
    expect(await fingerprint(renamed)).toBe(marked);

    const copies = [
      ['cp', '-a', renamed, join(root, 'copied')],
      ['cp', '-al', renamed, join(root, 'linked')],
      ['sh', '-c', 'mkdir "$1" && tar -C "$0" -c . | tar -C "$1" -xp', renamed, join(root, 'unpacked')],
    ] as const;
    const seen = new Set([marked]);
    for (const [command, ...options] of copies) {
      execFileSync(command, options);
      seen.add(await fingerprint(options.at(-1) ?? ''));
    }
    expect(seen.size).toBe(4);
    expect(seen).not.toContain(undefined);

    // A backup put back in place of what it was made of.
    execFileSync('cp', ['-a', join(root, 'copied'), join(root, 'backup')]);
    const before = await fingerprint(join(root, 'copied'), (storage) => storage.place?.mark());
    execFileSync('cp', ['-a', `${join(root, 'backup')}/.`, join(root, 'copied')]);
    expect(await fingerprint(join(root, 'copied'))).not.toBe(before);
  });

  test('commit on a full disk fails with a code, leaves nothing half-written, and works again when there is room', async (t) => {
    const disk = join(directory(), 'disk');
    mkdirSync(disk);
    try {
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=8m', 'cairn', disk], { stdio: 'pipe' });
    } catch (error) {
      t.skip(`no small disk can be mounted here: ${String(error)}`);
    }
    mounted.push(disk);
    const storage = await make(join(disk, 'data')).open();
    const batch = (n: number): ByteEntry[] =>
      Array.from({ length: 20 }, (_, at) => [Uint8Array.of(n, at), randomBytes(10_000)]);
    const kept = batch(0);
    await storage.commit({ puts: kept, deletes: [] }, 'synced');

    fill(join(disk, 'fill'));
    for (const durability of ['synced', 'buffered'] as const) {
      const failure = await Promise.resolve(storage.commit({ puts: batch(1), deletes: [] }, durability)).catch(
        (error: unknown) => error,
      );
      expect(failure).toMatchObject({ name: 'CausalError', code: 'STORAGE_FULL', outcome: 'not-done' });
    }
    rmSync(join(disk, 'fill'));

    const values = (entries: readonly ByteEntry[]) => entries.map(([key, value]) => [[...key], value.length]);
    expect(values(await collect(storage.scan({})))).toEqual(values(kept));
    const later = batch(2);
    await storage.commit({ puts: later, deletes: [] }, 'synced');
    await storage.close();
    const again = await make(join(disk, 'data')).open();
    expect(values(await collect(again.scan({})))).toEqual(values([...kept, ...later]));
    await again.close();
  });

  test.runIf(kind !== 'sqlite')('open without its package is refused with UNSUPPORTED', async () => {
    const root = directory();
    const program = join(root, 'test', 'storage', 'holder.ts');
    cpSync(fileURLToPath(new URL('../../src', import.meta.url)), join(root, 'src'), { recursive: true });
    cpSync(HOLDER, program);
    writeFileSync(join(root, 'package.json'), '{ "type": "module" }');
    expect((await holder(join(root, 'data'), program)).said).toBe('UNSUPPORTED');
  });

  test('open makes no database where something else is, and removes nothing of it', async () => {
    const path = directory();
    for (const file of ['20261101.log', '000007.ldb', 'letter.txt']) {
      const foreign = join(path, file);
      mkdirSync(foreign, { recursive: true });
      writeFileSync(join(foreign, file), 'mine');
      const said = file.endsWith('.ldb')
        ? 'its file CURRENT is gone'
        : 'there is something already, and it is no store';
      for (const at of [foreign, foreign]) {
        const failure = await make(at)
          .open()
          .catch((error: unknown) => error);
        expect(failure).toMatchObject({ code: 'STORAGE_UNREADABLE', outcome: 'not-done' });
        expect(String(failure)).toContain(said);
        expect(readdirSync(at)).toEqual([file]);
      }
    }
  });

  test('open makes no database in the place of one that has lost its main file', async () => {
    const path = directory();
    const storage = await make(path).open();
    await storage.place?.mark();
    await storage.commit({ puts: [[Uint8Array.of(1), Uint8Array.of(1)]], deletes: [] }, 'synced');
    await storage.close();
    const main = { level: 'CURRENT', lmdb: 'data.mdb', sqlite: 'entries.sqlite' }[kind];
    renameSync(join(path, main), `${path}.main`);
    const files = readdirSync(path);
    const failure = await make(path)
      .open()
      .catch((error: unknown) => error);
    expect(failure).toMatchObject({ code: 'STORAGE_UNREADABLE', outcome: 'not-done' });
    expect(String(failure)).toContain(`its file ${main} is gone, restore it or a backup`);
    expect(readdirSync(path)).toEqual(files);
    renameSync(`${path}.main`, join(path, main));
    const again = await make(path).open();
    expect(await again.getMany([Uint8Array.of(1)])).toEqual([Uint8Array.of(1)]);
    await again.close();
  });

  test('open makes a database beside what file systems put there, and what an opening left that was cut off', async () => {
    const path = directory();
    mkdirSync(join(path, 'lost+found'));
    const early = { level: ['LOCK', 'LOG', '000001.dbtmp'], lmdb: [], sqlite: ['CAIRN-LOCK'] }[kind];
    for (const file of ['.DS_Store', ...early]) writeFileSync(join(path, file), '');
    await (await make(path).open()).close();
    expect(readdirSync(path)).toEqual(expect.arrayContaining(['.DS_Store', 'lost+found']));
  });

  test('open refuses the directory of another engine, and says which', async () => {
    const path = directory();
    const [other, main] = kind === 'lmdb' ? ['level', 'CURRENT'] : ['lmdb', 'data.mdb'];
    writeFileSync(join(path, main), '');
    await expect(make(path).open()).rejects.toThrow(`it holds a store of ${other}, open it as one`);
  });

  test('keeps nothing in the directory that the engine would take for its own', async () => {
    const path = directory();
    const storage = await make(path).open();
    await storage.place?.mark();
    for (let round = 0; round < 3; round++) await storage.compact?.();
    await storage.close();
    await (await make(path).open()).close();
    const lock = kind === 'sqlite' ? 'CAIRN-LOCK' : 'CAIRN-OWNER';
    expect(readdirSync(path)).toEqual(expect.arrayContaining(['CAIRN', lock]));
  });
}

/** Takes all the room there is. */
function fill(path: string): void {
  try {
    writeFileSync(path, Buffer.alloc(16 * 1024 * 1024));
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ENOSPC')) throw error;
  }
}
