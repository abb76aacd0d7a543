/**
 * Storage over an open SQLite table. Owns the translation of errors and the recovery after a commit failed: the log may
 * hold a commit that SQLite reported as failed and no longer shows, and that a crash would bring back, so the database is
 * closed and opened again, which settles it, before anything else is asked of it. All of it happens at once, within the
 * call. Knows no file and no SQL.
 */

import { equalBytes } from '../codec/byte-arrays.ts';
import { closedStorage, failedStorage, fullStorage, unreadableStorage } from './failure.ts';
import { isFullSqlite, type SqliteScan, type SqliteTable } from './sqlite-table.ts';
import type {
  ByteEntry,
  ByteRange,
  Durability,
  Storage,
  StorageBatch,
  StorageManifest,
  StoragePlace,
} from './storage.ts';

const MANIFEST: StorageManifest = {
  name: 'sqlite',
  durability: ['synced', 'buffered'],
  survives: 'power',
  keyBytesMax: 65_536,
  valueBytesMax: 256 * 1024 * 1024,
};

/** Storage over a table that is open and that nobody else uses; `open` opens it again, and fails with a CausalError. */
export class SqliteStorage implements Storage {
  readonly manifest: StorageManifest = MANIFEST;
  readonly place: StoragePlace;
  readonly #name: string;
  readonly #open: () => SqliteTable;
  readonly #release: () => void;
  /** Undefined after a failure, until it is open again, and when closed. */
  #table: SqliteTable | undefined;
  #isClosed = false;

  constructor(name: string, table: SqliteTable, place: StoragePlace, open: () => SqliteTable, release: () => void) {
    this.#name = name;
    this.#table = table;
    this.place = place;
    this.#open = open;
    this.#release = release;
  }

  async getMany(keys: readonly Uint8Array[]): Promise<readonly (Uint8Array | undefined)[]> {
    const table = this.#ready();
    return this.#read(() => keys.map((key) => table.get(key)));
  }

  getNow(key: Uint8Array): Uint8Array | undefined {
    const table = this.#ready();
    return this.#read(() => table.get(key));
  }

  /** The read transaction begins at the call. It is held until the scan ends, and keeps the log from being emptied. */
  scan(range: ByteRange): AsyncIterable<readonly ByteEntry[]> {
    const table = this.#ready();
    return this.#chunks(this.#read(() => table.scan(range)));
  }

  async commit(batch: StorageBatch, durability: Durability): Promise<void> {
    const table = this.#ready();
    try {
      table.commit(batch, durability);
    } catch (cause) {
      this.#fail(table, batch, cause);
    }
    await turn();
  }

  /** Takes as much time and room as writing all entries anew, and holds up the thread. */
  async compact(): Promise<void> {
    const table = this.#ready();
    try {
      table.compact();
    } catch (cause) {
      if (isFullSqlite(cause)) throw fullStorage(this.#name, cause);
      this.#shut();
      throw unreadableStorage(this.#name, cause);
    }
    await turn();
  }

  /** A scan under way ends with STORE_CLOSED. */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    try {
      this.#shut();
    } finally {
      this.#release();
    }
  }

  async *#chunks(scan: SqliteScan): AsyncGenerator<readonly ByteEntry[]> {
    try {
      for (;;) {
        if (this.#isClosed) throw closedStorage(this.#name);
        if (!scan.isOpen) throw unreadableStorage(this.#name, 'the scan was cut off by opening again after a failure');
        const chunk = this.#read(() => scan.chunk());
        if (chunk.length === 0) return;
        yield chunk;
        await turn();
      }
    } finally {
      scan.close();
    }
  }

  /** Throws unless the batch has happened all the same. */
  #fail(table: SqliteTable, batch: StorageBatch, cause: unknown): void {
    // The frame that makes a commit count is written last: what had no room for it has not happened.
    if (isFullSqlite(cause)) {
      table.rollBack();
      throw fullStorage(this.#name, cause);
    }
    this.#shut();
    if (!this.#holds(batch)) throw failedStorage(this.#name, cause);
  }

  /** Whether the table, opened again, holds what the batch was to make of it; false when it cannot be opened. */
  #holds({ puts, deletes }: StorageBatch): boolean {
    try {
      const table = this.#ready();
      const isThere = ([key, value]: ByteEntry): boolean => {
        const found = table.get(key);
        return found !== undefined && equalBytes(found, value);
      };
      return puts.every(isThere) && deletes.every((key) => table.get(key) === undefined);
    } catch {
      return false;
    }
  }

  #ready(): SqliteTable {
    if (this.#isClosed) throw closedStorage(this.#name);
    this.#table ??= this.#open();
    return this.#table;
  }

  #shut(): void {
    this.#table?.close();
    this.#table = undefined;
  }

  #read<T>(read: () => T): T {
    try {
      return read();
    } catch (cause) {
      throw unreadableStorage(this.#name, cause);
    }
  }
}

/** Kept when timers and sockets have had their turn: SQLite answers at once, and a caller in a loop would starve them. */
function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
