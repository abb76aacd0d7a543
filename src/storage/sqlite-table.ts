/**
 * The one table of an SQLite database as an ordered map of bytes: all the SQL there is. BLOBs compare as bytes do. In
 * the write-ahead log a commit is whole or absent; with synchronous = FULL the log is synced by each commit, and with
 * it every commit before, with NORMAL by the checkpoints only (sqlite.org/wal.html). Failures are SQLite's own. Types
 * are by shape, since the oldest Node we support has no node:sqlite.
 */

import { isFull } from './failure.ts';
import type { ByteEntry, ByteRange, Durability, StorageBatch } from './storage.ts';

/** What is asked of node:sqlite. */
export type SqliteModule = {
  readonly DatabaseSync: new (path: string, options?: { readonly readOnly: boolean }) => SqliteConnection;
};

export type SqliteConnection = { exec(sql: string): void; prepare(sql: string): SqliteStatement; close(): void };

export type SqliteStatement = {
  run(...values: Uint8Array[]): { readonly changes: number | bigint };
  get(...values: Uint8Array[]): SqliteRow | undefined;
  iterate(...values: Uint8Array[]): Iterator<SqliteRow, unknown>;
};

export type SqliteRow = Readonly<Record<string, unknown>>;

const BUSY = 5;
const FULL = 13;
const CHUNK_ENTRIES = 1_000;
const CHUNK_BYTES = 1024 * 1024;

const CREATE = 'CREATE TABLE IF NOT EXISTS entries (key BLOB PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID';
const PUT = 'INSERT INTO entries (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value';
const SYNCHRONOUS: Readonly<Record<Durability, string>> = { synced: 'FULL', buffered: 'NORMAL' };

/** Whether SQLite says that there is no room. */
export function isFullSqlite(error: unknown): boolean {
  return codeOf(error) === FULL || isFull(error);
}

/** Whether SQLite says that somebody else has the database. */
export function isBusySqlite(error: unknown): boolean {
  return codeOf(error) === BUSY;
}

/** The table over a connection of its own, that nobody else writes to. */
export class SqliteTable {
  readonly #connect: (readOnly: boolean) => SqliteConnection;
  readonly #connection: SqliteConnection;
  readonly #get: SqliteStatement;
  readonly #put: SqliteStatement;
  readonly #delete: SqliteStatement;
  readonly #scans = new Set<SqliteScan>();
  /** What the connection is set to. */
  #durability: Durability = 'synced';
  /** Whether the last commit was buffered. */
  #hasBuffered = false;

  /**
   * Opens the database, makes the table if need be, and puts into the file what the log holds: so it is settled, and on
   * the medium, what became of a commit that failed or was cut off.
   */
  constructor(connect: (readOnly: boolean) => SqliteConnection) {
    this.#connect = connect;
    this.#connection = connect(false);
    try {
      const mode = this.#connection.prepare('PRAGMA journal_mode = WAL').get();
      if (mode?.['journal_mode'] !== 'wal') throw new Error('its file system cannot have a write-ahead log');
      // On macOS a plain sync stops at the cache of the disk.
      this.#connection.exec('PRAGMA fullfsync = ON; PRAGMA checkpoint_fullfsync = ON; PRAGMA synchronous = FULL');
      this.#connection.exec(CREATE);
      if (!this.#emptyLog()) throw new Error('another program uses its file');
      this.#get = this.#connection.prepare('SELECT value FROM entries WHERE key = ?');
      this.#put = this.#connection.prepare(PUT);
      this.#delete = this.#connection.prepare('DELETE FROM entries WHERE key = ?');
    } catch (error) {
      this.#connection.close();
      throw error;
    }
  }

  get(key: Uint8Array): Uint8Array | undefined {
    const row = this.#get.get(key);
    return row === undefined ? undefined : bytesIn(row, 'value');
  }

  /** Begins to read, as of now, over a connection of its own; the log is kept until it is closed. */
  scan(range: ByteRange): SqliteScan {
    const scan: SqliteScan = new SqliteScan(this.#connect(true), range, () => this.#scans.delete(scan));
    this.#scans.add(scan);
    return scan;
  }

  /** One transaction. After a throw the caller says `rollBack`, or closes. */
  commit({ puts, deletes }: StorageBatch, durability: Durability): void {
    if (durability !== this.#durability) this.#connection.exec(`PRAGMA synchronous = ${SYNCHRONOUS[durability]}`);
    this.#durability = durability;
    this.#connection.exec('BEGIN IMMEDIATE');
    let changes = 0;
    for (const [key, value] of puts) changes += Number(this.#put.run(key, value).changes);
    for (const key of deletes) changes += Number(this.#delete.run(key).changes);
    // A transaction that changes nothing syncs nothing, and what it found may be buffered still: write one page.
    if (durability === 'synced' && this.#hasBuffered && changes === 0) {
      this.#connection.exec('PRAGMA user_version = 0');
    }
    this.#connection.exec('COMMIT');
    this.#hasBuffered = durability === 'buffered';
  }

  /** Ends the transaction of a commit that threw. */
  rollBack(): void {
    try {
      this.#connection.exec('ROLLBACK');
    } catch {
      // SQLite has ended it already, as it may; if not, the next commit fails and the table is opened again.
    }
  }

  /** Writes the file anew without the room of what was deleted. Readers keep the old one in the log until they end. */
  compact(): void {
    this.#connection.exec('VACUUM');
    this.#emptyLog();
  }

  /** Ends the scans too. */
  close(): void {
    for (const scan of [...this.#scans]) scan.close();
    this.#connection.close();
  }

  /** False when a reader stood in the way. */
  #emptyLog(): boolean {
    return this.#connection.prepare('PRAGMA wal_checkpoint(TRUNCATE)').get()?.['busy'] === 0;
  }
}

/** The entries of a range as of the moment it was made; it holds a read transaction until it is closed. */
export class SqliteScan {
  readonly #connection: SqliteConnection;
  readonly #onClose: () => void;
  /** Node 22.13 ends a statement that only its rows still know of. */
  readonly #statement: SqliteStatement;
  readonly #rows: Iterator<SqliteRow, unknown>;
  #next: IteratorResult<SqliteRow, unknown>;
  #isOpen = true;

  constructor(connection: SqliteConnection, { from, to }: ByteRange, onClose: () => void) {
    this.#connection = connection;
    this.#onClose = onClose;
    const bounds = [...(from === undefined ? [] : ['key >= ?']), ...(to === undefined ? [] : ['key < ?'])];
    const where = bounds.length === 0 ? '' : `WHERE ${bounds.join(' AND ')}`;
    try {
      this.#statement = connection.prepare(`SELECT key, value FROM entries ${where} ORDER BY key`);
      this.#rows = this.#statement.iterate(...[from, to].filter((bound) => bound !== undefined));
      // The transaction begins with the first row.
      this.#next = this.#rows.next();
    } catch (error) {
      connection.close();
      throw error;
    }
  }

  get isOpen(): boolean {
    return this.#isOpen;
  }

  /** The entries that come next; none at the end. */
  chunk(): readonly ByteEntry[] {
    const chunk: ByteEntry[] = [];
    let byteLength = 0;
    while (this.#next.done !== true && chunk.length < CHUNK_ENTRIES && byteLength < CHUNK_BYTES) {
      const value = bytesIn(this.#next.value, 'value');
      chunk.push([bytesIn(this.#next.value, 'key'), value]);
      byteLength += value.length;
      this.#next = this.#rows.next();
    }
    return chunk;
  }

  close(): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.#onClose();
    this.#connection.close();
  }
}

/** The bytes of a column. Node makes them for the caller alone. */
function bytesIn(row: SqliteRow, column: string): Uint8Array {
  const bytes = row[column];
  if (bytes instanceof Uint8Array) return bytes;
  throw new Error(`its column ${column} holds something other than bytes`);
}

/** The primary code of an error of node:sqlite. */
function codeOf(error: unknown): number | undefined {
  return error instanceof Error && 'errcode' in error && typeof error.errcode === 'number'
    ? error.errcode & 0xff
    : undefined;
}
