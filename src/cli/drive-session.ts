/**
 * What `cairn drive` does with a line: one request object in, one answer object out. Owns the open replicas, the table of
 * operations and the error codes of the protocol. Whatever a line says, the answer is a line, and the session goes on.
 * Requests are hostile until checked: fields are read only when they are the object's own.
 */

import { VectorClock } from '../clock/vector-clock.ts';
import { fromBase64Url, toBase64Url } from '../codec/text.ts';
import { CausalError } from '../errors.ts';
import { exchange } from '../repair/exchange-local.ts';
import { level } from '../storage/level.ts';
import { openStore, type StoreOptions } from '../store/open-store.ts';
import { decodeReplicaRecord, encodeReplicaRecord } from '../store/replica-record-encoding.ts';
import type { VersionedKVStore } from '../store/versioned-kv-store.ts';
import { checkDrivenHistory } from './drive-history.ts';
import { plainJson } from './plain-json.ts';

type Store = VersionedKVStore<unknown>;
type Request = { readonly [field: string]: unknown };
type Answer = { readonly [field: string]: unknown };
type Operation = (session: DriveSession, request: Request) => Promise<Answer> | Answer;

/** A request that cannot be done, under a code of the protocol rather than of the library. */
class Refusal extends Error {
  readonly code: string;

  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }
}

/** The replicas of one process and the answers to its lines. */
export class DriveSession {
  readonly #stores = new Map<string, Store>();

  /** The answer to one line, as one line without its newline. */
  async answer(line: string): Promise<string> {
    let id: unknown = null;
    try {
      const request = parseRequest(line);
      id = field(request, 'id');
      const name = field(request, 'op');
      const operation = typeof name === 'string' ? OPERATIONS.get(name) : undefined;
      if (operation === undefined)
        throw new Refusal('UNKNOWN_OP', `Cannot do ${show(name)}: no such operation, see: cairn help drive`);
      return format(id, { ok: true, ...(await operation(this, request)) });
    } catch (error) {
      return format(id, {
        ok: false,
        code: codeOf(error),
        message: error instanceof Error ? error.message : String(error),
      });
    }
  }

  /** The answer to input that is no line of text. */
  refuse(fault: string): string {
    return format(null, { ok: false, code: 'BAD_JSON', message: `Cannot read the request: ${fault}` });
  }

  add(store: Store): void {
    this.#stores.set(store.name, store);
  }

  /** The open replica under this short name or full id, which may change while it is open. */
  find(name: string): Store | undefined {
    const named = this.#stores.get(name);
    if (named !== undefined) return named;
    for (const store of this.#stores.values()) if (store.id === name) return store;
    return undefined;
  }

  remove(store: Store): void {
    this.#stores.delete(store.name);
  }

  async close(): Promise<void> {
    for (const store of this.#stores.values()) await store.close();
  }
}

const OPERATIONS: ReadonlyMap<string, Operation> = new Map<string, Operation>([
  ['open', open],
  ['put', put],
  ['delete', remove],
  ['get', get],
  [
    'record',
    async (session, request) => ({
      record: toBase64Url(encodeReplicaRecord(await storeOf(session, request).record(text(request, 'key')))),
    }),
  ],
  ['receive', receive],
  ['exchange', meet],
  ['compare', (_, request) => ({ result: clock(request, 'a').compare(clock(request, 'b')) })],
  [
    'clock',
    (session, request) => {
      const { seen } = storeOf(session, request);
      return { seen: seen.vector.toJSON(), extra: seen.toJSON().ranges };
    },
  ],
  [
    'reap',
    async (session, request) => ({
      reaped: (await storeOf(session, request).reap({ force: flag(request, 'force') })).reaped,
    }),
  ],
  [
    'join',
    async (session, request) => {
      await storeOf(session, request).join(text(request, 'member'));
      return {};
    },
  ],
  [
    'retire',
    async (session, request) => {
      await storeOf(session, request).retire(text(request, 'member'));
      return {};
    },
  ],
  [
    'stats',
    async (session, request) => {
      const store = storeOf(session, request);
      await store.load();
      return { ...store.stats() };
    },
  ],
  [
    'close',
    async (session, request) => {
      const store = storeOf(session, request);
      session.remove(store);
      await store.close();
      return {};
    },
  ],
  ['checkHistory', (_, request) => checkDrivenHistory(field(request, 'sessions'))],
]);

async function open(session: DriveSession, request: Request): Promise<Answer> {
  const name = text(request, 'replica');
  if (session.find(name) !== undefined)
    throw new Refusal('BAD_REQUEST', `Cannot open ${show(name)}: it is open already, close it first`);
  const options: Mutable<StoreOptions<unknown>> = { name };
  const directory = optionalText(request, 'dir');
  if (directory !== undefined) options.storage = level(directory);
  const incarnation = optionalText(request, 'incarnation');
  if (incarnation !== undefined) options.incarnation = incarnation;
  const members = field(request, 'members');
  if (members !== undefined) options.members = texts(members, 'members');
  const onConflict = optionalText(request, 'onConflict');
  if (onConflict !== undefined) {
    if (onConflict !== 'refuse' && onConflict !== 'overwrite') {
      throw new TypeError(
        `Cannot open ${show(name)}: "onConflict" is ${show(onConflict)}, give "refuse" or "overwrite"`,
      );
    }
    options.onConflict = onConflict;
  }
  const store: Store = await openStore(options);
  session.add(store);
  return { replica: store.id };
}

async function put(session: DriveSession, request: Request): Promise<Answer> {
  const value = field(request, 'value');
  if (value === undefined) throw new TypeError('Cannot put: "value" is missing, give any JSON');
  const written = await storeOf(session, request).put(text(request, 'key'), value, contextOf(request));
  return { dot: [written.dot.id, written.dot.counter], context: written.context };
}

async function remove(session: DriveSession, request: Request): Promise<Answer> {
  const written = await storeOf(session, request).delete(text(request, 'key'), contextOf(request));
  return { dot: [written.dot.id, written.dot.counter], context: written.context };
}

async function get(session: DriveSession, request: Request): Promise<Answer> {
  const answer = await storeOf(session, request).get(text(request, 'key'));
  const siblings = answer.siblings.map((sibling) => {
    const dot = [sibling.dot.id, sibling.dot.counter];
    return sibling.tombstone ? { dot, tombstone: true } : { dot, value: plainJson(sibling.value) };
  });
  const value = answer.status === 'live' ? { value: plainJson(answer.value) } : {};
  return { status: answer.status, ...value, siblings, context: answer.context };
}

async function receive(session: DriveSession, request: Request): Promise<Answer> {
  const store = storeOf(session, request);
  const record = decodeReplicaRecord(fromBase64Url(text(request, 'record')));
  const { changed } = await store.receiveReplica(text(request, 'key'), record);
  return { changed };
}

async function meet(session: DriveSession, request: Request): Promise<Answer> {
  const a = storeOf(session, request, 'a');
  const b = storeOf(session, request, 'b');
  if (a === b) throw new TypeError('Cannot exchange: "a" and "b" are the same replica, give two');
  const { mode, records, bytes, messages, roundTrips } = await exchange(a, b, { oneWay: flag(request, 'oneWay') });
  // Mending compares current dots by ranges too; the line protocol has one word for that.
  return { mode: mode === 'mend' ? 'reconcile' : mode, records, bytes, messages, roundTrips };
}

function storeOf(session: DriveSession, request: Request, name = 'replica'): Store {
  const replica = text(request, name);
  const store = session.find(replica);
  if (store === undefined)
    throw new Refusal('UNKNOWN_REPLICA', `Cannot use replica ${show(replica)}: it is not open, open it first`);
  return store;
}

function contextOf(request: Request): { context?: string } {
  const context = optionalText(request, 'context');
  return context === undefined ? {} : { context };
}

function clock(request: Request, name: string): VectorClock {
  const given = field(request, name);
  if (typeof given !== 'object' || given === null || Array.isArray(given)) {
    throw new TypeError(`Cannot compare: "${name}" is ${show(given)}, give an object of id → counter`);
  }
  return VectorClock.of(Object.entries(given));
}

function text(request: Request, name: string): string {
  const given = field(request, name);
  if (typeof given !== 'string')
    throw new TypeError(`Cannot do the request: "${name}" is ${show(given)}, give a string`);
  return given;
}

function optionalText(request: Request, name: string): string | undefined {
  return field(request, name) === undefined ? undefined : text(request, name);
}

function texts(given: unknown, name: string): string[] {
  if (Array.isArray(given) && given.every((item) => typeof item === 'string')) return given;
  throw new TypeError(`Cannot do the request: "${name}" is ${show(given)}, give a list of strings`);
}

function flag(request: Request, name: string): boolean {
  const given = field(request, name) ?? false;
  if (typeof given !== 'boolean')
    throw new TypeError(`Cannot do the request: "${name}" is ${show(given)}, give true or false`);
  return given;
}

function field(request: Request, name: string): unknown {
  return Object.hasOwn(request, name) ? request[name] : undefined;
}

function parseRequest(line: string): Request {
  let parsed: unknown;
  try {
    parsed = JSON.parse(line);
  } catch (error) {
    throw new Refusal('BAD_JSON', `Cannot read the request: ${error instanceof Error ? error.message : String(error)}`);
  }
  if (typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed)) return { ...parsed };
  throw new Refusal('BAD_REQUEST', `Cannot read the request: it is ${show(parsed)}, give an object with an "op"`);
}

function codeOf(error: unknown): string {
  if (error instanceof Refusal || error instanceof CausalError) return error.code;
  return error instanceof TypeError || error instanceof RangeError ? 'BAD_REQUEST' : 'INTERNAL';
}

/** An answer line; an id too deep to be written again is left out. */
function format(id: unknown, answer: Answer): string {
  try {
    return JSON.stringify({ id, ...answer });
  } catch {
    return JSON.stringify({
      id: null,
      ok: false,
      code: 'BAD_REQUEST',
      message: 'Cannot answer: the id or a value is nested too deep',
    });
  }
}

function show(given: unknown): string {
  if (given === undefined) return 'missing';
  if (typeof given === 'object' && given !== null) return Array.isArray(given) ? 'a list' : 'an object';
  const shown = JSON.stringify(given);
  return shown.length <= 60 ? shown : `${shown.slice(0, 60)}…`;
}

type Mutable<T> = { -readonly [field in keyof T]: T[field] };
