/**
 * The storage engine on IndexedDB, for browsers and their workers. Owns the one connection, the lock that keeps other
 * tabs out, and scans: a transaction ends as soon as nothing is asked of it, so a scan is read to its end at once and
 * handed out from memory. Durability is always named, since browsers differ in what they do by default.
 */

import { copyBytes } from '../codec/byte-arrays.ts';
import { isBefore } from './bytes.ts';
import { ChunkQueue } from './chunk-queue.ts';
import { closedStorage, failedStorage, fullStorage, lockedStorage, unreadableStorage } from './failure.ts';
import {
  answered,
  type Browser,
  browserFor,
  completed,
  type IdbDatabase,
  type IdbKeyRange,
  type IdbObjectStore,
} from './indexeddb-types.ts';
import type {
  ByteEntry,
  ByteRange,
  Durability,
  Storage,
  StorageBatch,
  StorageEngine,
  StorageManifest,
} from './storage.ts';

const STORE = 'bytes';
const VERSION = 1;
const CHUNK_BYTES = 1024 * 1024;
const CHUNK_ENTRIES_MAX = 4_000;
const FIRST_CHUNK_ENTRIES = 64;

const MANIFEST: StorageManifest = {
  name: 'indexeddb',
  durability: ['synced', 'buffered'],
  survives: 'power',
  keyBytesMax: 65_536,
  valueBytesMax: 64 * 1024 * 1024,
};

/**
 * A storage engine on the IndexedDB database `database` of this origin. One store of the origin at a time has it, in
 * whichever tab or worker (Web Locks); a tab that goes away frees it. Asks the browser once to keep the data when room
 * gets short, and takes no for an answer.
 *
 * Cost: a scan holds what it has read and the caller has not yet taken. Bound: keys of 1 to 65,536 bytes.
 * Throws on open: STORAGE_LOCKED, STORAGE_FULL, STORAGE_UNREADABLE; UNSUPPORTED outside a secure page.
 */
export function indexedDb(database: string): StorageEngine {
  const name = `indexeddb:${database}`;
  return {
    name,
    open: async (): Promise<Storage> => {
      const browser = browserFor(name);
      const lock = await takeLock(browser, name);
      try {
        const connection = await connect(browser, name, database);
        browser.navigator.storage?.persist?.().catch(() => undefined);
        return new IndexedDbStorage(name, connection, browser, () => connect(browser, name, database), lock);
      } catch (error) {
        lock.release();
        throw error;
      }
    },
  };
}

type Lock = { readonly isLost: () => boolean; readonly release: () => void };

class IndexedDbStorage implements Storage {
  readonly manifest: StorageManifest = MANIFEST;
  readonly place = undefined;
  readonly #name: string;
  readonly #browser: Browser;
  readonly #reconnect: () => Promise<IdbDatabase>;
  readonly #lock: Lock;
  #connection: IdbDatabase | undefined;
  #recovery: Promise<IdbDatabase> | undefined;
  #closing: Promise<void> | undefined;

  constructor(
    name: string,
    connection: IdbDatabase,
    browser: Browser,
    reconnect: () => Promise<IdbDatabase>,
    lock: Lock,
  ) {
    this.#name = name;
    this.#browser = browser;
    this.#reconnect = reconnect;
    this.#lock = lock;
    this.#use(connection);
  }

  async getMany(keys: readonly Uint8Array[]): Promise<readonly (Uint8Array | undefined)[]> {
    const connection = await this.#connected();
    try {
      const store = connection.transaction(STORE, 'readonly').objectStore(STORE);
      return await Promise.all(keys.map((key) => answered(store.get(key))));
    } catch (cause) {
      throw this.#unreadable(cause);
    }
  }

  scan(range: ByteRange): AsyncIterable<readonly ByteEntry[]> {
    const queue = new ChunkQueue<readonly ByteEntry[]>();
    const fail = (cause: unknown): void => queue.fail(this.#unreadable(cause));
    const connection = this.#connected();
    if (connection instanceof Promise) connection.then((open) => this.#read(open, range, queue)).catch(fail);
    else this.#read(connection, range, queue).catch(fail);
    return queue;
  }

  async commit({ puts, deletes }: StorageBatch, durability: Durability): Promise<void> {
    const connection = await this.#connected();
    try {
      const how = { durability: durability === 'synced' ? 'strict' : 'relaxed' } as const;
      const transaction = connection.transaction(STORE, 'readwrite', how);
      const done = completed(transaction);
      // Nobody waits for it when a put is refused before it is asked for.
      done.catch(() => undefined);
      this.#write(transaction.objectStore(STORE), puts, deletes, () => transaction.abort());
      await done;
    } catch (cause) {
      this.#disconnect(connection);
      // A transaction that is given up has changed nothing.
      throw isQuota(cause) ? fullStorage(this.#name, cause) : failedStorage(this.#name, cause);
    }
  }

  /** Waits for what is under way; a scan under way ends well. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  /** Asks for chunk after chunk in the callbacks of one transaction, which ends when nothing is asked of it. */
  async #read(connection: IdbDatabase, range: ByteRange, queue: ChunkQueue<readonly ByteEntry[]>): Promise<void> {
    const store = connection.transaction(STORE, 'readonly').objectStore(STORE);
    let count = FIRST_CHUNK_ENTRIES;
    let last: Uint8Array | undefined;
    for (;;) {
      const within = this.#keyRange(range, last);
      if (within === 'empty' || queue.isLeft) break;
      const [keys, values] = await Promise.all([
        answered(store.getAllKeys(within, count)),
        answered(store.getAll(within, count)),
      ]);
      const chunk = keys.map((key, at): ByteEntry => [new Uint8Array(key), values[at] ?? new Uint8Array(0)]);
      if (chunk.length > 0) queue.push(chunk);
      if (chunk.length < count) break;
      last = chunk.at(-1)?.[0];
      const byteLength = values.reduce((sum, value) => sum + value.length, 0);
      count = Math.min(CHUNK_ENTRIES_MAX, Math.max(1, Math.floor((count * CHUNK_BYTES) / (byteLength + 1))));
    }
    queue.end();
  }

  #write(store: IdbObjectStore, puts: readonly ByteEntry[], deletes: readonly Uint8Array[], giveUp: () => void): void {
    try {
      // A value is stored with all the memory its view is of, so it is given memory of its own.
      for (const [key, value] of puts) store.put(copyBytes(value), key);
      for (const key of deletes) store.delete(key);
    } catch (error) {
      giveUp();
      throw error;
    }
  }

  /** The keys of a range that come after `last`. IndexedDB refuses to name a range that holds no key. */
  #keyRange({ from, to }: ByteRange, last: Uint8Array | undefined): IdbKeyRange | undefined | 'empty' {
    const { IDBKeyRange } = this.#browser;
    const lower = last ?? from;
    const isOpen = last !== undefined;
    if (lower === undefined) return to === undefined ? undefined : IDBKeyRange.upperBound(to, true);
    if (to === undefined) return IDBKeyRange.lowerBound(lower, isOpen);
    return isBefore(lower, to) ? IDBKeyRange.bound(lower, to, isOpen, true) : 'empty';
  }

  async #close(): Promise<void> {
    await this.#recovery?.catch(() => undefined);
    this.#connection?.close();
    this.#lock.release();
  }

  /** The connection, or a promise of it where the last one broke. */
  #connected(): IdbDatabase | Promise<IdbDatabase> {
    if (this.#closing !== undefined) throw closedStorage(this.#name);
    if (this.#lock.isLost()) throw lockedStorage(this.#name, new Error('its lock was taken away'));
    if (this.#connection !== undefined) return this.#connection;
    this.#recovery ??= this.#reconnect()
      .then((connection) => this.#use(connection))
      .finally(() => {
        this.#recovery = undefined;
      });
    return this.#recovery;
  }

  #use(connection: IdbDatabase): IdbDatabase {
    connection.onclose = () => this.#disconnect(connection);
    this.#connection = connection;
    return connection;
  }

  #disconnect(connection: IdbDatabase): void {
    if (this.#connection !== connection) return;
    this.#connection = undefined;
    connection.close();
  }

  #unreadable(cause: unknown): Error {
    return this.#closing === undefined ? unreadableStorage(this.#name, cause) : closedStorage(this.#name);
  }
}

/** Takes the lock for as long as nobody releases it. Throws: STORAGE_LOCKED. */
function takeLock({ navigator }: Browser, name: string): Promise<Lock> {
  return new Promise((resolve, reject) => {
    let isLost = false;
    const hold = (lock: object | null): Promise<void> => {
      if (lock === null) {
        reject(lockedStorage(name));
        return Promise.resolve();
      }
      return new Promise((release) => resolve({ isLost: () => isLost, release }));
    };
    navigator.locks.request(`cairn-${name}`, { ifAvailable: true }, hold).catch((cause: unknown) => {
      isLost = true;
      reject(lockedStorage(name, cause));
    });
  });
}

async function connect({ indexedDB }: Browser, name: string, database: string): Promise<IdbDatabase> {
  try {
    const request = indexedDB.open(database, VERSION);
    request.onupgradeneeded = () => request.result.createObjectStore(STORE);
    return await answered(request);
  } catch (cause) {
    throw isQuota(cause) ? fullStorage(name, cause) : unreadableStorage(name, cause);
  }
}

function isQuota(cause: unknown): boolean {
  return cause instanceof Error && cause.name === 'QuotaExceededError';
}
