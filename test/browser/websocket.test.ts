import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { BrowserContext, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { fromBase64Url, toBase64Url } from '../../src/codec/text.ts';
import { CausalError, type ErrorCode } from '../../src/errors.ts';
import { transportLaws } from '../../src/testkit/transport-suite.ts';
import type { Link, Transport } from '../../src/transport/transport.ts';
import { nodeWebSocketTransport } from '../../src/transport/websocket-node.ts';
import { freePort, silentServer } from '../transport/silent-server.ts';
import { caller, launchChromium, type ServedPage, servePage } from './chromium.ts';
import { hasChromium } from './has-chromium.ts';
import type { page as pageFunctions, Told } from './websocket-page.ts';

const call = caller<typeof pageFunctions>();

/** What the page answered, or its failure as what it was there. */
function answerOf<T>({ value, failure }: Told<T>): T | undefined {
  if (failure === undefined) return value;
  if (failure.name === 'RangeError') throw new RangeError(failure.message);
  if (failure.name === 'TypeError') throw new TypeError(failure.message);
  throw new CausalError(failure.code as ErrorCode, failure.message);
}

/** The transport of the page, as if it were here. */
function transportOf(page: Page): Transport {
  const linkOf = (number: number, peer: string): Link => {
    let why: string | undefined;
    const answered = async <T>(telling: Promise<Told<T>>): Promise<T | undefined> => {
      const told = await telling;
      why = told.why;
      return answerOf(told);
    };
    const next = async (): Promise<IteratorResult<Uint8Array, undefined>> => {
      const frame = await answered(call(page, 'next', number));
      return frame === undefined ? { done: true, value: undefined } : { done: false, value: fromBase64Url(frame) };
    };
    return {
      peer,
      provenName: undefined,
      send: (frame) => answered(call(page, 'send', number, toBase64Url(frame))).then(() => undefined),
      close: (reason) => answered(call(page, 'close', number, reason)).then(() => undefined),
      endedBecause: () => why,
      [Symbol.asyncIterator]: () => ({ next, return: async () => ({ done: true, value: undefined }) }),
    };
  };
  return {
    schemes: ['ws:', 'wss:'],
    frameBytesMax: 2 ** 20,
    connect: async (address, { timeoutMs } = {}) =>
      linkOf(answerOf(await call(page, 'connect', address, timeoutMs)) ?? -1, address),
    listen: () => expect.unreachable('a page cannot listen'),
  };
}

let server: ServedPage;
let profile: string;
let context: BrowserContext;
let page: Page;

describe.runIf(hasChromium('webSocketTransport'))('webSocketTransport in Chromium', () => {
  beforeAll(async () => {
    server = await servePage('websocket-page.ts');
    profile = mkdtempSync(join(tmpdir(), 'cairn-chromium-'));
    context = await launchChromium(profile);
    page = await context.newPage();
    await page.goto(`http://localhost:${server.port}`);
  });

  afterAll(async () => {
    await context?.close();
    server?.close();
    rmSync(profile, { recursive: true, force: true });
  });

  const listening = (origins: readonly string[]) => nodeWebSocketTransport({ frameBytesMax: 2 ** 20, origins });

  describe('keeps the laws of the port', () => {
    for (const { name, run } of transportLaws) {
      test(name, () =>
        run(async () => {
          const silent = await silentServer();
          return {
            connecting: transportOf(page),
            listening: listening([`http://localhost:${server.port}`]),
            address: 'ws://127.0.0.1:0',
            nobody: `ws://127.0.0.1:${await freePort()}`,
            silent: `ws://127.0.0.1:${silent.port}`,
            underWayBytesMax: 40 * 2 ** 20,
            canConnectorHoldBack: false,
            close: silent.close,
          };
        }),
      );
    }
  });

  test('is refused by a replica that was not told of its origin', async () => {
    const listener = await listening(['https://example.org']).listen('ws://127.0.0.1:0', () => {
      expect.unreachable('the page was let in');
    });
    await expect(transportOf(page).connect(listener.address)).rejects.toMatchObject({ code: 'LINK_FAILED' });
    await listener.close();
  });
});
