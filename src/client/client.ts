/**
 * A client of replicas behind HTTP, for Node and browsers: the calls of the library, less what only a replica can do.
 * It keeps one session, so it reads its own writes at whichever replica answers; and it tries again only what surely did
 * not happen.
 */

import { formatTagged } from '../codec/tagged-json.ts';
import { checkText } from '../codec/text.ts';
import type { Value } from '../codec/value.ts';
import { CausalError } from '../errors.ts';
import { KEY_BYTES_MAX } from '../limits.ts';
import { type Asked, Caller } from './caller.ts';
import { streamChanges } from './changes.ts';
import type {
  Answer,
  BatchOperation,
  BatchOptions,
  Change,
  ChangesOptions,
  ClientOptions,
  Entry,
  GetOptions,
  ListOptions,
  Status,
  UpdateOptions,
  WriteOptions,
  Written,
} from './client-types.ts';
import {
  answerIn,
  encodeBody,
  entryOf,
  type Fields,
  fieldsIn,
  listIn,
  statusIn,
  textIn,
  writtenIn,
  writtenOf,
} from './decode.ts';
import { StrangeAnswer } from './problems.ts';
import { queryText } from './query-text.ts';

const JSON_HEADERS: Readonly<Record<string, string>> = { 'content-type': 'application/json' };
const ATTEMPTS = 10;

/** A client with a session of its own. Throws: TypeError for URLs that are none. */
export class CairnClient<T = Value> {
  readonly #caller: Caller;
  readonly #silenceMs: number;

  constructor(options: ClientOptions) {
    const { urls, token, session, timeoutMs = 10_000, retries = 3, silenceMs = 45_000 } = options;
    this.#silenceMs = silenceMs;
    this.#caller = new Caller({
      ...{ urls: [urls].flat().map(baseOf), token, session, timeoutMs, retries },
      fetch: options.fetch ?? ((input, init) => fetch(input, init)),
    });
  }

  /** What this session has seen: another client can go on with it, elsewhere and later. */
  get session(): string {
    return this.#caller.session.text;
  }

  /** What the key shows. Throws: BEHIND, QUORUM_NOT_MET, LINK_FAILED and what the server refuses it with. */
  async get(key: string, options: GetOptions = {}): Promise<Answer<T>> {
    checkText(key, 'a key', KEY_BYTES_MAX);
    if (isUnnameable(key) || this.#caller.session.isLong) return this.#read(key, options);
    const { r, timeoutMs, waitMs, signal } = options;
    const asked: Asked = {
      ...{ method: 'GET', path: pathOf(key) + queryText({ r, waitMs }), timeoutMs, signal },
      ...{ isRead: true, expects: [200, 300, 404, 410] },
    };
    let isOmitted = false;
    const answer = await this.#call(asked, async (response) => {
      const status = response.headers.get('content-type') ?? '';
      if (response.status >= 400 && status !== 'application/json') throw new StrangeAnswer();
      isOmitted = response.headers.has('cairn-omitted');
      return answerIn<T>(response);
    });
    if (!isOmitted) return answer;
    this.#caller.session.useBodies();
    return this.#read(key, options);
  }

  /** Writes a value. Throws: as `get`; CONFLICT; with outcome `unknown` when no answer came. */
  put(key: string, value: T, options: WriteOptions = {}): Promise<Written> {
    const { body, contentType } = encodeBody(value);
    return this.#write('PUT', key, options, { put: key, value }, body, { 'content-type': contentType });
  }

  /** Deletes a key; what is concurrent stays. Throws: as `put`. */
  delete(key: string, options: WriteOptions = {}): Promise<Written> {
    return this.#write('DELETE', key, options, { delete: key }, undefined, {});
  }

  /**
   * Reads the key, makes a new value of what it shows (`undefined` when nothing is live) and writes that, as often as
   * somebody else writes between. A recipe that gives `undefined` deletes. Throws: as `put`; CONFLICT for a key in
   * conflict unless `resolve` is given, and when others keep writing.
   */
  async update(
    key: string,
    recipe: (value: T | undefined) => T | undefined,
    options: UpdateOptions<T> = {},
  ): Promise<Written> {
    const { attempts = ATTEMPTS, resolve, r, ...write } = options;
    for (let attempt = 1; ; attempt++) {
      const answer = await this.get(key, { ...common(write), ...(r === undefined ? {} : { r }) });
      const value = recipe(this.#shownTo(key, answer, resolve));
      const condition = answer.status === 'absent' ? { ifAbsent: true } : { ifMatch: etagIn(key, answer) };
      try {
        const based = { ...write, ...condition };
        return await (value === undefined ? this.delete(key, based) : this.put(key, value, based));
      } catch (error) {
        if (!isMissedCondition(error) || attempt >= attempts) throw error;
      }
    }
  }

  /** Writes several keys in one commit: all or none. Throws: as `put`. */
  async batch(operations: readonly BatchOperation<T>[], options: BatchOptions = {}): Promise<readonly Written[]> {
    const { timeoutMs, signal } = options;
    const query = queryText({ w: options.w, sloppy: options.isSloppy, waitMs: options.waitMs });
    const asked = { timeoutMs, signal, isRead: false };
    return (await this.#post(`/v1/batch${query}`, { operations }, 'results', asked)).map(writtenOf);
  }

  /** Keys that show something, in the order of their bytes, page after page. */
  list(options: ListOptions = {}): AsyncIterableIterator<Entry<T>> {
    return this.#pages('/v1/kv', options);
  }

  /** Keys in conflict, with their siblings. */
  conflicts(options: ListOptions = {}): AsyncIterableIterator<Entry<T>> {
    return this.#pages('/v1/conflicts', options);
  }

  /** What changed since a token, and what changes from now on; goes on over lost connections and servers. */
  changes(options: ChangesOptions = {}): AsyncIterableIterator<Change<T>> {
    return streamChanges<T>(this.#caller, options, this.#silenceMs);
  }

  async status(): Promise<Status> {
    return this.#call<Status>({ method: 'GET', path: '/v1/status', isRead: true, expects: [200] }, statusIn);
  }

  /** The replicas that reaping waits for. */
  async members(): Promise<readonly string[]> {
    return this.#call({ method: 'GET', path: '/v1/members', isRead: true, expects: [200] }, membersIn);
  }

  /** Changes who is a member; gives the members then. */
  changeMembers(
    change: { readonly join: string } | { readonly retire: string } | { readonly replace: string; readonly by: string },
  ): Promise<readonly string[]> {
    const body = JSON.stringify(change);
    const asked: Asked = {
      method: 'POST',
      path: '/v1/members',
      headers: JSON_HEADERS,
      body,
      isRead: false,
      expects: [200],
    };
    return this.#call(asked, membersIn);
  }

  #shownTo(key: string, answer: Answer<T>, resolve: UpdateOptions<T>['resolve']): T | undefined {
    if (answer.status === 'live') return answer.value;
    if (answer.status !== 'conflict') return undefined;
    if (resolve !== undefined && answer.total === undefined) return resolve(answer.siblings);
    throw new CausalError('CONFLICT', `Cannot update "${key}": it has ${answer.siblings.length} siblings, resolve it`, {
      key,
      siblings: answer.siblings,
    });
  }

  async #write(
    method: 'PUT' | 'DELETE',
    key: string,
    options: WriteOptions,
    operation: Fields,
    body: string | Uint8Array | undefined,
    type: Readonly<Record<string, string>>,
  ): Promise<Written> {
    checkText(key, 'a key', KEY_BYTES_MAX);
    const { context, ifMatch, ifAbsent, w, isSloppy, waitMs, timeoutMs, signal } = options;
    const isConditional = ifMatch !== undefined || ifAbsent === true;
    if (isUnnameable(key) || (!isConditional && (this.#caller.session.isLong || (context?.length ?? 0) > 6_000))) {
      if (isConditional)
        throw new CausalError('UNSUPPORTED', `Cannot write "${key}" under a condition: no path can name it`);
      const based = context === undefined ? operation : { ...operation, context };
      const query = queryText({ w, sloppy: isSloppy, waitMs });
      const asked = { timeoutMs, signal, isRead: false };
      const [written] = await this.#post(`/v1/batch${query}`, { operations: [based] }, 'results', asked);
      return writtenOf(written);
    }
    const headers = {
      ...type,
      ...(context === undefined ? {} : { 'cairn-context': context }),
      ...(ifMatch === undefined ? {} : { 'if-match': ifMatch }),
      ...(ifAbsent === true ? { 'if-none-match': '*' } : {}),
    };
    const path = pathOf(key) + queryText({ w, sloppy: isSloppy, waitMs });
    const asked: Asked = { method, path, headers, body, isRead: false, expects: [200], timeoutMs, signal };
    return this.#call(asked, writtenIn);
  }

  /** One key with everything in bodies. */
  async #read(key: string, { r, waitMs, timeoutMs, signal }: GetOptions): Promise<Answer<T>> {
    const asked = { timeoutMs, signal, isRead: true };
    const [told] = await this.#post(`/v1/read${queryText({ r, waitMs })}`, { keys: [key] }, 'answers', asked);
    const { key: _, ...answer } = entryOf<T>(told);
    return answer as Answer<T>; // an entry is an answer with its key
  }

  async *#pages(path: string, options: ListOptions): AsyncGenerator<Entry<T>, void> {
    const { prefix, pageSize: limit, timeoutMs, waitMs, signal } = options;
    let after = options.after;
    do {
      const asked: Asked = {
        ...{ method: 'GET', path: path + queryText({ prefix, limit, after, waitMs }), timeoutMs, signal },
        ...{ isRead: true, expects: [200] },
      };
      const { entries, next } = await this.#call(asked, async (answer) => {
        const told = await fieldsIn(answer);
        const entries = listIn(told, 'entries').map((entry) => entryOf<T>(entry));
        return { entries, next: told['next'] === undefined ? undefined : textIn(told, 'next') };
      });
      yield* entries;
      after = next;
    } while (after !== undefined);
  }

  /** JSON there and back, the session in both bodies; gives the list that answers, one for one. */
  async #post(
    path: string,
    body: Fields,
    field: 'answers' | 'results',
    options: Pick<Asked, 'timeoutMs' | 'signal' | 'isRead'>,
  ): Promise<readonly unknown[]> {
    const { session } = this.#caller;
    const sent = session.text;
    const asked: Asked = {
      ...{ method: 'POST', path, headers: JSON_HEADERS, expects: [200], ...options },
      body: formatTagged({ ...body, session: sent }),
    };
    const { list, seen } = await this.#caller.call(asked, async (answer) => {
      const told = await fieldsIn(answer);
      return { list: listIn(told, field), seen: textIn(told, 'session') };
    });
    session.take(sent, seen);
    return list;
  }

  /** A call with the session in its headers; its answer has it there, or in its body. */
  async #call<R>(asked: Asked, read: (answer: Response) => Promise<R>): Promise<R> {
    const { session } = this.#caller;
    if (session.isMany)
      await this.#post('/v1/read', { keys: [] }, 'answers', { isRead: true, timeoutMs: undefined, signal: undefined });
    const sent = session.text;
    // An empty one begins a session.
    const headers = { ...asked.headers, 'cairn-session': sent };
    return this.#caller.call({ ...asked, headers }, async (answer) => {
      const answered = answer.headers.get('cairn-session');
      const result = await read(answer);
      if (answered !== null) session.take(sent, answered);
      return result;
    });
  }
}

async function membersIn(answer: Response): Promise<readonly string[]> {
  return listIn(await fieldsIn(answer), 'members').map(String);
}

/** No URL can end in these: they mean the folder, and the one above. */
function isUnnameable(key: string): boolean {
  return key === '.' || key === '..';
}

function pathOf(key: string): string {
  return `/v1/kv/${encodeURIComponent(key)}`;
}

/** The URL without what follows its last slash, and without that. */
function baseOf(url: string): string {
  const { protocol, origin, pathname, username } = new URL(url);
  if (protocol !== 'http:' && protocol !== 'https:')
    throw new TypeError(`Cannot use "${url}" as a URL: it is not of HTTP`);
  if (username !== '') throw new TypeError('Cannot use a URL with a name or password in it: give a token');
  return origin + pathname.replace(/\/+$/, '');
}

function common({ timeoutMs, waitMs, signal }: BatchOptions): GetOptions {
  return {
    ...(timeoutMs === undefined ? {} : { timeoutMs }),
    ...(waitMs === undefined ? {} : { waitMs }),
    ...(signal === undefined ? {} : { signal }),
  };
}

function etagIn(key: string, answer: Answer<unknown>): string {
  if ('etag' in answer && answer.etag !== undefined) return answer.etag;
  throw new CausalError('LIMIT_EXCEEDED', `Cannot update "${key}": it has more siblings than the server shows`, {
    key,
  });
}

/** Whether somebody else wrote between reading and writing. */
function isMissedCondition(error: unknown): boolean {
  return error instanceof CausalError && error.code === 'CONFLICT' && error.details['status'] === 412;
}
