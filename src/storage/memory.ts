/**
 * The storage engine that keeps its bytes in memory, for tests and for stores that need not outlive the process. The
 * bytes live as long as the engine: closing and opening it again finds them. Keys are looked up by their latin-1 text,
 * whose order is the order of the bytes; the sorted list that scans need is made when one asks for it, from the last
 * one and what has changed since.
 */

import { copyBytes } from '../codec/byte-arrays.ts';
import { inChunks, textOf } from './bytes.ts';
import { closedStorage, lockedStorage } from './failure.ts';
import type { ByteEntry, ByteRange, Storage, StorageBatch, StorageEngine, StorageManifest } from './storage.ts';

const NAME = 'memory';
const CHUNK_ENTRIES = 1_000;

const MANIFEST: StorageManifest = {
  name: NAME,
  durability: ['synced', 'buffered'],
  survives: 'nothing',
  keyBytesMax: 65_536,
  valueBytesMax: 256 * 1024 * 1024,
};

/**
 * A storage engine in memory; every call makes another one, with bytes of its own. Cost: reads and commits are hash
 * look-ups; a scan after a commit costs one pass over all keys, one after no commit only what it yields.
 */
export function memoryStorage(): StorageEngine {
  const table = new MemoryTable();
  let isOpen = false;
  return {
    name: NAME,
    open: async () => {
      if (isOpen) throw lockedStorage(NAME);
      isOpen = true;
      return new MemoryStorage(table, () => {
        isOpen = false;
      });
    },
  };
}

class MemoryStorage implements Storage {
  readonly manifest: StorageManifest = MANIFEST;
  readonly place = undefined;
  readonly #release: () => void;
  #table: MemoryTable | undefined;

  constructor(table: MemoryTable, release: () => void) {
    this.#table = table;
    this.#release = release;
  }

  getMany(keys: readonly Uint8Array[]): readonly (Uint8Array | undefined)[] {
    const table = this.#opened();
    return keys.map((key) => table.get(key));
  }

  getNow(key: Uint8Array): Uint8Array | undefined {
    return this.#opened().get(key);
  }

  scan(range: ByteRange): AsyncIterable<readonly ByteEntry[]> {
    return inChunks(this.#opened().entries(range), CHUNK_ENTRIES);
  }

  commit(batch: StorageBatch): void {
    this.#opened().commit(batch);
  }

  close(): void {
    if (this.#table === undefined) return;
    this.#table = undefined;
    this.#release();
  }

  #opened(): MemoryTable {
    if (this.#table === undefined) throw closedStorage(NAME);
    return this.#table;
  }
}

/** Entries by the text of their key, and the same in order as of the last scan. */
class MemoryTable {
  readonly #entries = new Map<string, ByteEntry>();
  readonly #changed = new Set<string>();
  #texts: readonly string[] = [];
  #sorted: readonly ByteEntry[] = [];

  get(key: Uint8Array): Uint8Array | undefined {
    return this.#entries.get(textOf(key))?.[1];
  }

  commit(batch: StorageBatch): void {
    // All of it is copied before any of it is there: a batch that cannot be read is not half applied.
    const puts = batch.puts.map(([key, value]): [string, ByteEntry] => [
      textOf(key),
      [copyBytes(key), copyBytes(value)],
    ]);
    const deletes = batch.deletes.map(textOf);
    for (const [text, entry] of puts) {
      this.#entries.set(text, entry);
      this.#changed.add(text);
    }
    for (const text of deletes) if (this.#entries.delete(text)) this.#changed.add(text);
  }

  /** The entries of a range as they are now, in order; what is committed later does not show in them. */
  entries(range: ByteRange): readonly ByteEntry[] {
    if (this.#changed.size > 0) this.#sort();
    const from = range.from === undefined ? 0 : firstFrom(this.#texts, textOf(range.from));
    const to = range.to === undefined ? this.#texts.length : firstFrom(this.#texts, textOf(range.to));
    return this.#sorted.slice(from, Math.max(from, to));
  }

  /** Merges what has changed into new lists; the old ones may still be scanned. */
  #sort(): void {
    const texts: string[] = [];
    const sorted: ByteEntry[] = [];
    let at = 0;
    const copyUpTo = (end: number): void => {
      for (; at < end; at++) {
        texts.push(this.#texts[at] as string); // at is below the length
        sorted.push(this.#sorted[at] as ByteEntry); // at is below the length
      }
    };
    for (const text of [...this.#changed].sort()) {
      const next = firstFrom(this.#texts, text, at);
      copyUpTo(next);
      if (this.#texts[at] === text) at += 1;
      const entry = this.#entries.get(text);
      if (entry === undefined) continue;
      texts.push(text);
      sorted.push(entry);
    }
    copyUpTo(this.#texts.length);
    this.#texts = texts;
    this.#sorted = sorted;
    this.#changed.clear();
  }
}

/** Where in a sorted list the first text is that does not come before `text`. */
function firstFrom(texts: readonly string[], text: string, low = 0): number {
  let high = texts.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((texts[middle] ?? '') < text) low = middle + 1;
    else high = middle;
  }
  return low;
}
