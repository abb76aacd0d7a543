/**
 * The place of a storage engine that keeps its bytes in a directory: a file `CAIRN` beside the engine's own, that holds
 * a random text. Its fingerprint is that text and what the file system alone decides: device, inode and the time of the
 * last change. No tool that copies or restores files can set that time, so a copy has another fingerprint, while
 * renaming the directory keeps it. Knows no engine. What it cannot see: an image of the whole file system put back.
 */

import { randomBytes } from 'node:crypto';
import { type FileHandle, open } from 'node:fs/promises';
import { join } from 'node:path';
import { codesOf, failedStorage, fullStorage, isFull, unreadableStorage } from './failure.ts';
import type { StoragePlace } from './storage.ts';

const FILE = 'CAIRN';
const NONCE = /^[0-9a-f]{32}\n$/;

/**
 * The place of the engine `name` in a directory that exists. A change of owner or mode of the file, or of the device
 * number of its file system, changes the fingerprint too: it errs towards saying that the place is another.
 */
export function directoryPlace(name: string, directory: string): StoragePlace {
  const path = join(directory, FILE);
  return {
    read: async () => {
      try {
        return await withFile(path, 'r', fingerprint);
      } catch (cause) {
        if (codesOf(cause).includes('ENOENT')) return undefined;
        throw unreadableStorage(name, cause);
      }
    },
    mark: async () => {
      try {
        await withFile(path, 'w', async (file) => {
          // Chance from the system and not from Env: two replicas that replay one seed are two places all the same.
          await file.writeFile(`${randomBytes(16).toString('hex')}\n`);
          await file.sync();
        });
        await syncDirectory(directory);
        return (await withFile(path, 'r', fingerprint)) ?? '';
      } catch (cause) {
        throw isFull(cause) ? fullStorage(name, cause) : failedStorage(name, cause);
      }
    },
  };
}

/** Makes the names in a directory durable; Windows does so by itself and refuses to be asked. */
async function syncDirectory(directory: string): Promise<void> {
  if (process.platform !== 'win32') await withFile(directory, 'r', (handle) => handle.sync());
}

/** Undefined for a file that was not written to its end. */
async function fingerprint(file: FileHandle): Promise<string | undefined> {
  const nonce = await file.readFile('utf8');
  if (!NONCE.test(nonce)) return undefined;
  const { dev, ino, ctimeNs } = await file.stat({ bigint: true });
  return `${nonce.trim()}-${dev}-${ino}-${ctimeNs}`;
}

async function withFile<T>(path: string, flags: string, use: (file: FileHandle) => Promise<T>): Promise<T> {
  const file = await open(path, flags);
  try {
    return await use(file);
  } finally {
    await file.close();
  }
}
