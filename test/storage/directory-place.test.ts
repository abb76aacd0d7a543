import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { directoryPlace } from '../../src/storage/directory-place.ts';
import { temporaryDirectories } from './suite.ts';

const directory = temporaryDirectories();

test('directoryPlace takes a mark that was not written to its end for none', async () => {
  const path = directory();
  const place = directoryPlace('test', path);
  const marked = await place.mark();
  writeFileSync(join(path, 'CAIRN'), marked.slice(0, 20));
  expect(await place.read()).toBeUndefined();
  writeFileSync(join(path, 'CAIRN'), '');
  expect(await place.read()).toBeUndefined();
  expect(await place.mark()).not.toBe(marked);
});

test('directoryPlace sees a mark that was written again with the same text', async () => {
  const path = directory();
  const place = directoryPlace('test', path);
  const marked = await place.mark();
  writeFileSync(join(path, 'CAIRN'), `${marked.slice(0, 32)}\n`);
  await expect.poll(() => place.read()).not.toBe(marked);
});

test('directoryPlace says STORAGE_FAILED and STORAGE_UNREADABLE where the file cannot be one', async () => {
  await expect(directoryPlace('test', join(directory(), 'gone')).mark()).rejects.toMatchObject({
    code: 'STORAGE_FAILED',
  });
  const path = directory();
  await directoryPlace('test', path).mark();
  await expect(directoryPlace('test', join(path, 'CAIRN')).read()).rejects.toMatchObject({
    code: 'STORAGE_UNREADABLE',
  });
});
