import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { BrowserContext, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { storageLaws } from '../../src/testkit/storage-suite.ts';
import { caller, launchChromium, type ServedPage, servePage } from './chromium.ts';
import { hasChromium } from './has-chromium.ts';
import type { page as pageFunctions } from './indexeddb-page.ts';

const call = caller<typeof pageFunctions>();

let server: ServedPage;
let localOrigin: string;
let profile: string;
let context: BrowserContext;

async function newTab(origin = localOrigin): Promise<Page> {
  const page = await context.newPage();
  await page.goto(origin);
  return page;
}

const launch = (): Promise<BrowserContext> => launchChromium(profile);

describe.runIf(hasChromium('indexedDb'))('indexedDb in Chromium', () => {
  beforeAll(async () => {
    server = await servePage('indexeddb-page.ts');
    localOrigin = `http://localhost:${server.port}`;
    profile = mkdtempSync(join(tmpdir(), 'cairn-chromium-'));
    context = await launch();
  });

  afterAll(async () => {
    await context?.close();
    server?.close();
    rmSync(profile, { recursive: true, force: true });
  });

  describe('keeps the laws of the port', () => {
    let page: Page;
    beforeAll(async () => {
      page = await newTab();
    });
    for (const { name } of storageLaws) test(name, async () => expect(await call(page, 'law', name)).toBeUndefined());
  });

  test('refuses a second tab until the first one is closed or gone', async () => {
    const [first, second] = [await newTab(), await newTab()];
    expect(await call(first, 'open', 'tabs')).toBeUndefined();
    expect(await call(second, 'open', 'tabs')).toBe('STORAGE_LOCKED');
    expect(await call(second, 'open', 'others')).toBeUndefined();
    await call(first, 'close', 'tabs');
    expect(await call(second, 'open', 'tabs')).toBeUndefined();
    expect(await call(first, 'open', 'tabs')).toBe('STORAGE_LOCKED');
    await second.close();
    await expect.poll(() => call(first, 'open', 'tabs')).toBeUndefined();
  });

  test('says STORAGE_FULL when the quota is used up, keeps what it has, and goes on when there is room', async () => {
    // An origin that has stored nothing: Chromium goes by what it remembers of the room that was left.
    const origin = `http://127.0.0.1:${new URL(localOrigin).port}`;
    const page = await newTab(origin);
    const session = await context.newCDPSession(page);
    await session.send('Storage.overrideQuotaForOrigin', { origin, quotaSize: 1_000_000 });
    await call(page, 'open', 'quota');
    let [key, refusal]: [number, string | undefined] = [0, undefined];
    while (refusal === undefined && key < 50) refusal = await call(page, 'put', 'quota', ++key, 4_000_000);
    expect(refusal).toBe('STORAGE_FULL');
    expect(await call(page, 'byteLength', 'quota', key - 1)).toBe(key === 1 ? -1 : 4_000_000);
    expect(await call(page, 'byteLength', 'quota', key)).toBe(-1);
    await session.send('Storage.overrideQuotaForOrigin', { origin });
    await expect.poll(() => call(page, 'put', 'quota', key, 4_000_000), { timeout: 30_000 }).toBeUndefined();
    expect(await call(page, 'byteLength', 'quota', key)).toBe(4_000_000);
  });

  test('finds its data after the browser was started again', async () => {
    const before = await newTab();
    await call(before, 'open', 'kept');
    expect(await call(before, 'put', 'kept', 5, 12_345)).toBeUndefined();
    await context.close();
    context = await launch();
    const after = await newTab();
    expect(await call(after, 'open', 'kept')).toBeUndefined();
    expect(await call(after, 'byteLength', 'kept', 5)).toBe(12_345);
  });
});
