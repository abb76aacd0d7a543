/**
 * A real browser, for tests and for scripts: where it is, how it is started, a page that is bundled and served, and calls
 * of its functions. Knows no test runner; what becomes of a test without a browser is in `has-chromium.ts`.
 */

import { existsSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { type BrowserContext, chromium, type Page } from 'playwright-core';

/** Where the browser is to be. */
export const CHROMIUM: string = process.env['CHROMIUM'] ?? '/usr/bin/chromium';
const ARGS = [
  ...['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run'],
  ...['--disable-background-networking', '--disable-component-update', '--disable-sync'],
];

export function isChromiumThere(): boolean {
  return existsSync(CHROMIUM);
}

/** A browser that keeps what it has in a directory. */
export function launchChromium(profile: string): Promise<BrowserContext> {
  return chromium.launchPersistentContext(profile, { executablePath: CHROMIUM, args: ARGS, headless: true });
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
