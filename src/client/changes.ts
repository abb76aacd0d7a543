/**
 * A stream of changes that outlives connections and servers: whatever breaks, it is opened again behind the last change
 * that was told, at the next server if there are several. Only what trying again cannot mend ends it.
 */

import { CausalError } from '../errors.ts';
import { type Asked, type Caller, pause } from './caller.ts';
import type { Change, ChangesOptions } from './client-types.ts';
import { entryOf } from './decode.ts';
import { EventReader, type ServerEvent } from './event-stream.ts';
import { problemFrom } from './problems.ts';
import { queryText } from './query-text.ts';

const PAUSE_MIN_MS = 100;
const PAUSE_MAX_MS = 10_000;
/** Codes that another attempt, here or elsewhere, may not end in. */
const PASSING = ['BEHIND', 'LINK_FAILED', 'OVERLOADED', 'STORAGE_LOCKED', 'STORE_CLOSED'];

/** Each change at least once. Throws: CausalError for what does not pass. Ends with `signal`, or with `isLive` false. */
export async function* streamChanges<T>(
  caller: Caller,
  options: ChangesOptions,
  silenceMs: number,
): AsyncGenerator<Change<T>, void> {
  const { prefix, hasValues, isLive = true, signal } = options;
  let after = options.after;
  let pauseMs = PAUSE_MIN_MS;
  while (!isAborted(signal)) {
    const ending = new AbortController();
    const end = (): void => ending.abort();
    signal?.addEventListener('abort', end);
    const { url } = caller;
    try {
      const query = queryText({
        prefix,
        values: hasValues === true ? 'true' : undefined,
        live: isLive ? undefined : 'false',
      });
      const asked: Asked = {
        ...{ method: 'GET', path: `/v1/changes${query}`, isRead: true, expects: [200] },
        headers: after === undefined ? {} : { 'last-event-id': after },
      };
      const answer = await openStream(caller, url, asked, ending, silenceMs);
      for await (const event of eventsIn(answer, ending, silenceMs)) {
        if (event.kind === 'problem') throw problemFrom(JSON.parse(event.data), 200, 0, true);
        if (event.kind === 'end') return;
        pauseMs = PAUSE_MIN_MS;
        const change = changeOf<T>(event);
        if (change !== undefined) yield change;
        // Only now: who ends the iteration at a change, has not taken it in for sure.
        if (event.id !== undefined) after = event.id;
      }
    } catch (error) {
      if (isAborted(signal)) return;
      if (!(error instanceof CausalError) || !PASSING.includes(error.code)) throw error;
    } finally {
      signal?.removeEventListener('abort', end);
      ending.abort();
    }
    caller.moveFrom(url);
    await pause(pauseMs, signal ?? ending.signal);
    if (caller.isAlone || pauseMs < PAUSE_MAX_MS) pauseMs = Math.min(PAUSE_MAX_MS, pauseMs * 2);
  }
}

/** Opens the stream; a server that does not answer in time is given up like one that falls silent. */
async function openStream(
  caller: Caller,
  url: string,
  asked: Asked,
  ending: AbortController,
  silenceMs: number,
): Promise<Response> {
  const timer = setTimeout(() => ending.abort(), silenceMs);
  try {
    return await caller.send(url, asked, ending.signal);
  } finally {
    clearTimeout(timer);
  }
}

/** The events of an answer until it ends or breaks off. */
async function* eventsIn(
  answer: Response,
  ending: AbortController,
  silenceMs: number,
): AsyncGenerator<ServerEvent, void> {
  const reader = answer.body?.getReader();
  if (reader === undefined) return;
  const events = new EventReader();
  for (;;) {
    const timer = setTimeout(() => ending.abort(), silenceMs);
    let piece: Awaited<ReturnType<typeof reader.read>>;
    try {
      piece = await reader.read();
    } catch (cause) {
      throw new CausalError(
        'LINK_FAILED',
        'Cannot go on with the changes: the stream broke off',
        {},
        cause,
        'not-done',
      );
    } finally {
      clearTimeout(timer);
    }
    if (piece.done) return;
    yield* events.take(piece.value);
  }
}

function isAborted(signal: AbortSignal | undefined): boolean {
  return signal?.aborted === true;
}

function changeOf<T>({ kind, data, id = '' }: ServerEvent): Change<T> | undefined {
  if (kind === 'rebase') return { kind, token: id };
  if (kind !== 'change') return undefined;
  const told = JSON.parse(data) as { readonly key: string; readonly status?: string }; // what the description promises
  return { kind, key: told.key, token: id, ...(told.status === undefined ? {} : { entry: entryOf<T>(told) }) };
}
