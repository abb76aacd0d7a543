/** What the test of the platform's WebSocket runs in the browser: links by number, frames as text. */

import { fromBase64Url, toBase64Url } from '../../src/codec/text.ts';
import type { Link } from '../../src/transport/transport.ts';
import { webSocketTransport } from '../../src/transport/websocket.ts';

const transport = webSocketTransport({ frameBytesMax: 2 ** 20, unreadBytesMax: 2 ** 22 });
const links: Link[] = [];

/** What a call ended with: an answer or a failure, and why the link has ended if it has. */
export type Told<T> = {
  readonly value?: T;
  readonly failure?: { readonly name: string; readonly code: string; readonly message: string };
  readonly why?: string | undefined;
};

/** What a test may ask of the page; answers are JSON. */
export const page = {
  connect: (address: string, timeoutMs: number | undefined): Promise<Told<number>> =>
    told(undefined, async () => {
      links.push(await transport.connect(address, timeoutMs === undefined ? {} : { timeoutMs }));
      return links.length - 1;
    }),

  send: (link: number, frame: string): Promise<Told<void>> =>
    told(links[link], () => links[link]?.send(fromBase64Url(frame))),

  /** The next frame; no value at the end. */
  next: (link: number): Promise<Told<string>> =>
    told(links[link], async () => {
      const { value } = (await links[link]?.[Symbol.asyncIterator]().next()) ?? {};
      return value === undefined ? undefined : toBase64Url(value);
    }),

  close: (link: number, why: string | undefined): Promise<Told<void>> =>
    told(links[link], () => links[link]?.close(why)),
};

async function told<T>(link: Link | undefined, use: () => Promise<T | undefined> | undefined): Promise<Told<T>> {
  try {
    const value = await use();
    return { ...(value === undefined ? {} : { value }), why: link?.endedBecause() };
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    const code = 'code' in error ? String(error.code) : '';
    return { failure: { name: error.name, code, message: error.message }, why: link?.endedBecause() };
  }
}

Object.assign(globalThis, { page });
