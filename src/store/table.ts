/**
 * All records of a replica in memory, with what must stay true beside them at O(1) a write: the dot index, the key
 * order, the live hash, and the sets of keys that need attention (tombstones to reap, records that are more than one
 * version). A settled key, one version and no residual, is spread over columns and put together when it is looked at.
 */

import { DotSet } from '../clock/dot-set.ts';
import { dotHashHi, dotHashLo, type Hash64, hashBytes, hashText, markHash } from '../codec/hash.ts';
import type { Value } from '../codec/value.ts';
import { TIME_MAX } from '../limits.ts';
import { Columns, UNSETTLED } from './columns.ts';
import { DotIndex } from './dot-index.ts';
import { isInternalKey } from './key.ts';
import { KeyOrder, type OrderedSlots } from './key-order.ts';
import { EMPTY_RECORD, find, isTombstone, type StoreRecord, type Version } from './record.ts';

/** What the table holds for a key. */
export type Cell = Version | StoreRecord;

/** Every record of a replica, with its indexes. */
export class Table {
  readonly #slots = new Map<string, number>();
  readonly #columns = new Columns();
  readonly #index = new DotIndex();
  readonly #order = new KeyOrder();
  /** Keys that hold nothing but tombstones. */
  readonly graves: Set<string> = new Set<string>();
  /** Keys whose record is not settled: siblings, a residual, or both. */
  readonly unsettled: Set<string> = new Set<string>();
  /** Keys of the replica's own replicated data. */
  readonly internal: Set<string> = new Set<string>();
  /** Grows whenever one of those changes, so that what was made of them can be kept. */
  internalChanges = 0;
  #liveHi = 0;
  #liveLo = 0;
  #marks = 0;
  /** Whether `marks` counts what is not in memory, too. */
  areMarksWhole = true;
  /** How many records in memory have a residual. */
  residuals = 0;
  /**
   * For a store with a journal: each key changed since the journal last looked, with what it held before. A store in
   * memory has none.
   */
  touched: Map<string, Cell | undefined> | undefined;
  /** How many of those fetched last hold an object: kept lest the loop be left out as useless. */
  fetched = 0;
  /** The last key looked up, and its slot or -1: a write follows a look at the same key. */
  #lookedUp: string | undefined;
  #foundAt = -1;

  get(key: string): Cell | undefined {
    const slot = this.#find(key);
    return slot < 0 ? undefined : this.#cellIn(slot);
  }

  record(key: string): StoreRecord {
    return toRecord(this.get(key));
  }

  /**
   * An order-independent sum over the dots of all versions of keys that hold a value, what users are shown, and over all
   * residuals, what is known beyond `seen`. Tombstones alone do not count, because one replica may reap them before
   * another. Equal `seen` and unequal sums: see mending.
   */
  get liveHash(): Hash64 {
    return { hi: this.#liveHi >>> 0, lo: this.#liveLo >>> 0 };
  }

  /** For what was stored before, which the stored sum counts already. */
  set liveHash({ hi, lo }: Hash64) {
    this.#liveHi = hi | 0;
    this.#liveLo = lo | 0;
  }

  /**
   * The sum of the marks of the versions that the live hash counts, or of those in memory. Equal live hashes and unequal
   * marks: one dot stands for two writes.
   */
  get marks(): number {
    return this.#marks >>> 0;
  }

  /** As that of the live hash. */
  set marks(sum: number) {
    this.#marks = sum | 0;
  }

  /** Whether the key holds nothing or one version without a residual, as most do; found without putting it together. */
  isPlain(key: string): boolean {
    const slot = this.#find(key);
    return slot < 0 || this.#columns.laneAt(slot) !== UNSETTLED;
  }

  has(key: string): boolean {
    return this.#find(key) >= 0;
  }

  /** A write of this replica over a plain key, later than what it supersedes; no version is made of it. */
  overwrite(key: string, id: string, counter: number, now: number, value: Value | undefined): void {
    const slot = this.#find(key);
    const last = slot < 0 ? -1 : this.#columns.timeAt(slot);
    this.place(key, id, counter, last >= now ? Math.min(last + 1, TIME_MAX) : now, value);
  }

  /** Puts one version without a residual in the place of whatever a plain key holds. */
  place(key: string, id: string, counter: number, time: number, value: Value | undefined): void {
    this.#touch(key);
    let slot = this.#find(key);
    let wasGrave = false;
    if (slot < 0) {
      slot = this.#admit(key);
    } else {
      const old = this.#index.laneAt(this.#columns.laneAt(slot));
      const oldCounter = this.#columns.counterAt(slot);
      wasGrave = this.#columns.values[slot] === undefined;
      if (!wasGrave) this.#count(old.hash, oldCounter, slot, this.#columns.timeAt(slot), -1);
      old.dots.drop(oldCounter, slot);
      if (old.id !== id) this.#index.leave(old);
    }
    const lane = this.#index.lane(id);
    lane.dots.add(counter, slot);
    this.#columns.put(slot, lane.number, counter, time, value);
    if (value === undefined) {
      this.graves.add(key);
    } else {
      this.#count(lane.hash, counter, slot, time, 1);
      if (wasGrave) this.graves.delete(key);
    }
  }

  /** Replaces whatever the key holds; an empty record leaves nothing behind. */
  set(key: string, record: StoreRecord): void {
    const found = this.#find(key);
    const old = found < 0 ? EMPTY_RECORD : toRecord(this.#cellIn(found));
    const { versions, residual } = record;
    const isEmpty = versions.length === 0 && residual.isEmpty;
    if (isEmpty && found < 0) return;
    this.#touch(key);
    const slot = found < 0 ? this.#admit(key) : found;
    this.#reindex(slot, old.versions, versions);
    if (!old.residual.isEmpty) this.#countResidual(key, old.residual, -1);
    if (!residual.isEmpty) this.#countResidual(key, residual, 1);
    const only = versions.length === 1 && residual.isEmpty ? versions[0] : undefined;
    if (only !== undefined) {
      this.#columns.put(slot, this.#index.lane(only.id).number, only.counter, only.time, only.value);
    } else if (isEmpty) {
      this.#dismiss(key, slot);
    } else {
      this.#columns.put(slot, UNSETTLED, 0, 0, record);
    }
    toggle(this.unsettled, key, !isEmpty && only === undefined);
    toggle(this.graves, key, versions.length > 0 && versions.every(isTombstone));
    if (this.#columns.isSparse) {
      this.#arrange([...this.#slots.keys()]);
      this.#order.drop();
    }
  }

  *cells(): Generator<[key: string, cell: Cell]> {
    for (const [key, slot] of this.#slots) yield [key, this.#cellIn(slot)];
  }

  /**
   * Calls `visit` for every current dot in `dots`, by id and counter, with its key and slot. Cost: O(log n) a range and the
   * dots found.
   */
  visit(dots: DotSet, visit: (id: string, counter: number, key: string, slot: number) => void): void {
    const { keys } = this.#columns;
    this.#index.visit(dots, (id, counter, slot) =>
      visit(id, counter, keys[slot] as string /* a dot is of a key */, slot),
    );
  }

  /** Whether a key other than `key` holds this dot: one dot was used for two writes. */
  isUnderOtherKey(id: string, counter: number, key: string): boolean {
    let isOther = false;
    this.visit(DotSet.empty.addRange(id, counter, counter), (_id, _counter, holder) => {
      isOther ||= holder !== key;
    });
    return isOther;
  }

  /**
   * Sorted keys with their slots. Cost: O(keys that came since the last scan), or a sort. Whenever it sorts, the keys
   * move to slots in their order: measured, scans through memory in no order took twice the time.
   */
  ordered(): OrderedSlots {
    return this.#order.ordered(this.#slots, (keys) => this.#arrange(keys));
  }

  /**
   * What one of these keys holds by now. While none has gone, keys are not even looked at: measured, to compare them
   * takes a quarter of a scan, because the texts are in no cache.
   */
  cellNow(ordered: OrderedSlots, at: number): Cell | undefined {
    const slot = ordered.slots[at] as number; // within
    return this.#order.isCurrent(ordered) ? this.#cellIn(slot) : this.cellAt(ordered.keys[at] as string, slot); // as above
  }

  /**
   * Has the values of these keys in the processor's cache before they are read one by one. Reads of memory in no cache
   * wait for one another when there is work between them; in a loop of their own many are under way at once. Measured:
   * a third of the time of a scan.
   */
  fetch({ slots }: OrderedSlots, from: number, to: number): void {
    const { values } = this.#columns;
    let objects = 0;
    for (let at = from; at < to; at += 1) if (typeof values[slots[at] as number] === 'object') objects += 1; // to ≤ length
    this.fetched = objects;
  }

  /** What a key with this slot holds by now; the slot mostly tells without looking the key up. */
  cellAt(key: string, slot: number): Cell | undefined {
    return this.#columns.keys[slot] === key ? this.#cellIn(slot) : this.get(key);
  }

  #touch(key: string): void {
    if (isInternalKey(key)) this.internalChanges++;
    if (this.touched?.has(key) === false) this.touched.set(key, this.get(key));
  }

  #find(key: string): number {
    if (key !== this.#lookedUp) {
      this.#foundAt = this.#slots.get(key) ?? -1;
      this.#lookedUp = key;
    }
    return this.#foundAt;
  }

  #cellIn(slot: number): Cell {
    const columns = this.#columns;
    const lane = columns.laneAt(slot);
    if (lane === UNSETTLED) return columns.values[slot] as StoreRecord; // what UNSETTLED says
    const value = columns.values[slot] as Value | undefined; // settled
    return { id: this.#index.laneAt(lane).id, counter: columns.counterAt(slot), time: columns.timeAt(slot), value };
  }

  #admit(key: string): number {
    const slot = this.#columns.take(key);
    this.#slots.set(key, slot);
    this.#lookedUp = key;
    this.#foundAt = slot;
    this.#order.noteAdded(key);
    if (isInternalKey(key)) this.internal.add(key);
    return slot;
  }

  #dismiss(key: string, slot: number): void {
    this.#slots.delete(key);
    this.#columns.release(slot);
    this.#lookedUp = undefined;
    this.#order.noteGone();
    this.internal.delete(key);
  }

  /** Brings index and live hash from the old versions of a slot to the new ones. */
  #reindex(slot: number, old: readonly Version[], next: readonly Version[]): void {
    const wasLive = !old.every(isTombstone);
    const isNowLive = !next.every(isTombstone);
    for (const version of next) {
      const lane = this.#index.lane(version.id);
      if (find(old, version) === undefined) lane.dots.add(version.counter, slot);
      if (isNowLive) this.#count(lane.hash, version.counter, slot, version.time, 1);
    }
    for (const version of old) {
      const lane = this.#index.lane(version.id);
      if (find(next, version) === undefined) lane.dots.drop(version.counter, slot);
      if (wasLive) this.#count(lane.hash, version.counter, slot, version.time, -1);
      this.#index.leave(lane);
    }
  }

  #count(hash: Hash64, counter: number, slot: number, time: number, sign: 1 | -1): void {
    const lo = dotHashLo(hash, counter);
    this.#liveHi = (this.#liveHi + sign * dotHashHi(hash, counter)) | 0;
    this.#liveLo = (this.#liveLo + sign * lo) | 0;
    this.#marks = (this.#marks + sign * markHash(lo, this.#columns.keyHashAt(slot), time)) | 0;
  }

  #countResidual(key: string, residual: DotSet, sign: 1 | -1): void {
    this.residuals += sign;
    const bound = hashText(key);
    const { hi, lo } = hashBytes(residual.encode());
    this.#liveHi = (this.#liveHi + sign * dotHashHi(bound, hi)) | 0;
    this.#liveLo = (this.#liveLo + sign * dotHashLo(bound, lo)) | 0;
  }

  /** Gives every key another slot, in the order of `keys`, which are all there are. */
  #arrange(keys: readonly string[]): void {
    const moved = new Int32Array(this.#columns.keys.length);
    const slots = keys.map((key, to) => {
      const from = this.#slots.get(key) as number; // a key of the table
      moved[from] = to;
      this.#slots.set(key, to);
      return from;
    });
    this.#columns.arrange(slots);
    this.#index.move(moved);
    this.#lookedUp = undefined;
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

function toggle(set: Set<string>, key: string, isIn: boolean): void {
  if (isIn) set.add(key);
  else set.delete(key);
}
