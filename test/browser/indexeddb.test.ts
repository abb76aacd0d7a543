import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { type BrowserContext, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { storageLaws } from '../../src/testkit/storage-suite.ts';
import type { page as pageFunctions } from './indexeddb-page.ts';

const executablePath = process.env['CHROMIUM'] ?? '/usr/bin/chromium';
const isThere = existsSync(executablePath);
const ARGS = [
  ...['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run'],
  ...['--disable-background-networking', '--disable-component-update', '--disable-sync'],
];

type Functions = typeof pageFunctions;

let server: Server;
let localOrigin: string;
let profile: string;
let context: BrowserContext;

/** Calls a function of indexeddb-page.ts in the browser. */
function call<N extends keyof Functions>(page: Page, name: N, ...values: Parameters<Functions[N]>) {
  const inPage = ({ name, values }: { name: N; values: Parameters<Functions[N]> }) => {
    const { page } = globalThis as unknown as { page: Record<N, (...values: Parameters<Functions[N]>) => unknown> };
    return page[name](...values);
  };
  return page.evaluate(inPage as never, { name, values } as never) as ReturnType<Functions[N]>;
}

async function newTab(origin = localOrigin): Promise<Page> {
  const page = await context.newPage();
  await page.goto(origin);
  return page;
}

const launch = (): Promise<BrowserContext> =>
  chromium.launchPersistentContext(profile, { executablePath, args: ARGS, headless: true });

if (!isThere) {
  test(`indexedDb in a real browser${process.env['REQUIRE_SERVICES'] === '1' ? '' : ' is skipped'}: there is no ${executablePath}, set CHROMIUM`, (t) => {
    if (process.env['REQUIRE_SERVICES'] === '1') expect.unreachable(`no browser at ${executablePath}`);
    t.skip(`no browser at ${executablePath}: install chromium or set CHROMIUM`);
  });
}

describe.runIf(isThere)('indexedDb in Chromium', () => {
  beforeAll(async () => {
    const entry = fileURLToPath(new URL('./indexeddb-page.ts', import.meta.url));
    const bundle = await build({ entryPoints: [entry], bundle: true, format: 'iife', target: 'es2022', write: false });
    const script = bundle.outputFiles[0]?.text ?? '';
    server = createServer((request, response) => {
      response.setHeader('content-type', 'text/html; charset=utf-8');
      response.end(request.url === '/' ? `<!doctype html><script>${script.replaceAll('</', '<\\/')}</script>` : '');
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    localOrigin = `http://localhost:${(server.address() as AddressInfo).port}`;
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
