/**
 * What changes, as server-sent events. The feed of the store keeps a cursor and no queue, and is asked for the next
 * change only when the last piece has gone, so a slow reader costs the same few bytes however far it falls behind. Every
 * event has a token as its id: whoever comes back with it, here or at another replica, goes on from there.
 */

import { CausalError } from '../errors.ts';
import type { Change } from '../store/change-feed.ts';
import { prefixFor } from './access.ts';
import { entryJson } from './answer-json.ts';
import type { HttpResponse, HttpStream } from './http-types.ts';
import type { Asked, Route, Shop } from './operation.ts';
import { problemOf } from './problem.ts';
import { flagOf } from './query.ts';

const QUERY: readonly string[] = ['after', 'prefix', 'values', 'live'];
const HEADERS: readonly string[] = [
  ...['content-type', 'text/event-stream', 'cache-control', 'no-store', 'x-accel-buffering', 'no'],
];

export const CHANGES_ROUTE: Route = {
  path: '/v1/changes',
  operations: new Map([['GET', { scope: 'read', isAboutKeys: true, query: QUERY, run: changes }]]),
};

type ChangesOptions = { readonly prefix: string; readonly hasValues: boolean; readonly isLive: boolean };

function changes({ shop, request, grant, query }: Asked): HttpResponse {
  const after = request.header('last-event-id') || query.get('after');
  const prefix = prefixFor(grant, query.get('prefix'));
  const isLive = flagOf(query, 'live') ?? true;
  const options = { prefix, hasValues: flagOf(query, 'values') ?? false, isLive };
  if (request.method === 'HEAD') return { status: 200, headers: HEADERS, body: undefined };
  if (shop.isClosing()) throw new CausalError('STORE_CLOSED', 'Cannot tell of changes: the server ends');
  const feed = shop.replica.store.changes({ ...(after === undefined ? {} : { after }), live: isLive });
  return { status: 200, headers: HEADERS, body: new ChangesStream(shop, feed, options) };
}

/** The events of a feed as text, with a sign of life when nothing happens. */
export class ChangesStream implements HttpStream {
  readonly #shop: Shop;
  readonly #feed: AsyncIterator<Change, undefined>;
  readonly #options: ChangesOptions;
  readonly #leave: () => void;
  #asked: Promise<IteratorResult<Change, undefined>> | undefined;
  /** The token of a change that was not told because of its prefix. */
  #skippedTo: string | undefined;
  #isBegun = false;
  #isEnded = false;

  constructor(shop: Shop, feed: AsyncIterableIterator<Change>, options: ChangesOptions) {
    this.#shop = shop;
    this.#feed = feed as AsyncIterator<Change, undefined>; // a feed returns nothing
    this.#options = options;
    this.#leave = shop.addStream(this);
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async next(): Promise<IteratorResult<string, undefined>> {
    if (!this.#isBegun) {
      this.#isBegun = true;
      return { done: false, value: 'retry: 1000\n\n' };
    }
    try {
      while (!this.#isEnded) {
        this.#asked ??= this.#feed.next();
        const result = await this.#beforeHeartbeat(this.#asked);
        if (this.#isEnded) break;
        if (result === undefined) return { done: false, value: this.#heartbeat() };
        this.#asked = undefined;
        if (result.done === true) break;
        const text = await this.#tell(result.value);
        if (text !== undefined) return { done: false, value: text };
      }
    } catch (error) {
      if (!this.#isEnded) {
        await this.return();
        return { done: false, value: `event: problem\ndata: ${JSON.stringify(problemOf(error))}\n\n` };
      }
    }
    const last = this.#isEnded ? '' : this.#ending();
    await this.return();
    return last === '' ? { done: true, value: undefined } : { done: false, value: last };
  }

  /** Ends the feed too; a `next` that waits, ends with it. */
  async return(): Promise<IteratorReturnResult<undefined>> {
    this.#isEnded = true;
    this.#leave();
    await this.#feed.return?.();
    return { done: true, value: undefined };
  }

  /** What comes next, or undefined when nothing does for so long. */
  #beforeHeartbeat<R>(asked: Promise<R>): Promise<R | undefined> {
    return new Promise((resolve, reject) => {
      const cancel = this.#shop.env.after(this.#shop.limits.heartbeatMs, () => resolve(undefined));
      asked.then(
        (result) => {
          cancel();
          resolve(result);
        },
        (error: unknown) => {
          cancel();
          reject(error);
        },
      );
    });
  }

  async #tell(change: Change): Promise<string | undefined> {
    if (change.kind === 'rebase') return `id: ${change.token}\nevent: rebase\ndata: {}\n\n`;
    const { key, token } = change;
    if (!key.startsWith(this.#options.prefix)) {
      this.#skippedTo = token;
      return undefined;
    }
    this.#skippedTo = undefined;
    const data = this.#options.hasValues ? await this.#entry(key) : { key };
    return `id: ${token}\nevent: change\ndata: ${JSON.stringify(data)}\n\n`;
  }

  async #entry(key: string): Promise<unknown> {
    return entryJson(key, await this.#shop.replica.store.get(key), this.#shop.limits.siblingsShownMax);
  }

  #heartbeat(): string {
    return this.#skipped() + ': still here\n\n';
  }

  /** That all was told is said: a stream that ends without was cut off. */
  #ending(): string {
    const isWhole = !this.#options.isLive && !this.#shop.replica.store.isClosed;
    return this.#skipped() + (isWhole ? 'event: end\ndata: {}\n\n' : '');
  }

  /** An id without an event: the reader takes note of how far it is, though nothing of it was for it. */
  #skipped(): string {
    const token = this.#skippedTo;
    this.#skippedTo = undefined;
    return token === undefined ? '' : `id: ${token}\n\n`;
  }
}

/** Streams that are open, so that they can be counted and ended. */
export class Streams {
  readonly #max: number;
  readonly #open = new Set<{ readonly return: () => unknown }>();

  constructor(max: number) {
    this.#max = max;
  }

  get size(): number {
    return this.#open.size;
  }

  /** Throws: OVERLOADED. */
  add(stream: { readonly return: () => unknown }): () => void {
    if (this.#open.size >= this.#max)
      throw new CausalError('OVERLOADED', `Cannot open another stream: ${this.#max} are open`, { retryAfterMs: 5_000 });
    this.#open.add(stream);
    return () => this.#open.delete(stream);
  }

  endAll(): void {
    for (const stream of this.#open) stream.return();
  }
}
