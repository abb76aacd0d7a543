/**
 * Storage over an open abstract-level database: classic-level in a directory, or whatever a caller hands in. Owns the
 * translation of calls, of errors, and the recovery: LevelDB refuses every write after one has failed in the background,
 * so a database that failed a commit is closed and opened again before anything else is asked of it, and then tells
 * what became of that commit. Knows no file and no package; types are by shape, so that none is needed to compile.
 */

import { isBatchThere, plainBytes } from './bytes.ts';
import {
  closedStorage,
  codesOf,
  failedStorage,
  fullStorage,
  isFull,
  lockedStorage,
  unreadableStorage,
} from './failure.ts';
import type {
  ByteEntry,
  ByteRange,
  Durability,
  Storage,
  StorageBatch,
  StorageManifest,
  StoragePlace,
} from './storage.ts';

/** What is asked of an abstract-level database. */
export type LevelDatabase = {
  readonly supports: {
    readonly implicitSnapshots?: boolean;
    readonly permanence?: boolean;
    readonly getSync?: boolean;
  };
  open(): Promise<void>;
  close(): Promise<void>;
  getMany(keys: Uint8Array[], options: LevelEncoding): Promise<(Uint8Array | undefined)[]>;
  getSync?(key: Uint8Array, options: LevelEncoding): Uint8Array | undefined;
  batch(operations: LevelOperation[], options: LevelEncoding & { readonly sync: boolean }): Promise<void>;
  iterator(options: LevelEncoding & LevelRange): LevelIterator;
  compactRange?(from: Uint8Array, to: Uint8Array, options: { readonly keyEncoding: 'view' }): Promise<void>;
};

export type LevelEncoding = { readonly keyEncoding: 'view'; readonly valueEncoding: 'view' };
export type LevelRange = { readonly gte?: Uint8Array; readonly lt?: Uint8Array; readonly fillCache: boolean };
export type LevelIterator = { nextv(size: number): Promise<[Uint8Array, Uint8Array][]>; close(): Promise<void> };
/** Operations gathered one by one, in the encodings of the database. */
export type LevelBatch = {
  put(key: Uint8Array, value: Uint8Array): unknown;
  del(key: Uint8Array): unknown;
  write(options: { readonly sync: boolean }): Promise<void>;
};
export type LevelOperation =
  | { readonly type: 'put'; readonly key: Uint8Array; readonly value: Uint8Array }
  | { readonly type: 'del'; readonly key: Uint8Array };

/** What the engine around an open database knows and the database does not. */
export type LevelSurroundings = {
  readonly manifest: StorageManifest;
  readonly place: StoragePlace | undefined;
  /** Whether the database keeps the very bytes it is given, so that it must be given copies. */
  readonly keepsBytes: boolean;
  /** A batch of operations one by one, where the database takes bytes without being told in each. */
  readonly begin?: () => LevelBatch;
  /** Puts on the medium what buffered commits wrote: called before the synced commit that follows them. */
  readonly syncBuffered: () => Promise<void>;
  /** Whether a batch that found no room may be there when the database is opened again. */
  readonly mayHold: (batch: StorageBatch) => Promise<boolean>;
  /** Called with the database open again after a failure; throws when somebody else had it in between. */
  readonly checkOwner: () => Promise<void>;
  /** Called once, when the database has been closed for good. */
  readonly release: () => void;
};

const VIEW: LevelEncoding = { keyEncoding: 'view', valueEncoding: 'view' };
/** Up to where is compacted. LevelDB writes it into its log as text: the longest key there may be took 60 kB of it. */
const LAST_KEY: Uint8Array = new Uint8Array(16).fill(0xff);
const CHUNK_ENTRIES = 1_000;
const CHUNK_BYTES = 1024 * 1024;

/** Opens a database, with what it says when it cannot as STORAGE_LOCKED, STORAGE_FULL or STORAGE_UNREADABLE. */
export async function openDatabase(name: string, database: LevelDatabase): Promise<void> {
  try {
    await database.open();
  } catch (cause) {
    if (codesOf(cause).includes('LEVEL_LOCKED')) throw lockedStorage(name, cause);
    throw isFull(cause) ? fullStorage(name, cause) : unreadableStorage(name, cause);
  }
}

/** Storage over a database that is open and that nobody else uses. */
export class LevelStorage implements Storage {
  readonly manifest: StorageManifest;
  readonly place: StoragePlace | undefined;
  readonly getNow?: (key: Uint8Array) => Uint8Array | undefined;
  readonly compact?: () => Promise<void>;
  readonly #name: string;
  readonly #database: LevelDatabase;
  readonly #surroundings: LevelSurroundings;
  #isWounded = false;
  #hasBuffered = false;
  #recovery: Promise<void> | undefined;
  #closing: Promise<void> | undefined;

  constructor(name: string, database: LevelDatabase, surroundings: LevelSurroundings) {
    this.#name = name;
    this.#database = database;
    this.#surroundings = surroundings;
    this.manifest = surroundings.manifest;
    this.place = surroundings.place;
    if (database.supports.getSync === true && database.getSync !== undefined) this.getNow = (key) => this.#getNow(key);
    if (database.compactRange !== undefined) this.compact = () => this.#compact();
  }

  async getMany(keys: readonly Uint8Array[]): Promise<readonly (Uint8Array | undefined)[]> {
    await this.#ready();
    try {
      const values = await this.#database.getMany([...keys], VIEW);
      return values.map((value) => (value === undefined ? undefined : plainBytes(value)));
    } catch (cause) {
      throw this.#unreadable(cause);
    }
  }

  /** The iterator, and with it the snapshot, is made at the call, not when the first chunk is asked for. */
  scan(range: ByteRange): AsyncIterable<readonly ByteEntry[]> {
    const ready = this.#ready();
    const opened = ready === undefined ? this.#iterate(range) : ready.then(() => this.#iterate(range));
    // Whoever reads the chunks sees the failure; nobody has to.
    if (opened instanceof Promise) opened.catch(() => undefined);
    return this.#chunks(opened);
  }

  async commit(batch: StorageBatch, durability: Durability): Promise<void> {
    await this.#ready();
    const sync = durability === 'synced';
    try {
      if (sync && this.#hasBuffered) await this.#surroundings.syncBuffered();
      this.#hasBuffered = !sync;
      const { begin } = this.#surroundings;
      if (begin !== undefined) await write(begin(), batch, sync);
      else await this.#database.batch(operationsOf(batch, this.#surroundings.keepsBytes), { ...VIEW, sync });
    } catch (cause) {
      if (this.#closing !== undefined) throw failedStorage(this.#name, cause);
      this.#isWounded = true;
      if (isFull(cause)) {
        const mayHold = sync && (await this.#surroundings.mayHold(batch).catch(() => true));
        if (!mayHold) throw fullStorage(this.#name, cause);
      }
      // Opening again makes what the log holds durable, and so settles what the failure left open.
      if (await this.#holds(batch).catch(() => false)) return;
      throw failedStorage(this.#name, cause);
    }
  }

  /** A scan under way ends with STORE_CLOSED. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  #getNow(key: Uint8Array): Uint8Array | undefined {
    if (this.#ready() !== undefined) throw this.#unreadable('it is being opened again after a failure');
    try {
      const value = this.#database.getSync?.(key, VIEW);
      return value === undefined ? undefined : plainBytes(value);
    } catch (cause) {
      throw this.#unreadable(cause);
    }
  }

  #iterate({ from, to }: ByteRange): LevelIterator {
    try {
      return this.#database.iterator({
        ...VIEW,
        ...(from === undefined ? {} : { gte: from }),
        ...(to === undefined ? {} : { lt: to }),
        ...{ fillCache: false, highWaterMarkBytes: CHUNK_BYTES },
      });
    } catch (cause) {
      throw this.#unreadable(cause);
    }
  }

  async *#chunks(opened: LevelIterator | Promise<LevelIterator>): AsyncGenerator<readonly ByteEntry[]> {
    const iterator = await opened;
    try {
      for (;;) {
        const entries = await iterator.nextv(CHUNK_ENTRIES);
        if (entries.length === 0) return;
        yield entries.map(([key, value]): ByteEntry => [plainBytes(key), plainBytes(value)]);
      }
    } catch (cause) {
      throw this.#unreadable(cause);
    } finally {
      await iterator.close();
    }
  }

  async #compact(): Promise<void> {
    await this.#ready();
    try {
      await this.#database.compactRange?.(new Uint8Array(0), LAST_KEY, { keyEncoding: 'view' });
    } catch (cause) {
      throw isFull(cause) ? fullStorage(this.#name, cause) : this.#unreadable(cause);
    }
  }

  async #close(): Promise<void> {
    await this.#recovery?.catch(() => undefined);
    try {
      await this.#database.close();
    } finally {
      this.#surroundings.release();
    }
  }

  /** Undefined when the database can be asked at once; else a promise that it can, kept once it is open again. */
  #ready(): Promise<void> | undefined {
    if (this.#closing !== undefined) throw closedStorage(this.#name);
    if (!this.#isWounded) return undefined;
    this.#recovery ??= this.#recover().finally(() => {
      this.#recovery = undefined;
    });
    return this.#recovery;
  }

  async #recover(): Promise<void> {
    try {
      await this.#database.close();
      await openDatabase(this.#name, this.#database);
      await this.#surroundings.checkOwner().catch(async (error: unknown) => {
        await this.#database.close();
        throw error;
      });
    } catch (cause) {
      throw cause instanceof Error && cause.name === 'CausalError' ? cause : this.#unreadable(cause);
    }
    this.#isWounded = false;
  }

  /** Whether the database, opened again, holds what the batch was to make of it. */
  async #holds(batch: StorageBatch): Promise<boolean> {
    return isBatchThere(await this.getMany([...batch.puts.map(([key]) => key), ...batch.deletes]), batch);
  }

  #unreadable(cause: unknown): Error {
    return this.#closing === undefined ? unreadableStorage(this.#name, cause) : closedStorage(this.#name);
  }
}

/** Measured: in an array with options, abstract-level takes several times as long for each operation. */
async function write(batch: LevelBatch, { puts, deletes }: StorageBatch, sync: boolean): Promise<void> {
  for (const [key, value] of puts) batch.put(key, value);
  for (const key of deletes) batch.del(key);
  await batch.write({ sync });
}

function operationsOf({ puts, deletes }: StorageBatch, mustCopy: boolean): LevelOperation[] {
  const own = (bytes: Uint8Array): Uint8Array => (mustCopy ? bytes.slice() : bytes);
  return [
    ...puts.map(([key, value]): LevelOperation => ({ type: 'put', key: own(key), value: own(value) })),
    ...deletes.map((key): LevelOperation => ({ type: 'del', key: own(key) })),
  ];
}
