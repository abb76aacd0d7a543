/**
 * Calls: one of several servers is asked until it fails, then the next; each call has its time, and is tried again only
 * if it surely did nothing. And the session, which goes along with every call and takes in what every answer has seen.
 */

import { systemEnv } from '../env.ts';
import { isWorthAnotherTry, linkFailure, problemIn, StrangeAnswer, strangeAnswer } from './problems.ts';
import { SessionTokens } from './session-tokens.ts';

export type Asked = {
  readonly method: 'GET' | 'PUT' | 'POST' | 'DELETE';
  /** With the query. */
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array | undefined;
  /** Whether it changes nothing. */
  readonly isRead: boolean;
  /** Statuses that are answers. */
  readonly expects: readonly number[];
  readonly timeoutMs?: number | undefined;
  readonly signal?: AbortSignal | undefined;
};

export type CallerOptions = {
  readonly urls: readonly string[];
  readonly token: string | undefined;
  readonly timeoutMs: number;
  readonly retries: number;
  readonly fetch: typeof fetch;
  readonly session: string | undefined;
};

/** The longest wait between two attempts. */
const PAUSE_MAX_MS = 2_000;

/** Asks servers over HTTP, on behalf of one session. */
export class Caller {
  readonly session: SessionTokens;
  readonly #options: CallerOptions;
  #at = 0;

  constructor(options: CallerOptions) {
    this.#options = options;
    this.session = new SessionTokens(options.session);
  }

  /** An answer whose status is expected, its body read by `read`, which may find it strange. Throws: CausalError, RangeError; what `signal` was aborted with. */
  async call<R>(asked: Asked, read: (answer: Response) => Promise<R>): Promise<R> {
    const { timeoutMs = this.#options.timeoutMs } = asked;
    const limit = limitedBy(timeoutMs, asked.signal);
    try {
      for (let attempt = 0; ; attempt++) {
        const url = this.url;
        try {
          return await this.#once(url, asked, limit.signal, read);
        } catch (error) {
          asked.signal?.throwIfAborted();
          if (!isWorthAnotherTry(error) || attempt >= this.#options.retries || limit.signal.aborted) throw error;
          this.moveFrom(url);
          await pause(this.#pauseMs(attempt, error.details['retryAfterMs']), limit.signal);
          if (limit.signal.aborted) throw error;
        }
      }
    } finally {
      limit.end();
    }
  }

  /** Where the next call goes. */
  get url(): string {
    return this.#options.urls[this.#at] ?? '';
  }

  /** Goes on to the next server, unless somebody else did already. */
  moveFrom(url: string): void {
    if (this.url === url) this.#at = (this.#at + 1) % this.#options.urls.length;
  }

  get isAlone(): boolean {
    return this.#options.urls.length === 1;
  }

  /** One request, without retries; for streams too. */
  async send(url: string, asked: Asked, signal: AbortSignal): Promise<Response> {
    const { method, path, body, isRead } = asked;
    const headers: Record<string, string> = { ...asked.headers };
    if (this.#options.token !== undefined) headers['authorization'] = `Bearer ${this.#options.token}`;
    let answer: Response;
    try {
      answer = await this.#options.fetch(url + path, {
        ...{ method, headers, signal, redirect: 'error', cache: 'no-store', credentials: 'omit' },
        ...(body === undefined ? {} : { body: body as string | Uint8Array<ArrayBuffer> }), // never of shared memory
      });
    } catch (cause) {
      throw linkFailure(cause, url, isRead);
    }
    if (asked.expects.includes(answer.status)) return answer;
    throw await problemIn(answer, isRead);
  }

  async #once<R>(url: string, asked: Asked, signal: AbortSignal, read: (answer: Response) => Promise<R>): Promise<R> {
    const answer = await this.send(url, asked, signal);
    try {
      return await read(answer);
    } catch (cause) {
      if (cause instanceof StrangeAnswer) throw strangeAnswer(cause, url, answer.status, asked.isRead);
      // Broken off in the middle of the body: a write has an answer, so it was done, but what it gave is lost.
      if (cause instanceof TypeError || signal.aborted) throw linkFailure(cause, url, asked.isRead);
      throw cause;
    }
  }

  /** Another server is asked at once; the same one after a pause that grows, as long as it asks for at least. */
  #pauseMs(attempt: number, asked: unknown): number {
    if (!this.isAlone && attempt < this.#options.urls.length - 1) return 0;
    const grown = 50 * 2 ** attempt * (0.5 + systemEnv.random());
    return Math.min(PAUSE_MAX_MS, Math.max(grown, typeof asked === 'number' ? asked : 0));
  }
}

/** A signal that is aborted after so long, or with another one. */
function limitedBy(
  timeoutMs: number,
  outer: AbortSignal | undefined,
): { readonly signal: AbortSignal; readonly end: () => void } {
  const controller = new AbortController();
  const timer = setTimeout(() => controller.abort(new Error(`it took over ${timeoutMs} ms`)), timeoutMs);
  const abort = (): void => controller.abort(outer?.reason);
  if (outer?.aborted === true) abort();
  outer?.addEventListener('abort', abort);
  return {
    signal: controller.signal,
    end: () => {
      clearTimeout(timer);
      outer?.removeEventListener('abort', abort);
    },
  };
}

/** Waits, unless it is aborted. */
export function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal.addEventListener('abort', done);
    if (signal.aborted) done();
  });
}
