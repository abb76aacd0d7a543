/**
 * Storage over an open LMDB database. Owns snapshots, commits, and the recovery after one failed. Commits are synchronous
 * transactions: the asynchronous ones of the package keep a part of a batch that throws, and end the process with an
 * unhandled rejection when the disk is full. Knows how to open nothing.
 */

import type { RootDatabase } from 'lmdb';
import { copyBytes } from '../codec/byte-arrays.ts';
import { isBatchThere } from './bytes.ts';
import { closedStorage, failedStorage, fullStorage, isFull, unreadableStorage } from './failure.ts';
import type { ByteEntry, ByteRange, Storage, StorageBatch, StorageManifest, StoragePlace } from './storage.ts';

/** A database of the package lmdb with bytes for keys and values. */
export type LmdbDatabase = RootDatabase<Uint8Array, Uint8Array>;

/** A read transaction that one scan holds; LMDB may give several scans the same one, and counts. */
type Snapshot = { readonly transaction: ReturnType<LmdbDatabase['useReadTransaction']>; isHeld: boolean };

const MANIFEST: StorageManifest = {
  name: 'lmdb',
  durability: ['synced', 'buffered'],
  survives: 'power',
  keyBytesMax: 1_978,
  valueBytesMax: 256 * 1024 * 1024,
};

const CHUNK_ENTRIES = 1_000;
const CHUNK_BYTES = 1024 * 1024;
const PROBE = Uint8Array.of(0);

/**
 * Reads, so that this process stands in the table of readers: LMDB strikes it out with the transaction of a scan, and
 * takes a new place with the next read only. Called before a transaction ends, so that the place is never vacant.
 */
export function keepReader(database: LmdbDatabase): void {
  database.getBinary(PROBE);
}

/** Storage over a database that is open and that nobody else uses. */
export class LmdbStorage implements Storage {
  readonly manifest: StorageManifest = MANIFEST;
  readonly place: StoragePlace;
  readonly #name: string;
  readonly #reopen: () => Promise<LmdbDatabase>;
  readonly #release: () => void;
  readonly #snapshots = new Set<Snapshot>();
  #database: LmdbDatabase;
  #isOpen = true;
  #isWounded = false;
  #recovery: Promise<void> | undefined;
  #closing: Promise<void> | undefined;

  constructor(
    name: string,
    database: LmdbDatabase,
    place: StoragePlace,
    reopen: () => Promise<LmdbDatabase>,
    release: () => void,
  ) {
    this.#name = name;
    this.#database = database;
    this.place = place;
    this.#reopen = reopen;
    this.#release = release;
  }

  async getMany(keys: readonly Uint8Array[]): Promise<readonly (Uint8Array | undefined)[]> {
    await this.#ready();
    return keys.map((key) => this.#get(key));
  }

  getNow(key: Uint8Array): Uint8Array | undefined {
    if (this.#ready() !== undefined) throw this.#unreadable('it is being opened again after a failure');
    return this.#get(key);
  }

  /** The read transaction begins at the call. It is held until the scan ends, and keeps old pages from reuse. */
  scan(range: ByteRange): AsyncIterable<readonly ByteEntry[]> {
    const ready = this.#ready();
    const snapshot = ready === undefined ? this.#snapshot() : ready.then(() => this.#snapshot());
    // Whoever reads the chunks sees the failure; nobody has to.
    if (snapshot instanceof Promise) snapshot.catch(() => undefined);
    return this.#chunks(range, snapshot);
  }

  async commit(batch: StorageBatch): Promise<void> {
    await this.#ready();
    const database = this.#database;
    try {
      database.transactionSync(() => {
        for (const [key, value] of batch.puts) database.putSync(key, value);
        for (const key of batch.deletes) database.removeSync(key);
      });
    } catch (cause) {
      // Pages are written before the page that makes them count: what had no room for them has not happened.
      if (isFull(cause)) throw fullStorage(this.#name, cause);
      this.#isWounded = true;
      if (await this.#holds(batch).catch(() => false)) return;
      throw failedStorage(this.#name, cause);
    }
  }

  /** A scan under way ends with STORE_CLOSED. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  #get(key: Uint8Array): Uint8Array | undefined {
    try {
      const value = this.#database.getBinary(key);
      return value === undefined ? undefined : copyBytes(value);
    } catch (cause) {
      throw this.#unreadable(cause);
    }
  }

  #snapshot(): Snapshot {
    try {
      const snapshot = { transaction: this.#database.useReadTransaction(), isHeld: true };
      this.#snapshots.add(snapshot);
      return snapshot;
    } catch (cause) {
      throw this.#unreadable(cause);
    }
  }

  async *#chunks(range: ByteRange, begun: Snapshot | Promise<Snapshot>): AsyncGenerator<readonly ByteEntry[]> {
    const snapshot = await begun;
    let last: Uint8Array | undefined;
    try {
      for (;;) {
        const chunk = this.#chunk(snapshot, range, last);
        if (chunk.length === 0) return;
        last = chunk.at(-1)?.[0];
        yield chunk;
      }
    } finally {
      this.#end(snapshot);
    }
  }

  /** The entries that come next. The cursor ends with the call: LMDB must not be closed under one. */
  #chunk({ transaction, isHeld }: Snapshot, range: ByteRange, last: Uint8Array | undefined): readonly ByteEntry[] {
    if (!isHeld) throw this.#unreadable('the scan was cut off by opening again after a failure');
    const start = last ?? range.from;
    const chunk: ByteEntry[] = [];
    let byteLength = 0;
    try {
      const entries = this.#database.getRange({
        ...{ transaction, exclusiveStart: last !== undefined, limit: CHUNK_ENTRIES },
        ...(start === undefined ? {} : { start }),
        ...(range.to === undefined ? {} : { end: range.to }),
      });
      for (const { key, value } of entries) {
        chunk.push([copyBytes(key), copyBytes(value)]);
        byteLength += value.length;
        if (byteLength >= CHUNK_BYTES) break;
      }
      return chunk;
    } catch (cause) {
      throw this.#unreadable(cause);
    }
  }

  #end(snapshot: Snapshot): void {
    if (!snapshot.isHeld) return;
    snapshot.isHeld = false;
    this.#snapshots.delete(snapshot);
    if (this.#closing === undefined && !this.#isWounded) keepReader(this.#database);
    snapshot.transaction.done();
  }

  async #close(): Promise<void> {
    await this.#recovery?.catch(() => undefined);
    try {
      await this.#shut();
    } finally {
      this.#release();
    }
  }

  async #shut(): Promise<void> {
    for (const snapshot of [...this.#snapshots]) this.#end(snapshot);
    if (this.#isOpen) await this.#database.close();
    this.#isOpen = false;
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
    await this.#shut();
    this.#database = await this.#reopen();
    this.#isOpen = true;
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
