/** What the tests in a real browser share: where it is, a page that is bundled and served, and calls of its functions. */

import { existsSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { type BrowserContext, chromium, type Page } from 'playwright-core';
import { expect, test } from 'vitest';

const executablePath = process.env['CHROMIUM'] ?? '/usr/bin/chromium';
const ARGS = [
  ...['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run'],
  ...['--disable-background-networking', '--disable-component-update', '--disable-sync'],
];

/** Whether there is a browser; without one, a test that says so stands for those of `subject`. */
export function hasChromium(subject: string): boolean {
  const isThere = existsSync(executablePath);
  if (isThere) return true;
  const isRequired = process.env['REQUIRE_SERVICES'] === '1';
  test(`${subject} in a real browser${isRequired ? '' : ' is skipped'}: there is no ${executablePath}, set CHROMIUM`, (t) => {
    if (isRequired) expect.unreachable(`no browser at ${executablePath}`);
    t.skip(`no browser at ${executablePath}: install chromium or set CHROMIUM`);
  });
  return false;
}

/** A browser that keeps what it has in a directory. */
export function launchChromium(profile: string): Promise<BrowserContext> {
  return chromium.launchPersistentContext(profile, { executablePath, args: ARGS, headless: true });
}

export type ServedPage = { readonly port: number; readonly close: () => void };

/** Serves a page that runs a file of this folder, with all it imports. */
export async function servePage(file: string): Promise<ServedPage> {
  const entry = fileURLToPath(new URL(`./${file}`, import.meta.url));
  const bundle = await build({ entryPoints: [entry], bundle: true, format: 'iife', target: 'es2022', write: false });
  const script = bundle.outputFiles[0]?.text ?? '';
  const server = createServer((request, response) => {
    response.setHeader('content-type', 'text/html; charset=utf-8');
    response.end(request.url === '/' ? `<!doctype html><script>${script.replaceAll('</', '<\\/')}</script>` : '');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { port: (server.address() as AddressInfo).port, close: () => server.close() };
}

type AnyFunction = (...values: never[]) => unknown;

/** Calls functions that the page has put into its global `page`; values and answers are JSON. */
export function caller<Functions extends Readonly<Record<string, AnyFunction>>>() {
  return <N extends keyof Functions & string>(page: Page, name: N, ...values: Parameters<Functions[N]>) => {
    const inPage = ({ name, values }: { name: N; values: unknown[] }) => {
      const { page } = globalThis as unknown as { page: Record<N, (...values: unknown[]) => unknown> };
      return page[name](...values);
    };
    return page.evaluate(inPage as never, { name, values } as never) as Promise<Awaited<ReturnType<Functions[N]>>>;
  };
}
