/**
 * All records of a replica in memory, with what must stay true beside them at O(1) a write: the dot index, the key
 * order, the live hash, and the sets of keys that need attention (tombstones to reap, records that are more than one
 * version). A settled key, one version and no residual, is held as the bare version.
 */

import { DotSet } from '../clock/dot-set.ts';
import { dotHashHi, dotHashLo, type Hash64, hashText } from '../codec/hash.ts';
import { DotIndex } from './dot-index.ts';
import { isInternalKey } from './key.ts';
import { KeyOrder, type OrderedCells } from './key-order.ts';
import { EMPTY_RECORD, find, type StoreRecord, type Version } from './record.ts';

/** What the table holds for a key. */
export type Cell = Version | StoreRecord;

/** Every record of a replica, with its indexes. */
export class Table {
  readonly #cells = new Map<string, Cell>();
  readonly #order = new KeyOrder<Cell>();
  readonly #hashes = new Map<string, Hash64>();
  /** Keys that hold nothing but tombstones. */
  readonly graves: Set<string> = new Set<string>();
  /** Keys whose record is not settled: siblings, a residual, or both. */
  readonly unsettled: Set<string> = new Set<string>();
  /** Keys of the replica's own replicated data. */
  readonly internal: Set<string> = new Set<string>();
  readonly index: DotIndex = new DotIndex();
  #liveHi = 0;
  #liveLo = 0;
  #hashedId = '';
  #hashed: Hash64 = { hi: 0, lo: 0 };

  get size(): number {
    return this.#cells.size;
  }

  get(key: string): Cell | undefined {
    return this.#cells.get(key);
  }

  record(key: string): StoreRecord {
    return toRecord(this.#cells.get(key));
  }

  /**
   * An order-independent sum over the dots of all versions of keys that hold a value: what users are shown. Tombstones
   * alone do not count, because one replica may reap them before another. Equal `seen` and unequal sums: see mending.
   */
  get liveHash(): Hash64 {
    return { hi: this.#liveHi >>> 0, lo: this.#liveLo >>> 0 };
  }

  /** Replaces a settled version, or nothing, by a settled version: the way of every ordinary write. */
  setSettled(key: string, old: Version | undefined, next: Version): void {
    this.#cells.set(key, next);
    this.#order.touch(key, old === undefined);
    if (old === undefined) {
      if (isInternalKey(key)) this.internal.add(key);
    } else {
      this.index.drop(old.id, old.counter, key);
      if (old.value !== undefined) this.#count(old, -1);
    }
    this.index.add(next.id, next.counter, key);
    if (next.value !== undefined) this.#count(next, 1);
    if (next.value === undefined) this.graves.add(key);
    else if (old !== undefined && old.value === undefined) this.graves.delete(key);
  }

  /** Replaces whatever the key holds; an empty record leaves nothing behind. */
  set(key: string, record: StoreRecord): void {
    const held = this.#cells.get(key);
    const old = toRecord(held);
    const { versions } = record;
    const isEmpty = versions.length === 0 && record.residual.isEmpty;
    const only = versions.length === 1 && record.residual.isEmpty ? versions[0] : undefined;
    if (isEmpty) this.#cells.delete(key);
    else this.#cells.set(key, only ?? record);
    this.#order.touch(key, held === undefined && !isEmpty);
    for (const version of old.versions)
      if (find(versions, version) === undefined) this.index.drop(version.id, version.counter, key);
    for (const version of versions)
      if (find(old.versions, version) === undefined) this.index.add(version.id, version.counter, key);
    if (old.versions.some(isLive)) for (const version of old.versions) this.#count(version, -1);
    if (versions.some(isLive)) for (const version of versions) this.#count(version, 1);
    toggle(this.unsettled, key, !isEmpty && only === undefined);
    toggle(this.graves, key, versions.length > 0 && !versions.some(isLive));
    if (isInternalKey(key)) toggle(this.internal, key, !isEmpty);
  }

  cells(): IterableIterator<[string, Cell]> {
    return this.#cells.entries();
  }

  /** Sorted keys with their cells, as of now. Cost: O(changes since the last scan), or a sort. */
  ordered(): OrderedCells<Cell> {
    return this.#order.ordered(this.#cells);
  }

  #count(version: Version, sign: 1 | -1): void {
    const hash = this.#hashOf(version.id);
    this.#liveHi = (this.#liveHi + sign * dotHashHi(hash, version.counter)) | 0;
    this.#liveLo = (this.#liveLo + sign * dotHashLo(hash, version.counter)) | 0;
  }

  #hashOf(id: string): Hash64 {
    if (id === this.#hashedId) return this.#hashed;
    let hash = this.#hashes.get(id);
    if (hash === undefined) {
      hash = hashText(id);
      this.#hashes.set(id, hash);
    }
    this.#hashedId = id;
    this.#hashed = hash;
    return hash;
  }
}

/** Whether the cell is one version without a residual. */
export function isSettled(cell: Cell): cell is Version {
  return (cell as StoreRecord).versions === undefined; // only a StoreRecord has versions
}

/** What a cell holds as a record; an empty one for no cell. */
export function toRecord(cell: Cell | undefined): StoreRecord {
  if (cell === undefined) return EMPTY_RECORD;
  return isSettled(cell) ? { versions: [cell], residual: DotSet.empty } : cell;
}

function isLive(version: Version): boolean {
  return version.value !== undefined;
}

function toggle(set: Set<string>, key: string, isIn: boolean): void {
  if (isIn) set.add(key);
  else set.delete(key);
}
