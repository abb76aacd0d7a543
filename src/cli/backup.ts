/** `cairn backup`: everything a store holds, in one file that is there whole or not at all. */

import { open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { words } from './arguments.ts';
import type { Invocation } from './command.ts';
import { say } from './output.ts';
import { withStore } from './store-directory.ts';
import { count, Progress } from './terminal.ts';

/** Runs the command; the exit status. */
export async function run(invocation: Invocation): Promise<number> {
  const [directory = '', file = ''] = words('backup', invocation, ['DIR', 'FILE']);
  const bytes = await withStore(directory, {}, (store) => writeWhole(file, store.backup()));
  await say(invocation, { file, bytes }, [`${file}: ${count(bytes)} bytes.`]);
  return 0;
}

/** Writes beside the file, makes that durable, and puts it in place; how many bytes. */
async function writeWhole(file: string, chunks: AsyncIterable<Uint8Array>): Promise<number> {
  const temporary = `${file}.${process.pid}.partial`;
  const progress = new Progress();
  let bytes = 0;
  const handle = await open(temporary, 'wx');
  try {
    try {
      for await (const chunk of chunks) {
        await handle.writeFile(chunk);
        bytes += chunk.length;
        progress.update('Bytes saved', bytes, 0);
      }
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(temporary, file);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  } finally {
    progress.end();
  }
  await syncDirectory(dirname(file));
  return bytes;
}

/** The name is durable too; where a directory cannot be opened, the system sees to that. */
async function syncDirectory(directory: string): Promise<void> {
  if (process.platform === 'win32') return;
  const handle = await open(directory, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
