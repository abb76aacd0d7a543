/**
 * The disk of one replica: the storage port over virtual time. It takes time, runs full, fails, forgets what was not
 * synced when the power goes, and harms what lies on it. What a commit under way leaves behind when the process dies is
 * all of it or nothing: engines promise that, by a log whose torn or misordered tail is given up when it is read again.
 */

import type { Random } from '../random.ts';
import { inChunks, textOf } from '../storage/bytes.ts';
import { closedStorage, failedStorage, fullStorage, lockedStorage, unreadableStorage } from '../storage/failure.ts';
import type {
  ByteEntry,
  ByteRange,
  Durability,
  Storage,
  StorageBatch,
  StorageEngine,
  StorageManifest,
} from '../storage/storage.ts';
import { KIND, textKey } from '../store/durable/layout.ts';
import { type Delay, drawDelay } from './chance.ts';
import type { Participant } from './network.ts';
import type { Recorder } from './recorder.ts';

const MANIFEST: StorageManifest = {
  name: 'sim',
  durability: ['synced', 'buffered'],
  survives: 'power',
  keyBytesMax: 65_536,
  valueBytesMax: 256 * 1024 * 1024,
};
const CHUNK_ENTRIES = 100;

/** What is on a disk at one moment. */
export type DiskImage = ReadonlyMap<string, ByteEntry>;

/** How long commits take. */
export type DiskPace = { readonly synced: Delay; readonly buffered: Delay };

/** How a commit fails: nothing of it is there, or all of it is; its caller cannot know. */
export type SyncFailure = 'applied' | 'not applied';

/** What an entry was before a commit that may still be lost. */
type Undo = readonly (readonly [text: string, before: ByteEntry | undefined])[];

/** A disk that outlives whoever has it open. */
export class SimDisk implements StorageEngine {
  readonly name: string;
  readonly #random: Random;
  readonly #recorder: Recorder;
  #entries = new Map<string, ByteEntry>();
  /** Records as they were before they were written over or removed. */
  readonly #former = new Map<string, ByteEntry>();
  #sorted: readonly string[] | undefined;
  readonly #unsynced: Undo[] = [];
  #underWay: StorageBatch | undefined;
  #owner: Participant | undefined;
  #opened: object | undefined;
  #place: string | undefined;
  #marks = 0;
  #pace: DiskPace;
  #isFull = false;
  #failures: SyncFailure[] = [];
  #readsFail = 0;

  constructor(name: string, random: Random, recorder: Recorder, pace: DiskPace) {
    this.name = name;
    this.#random = random;
    this.#recorder = recorder;
    this.#pace = pace;
  }

  /** Whose calls are answered from now on; a former owner's never are. */
  handOver(owner: Participant): void {
    this.#owner = owner;
    this.#opened = undefined;
  }

  set pace(pace: DiskPace) {
    this.#pace = pace;
  }

  set isFull(isFull: boolean) {
    this.#isFull = isFull;
  }

  /** The next commits fail. */
  failSyncs(how: readonly SyncFailure[]): void {
    this.#failures.push(...how);
  }

  /** The next reads fail. */
  failReads(count: number): void {
    this.#readsFail = count;
  }

  /** Nothing fails any more. */
  heal(pace: DiskPace): void {
    this.#pace = pace;
    this.#isFull = false;
    this.#failures = [];
    this.#readsFail = 0;
  }

  /** The process that had it open died, and the power went with it: some of what was not synced is gone. */
  cutPower(): void {
    const kept = this.#survivors();
    const isWhole = kept === this.#unsynced.length;
    if (!isWhole) this.#recorder.fired('unsynced tail lost');
    for (const undo of this.#unsynced.splice(kept).reverse()) this.#undo(undo);
    this.#unsynced.length = 0;
    if (this.#underWay !== undefined) {
      const isThere = isWhole && this.#random.chance(0.5);
      this.#recorder.fired(isThere ? 'commit kept in a crash' : 'torn write');
      if (isThere) this.#apply(this.#underWay);
    }
    this.#underWay = undefined;
    this.#opened = undefined;
  }

  /** The process that had it open died; the machine goes on, and writes what it was given. */
  cutOff(): void {
    if (this.#underWay !== undefined && this.#random.chance(0.5)) this.#apply(this.#underWay);
    this.#underWay = undefined;
    this.#opened = undefined;
  }

  /** A copy of all that is there. */
  image(): DiskImage {
    return new Map(this.#entries);
  }

  /** Puts a copy in the place of what is there; it can be told that it is one. */
  restore(image: DiskImage): void {
    this.#entries = new Map(image);
    this.#former.clear();
    this.#sorted = undefined;
    this.#unsynced.length = 0;
    this.move();
  }

  /** Puts another copy in the place of what is there, and gives that; nothing tells them apart. */
  exchange(image: DiskImage): DiskImage {
    const before = this.image();
    this.#entries = new Map(image);
    this.#former.clear();
    this.#sorted = undefined;
    this.#unsynced.length = 0;
    return before;
  }

  /** The bytes are not where they were: copied, or on another machine. */
  move(): void {
    this.#marks += 1;
    this.#place = `${this.name} ${this.#marks}`;
  }

  /**
   * Takes the record of a key away, turns a bit of it, or puts back what it was before it was last written over or removed.
   * Gives whether there was one.
   */
  harm(key: string, how: 'silent loss' | 'bit rot' | 'former bytes'): boolean {
    const text = textOf(textKey(KIND.record, key));
    const entry = this.#entries.get(text);
    if (how === 'former bytes') {
      const former = this.#former.get(text);
      if (former === undefined || former === entry) return false;
      this.#sorted = undefined;
      this.#entries.set(text, former);
      return true;
    }
    if (entry === undefined) return false;
    this.#sorted = undefined;
    if (how === 'silent loss') return this.#entries.delete(text);
    const [at, value] = entry;
    const bit = this.#random.below(value.length * 8);
    this.#entries.set(text, [at, value.map((byte, index) => (index === bit >> 3 ? byte ^ (1 << (bit & 7)) : byte))]);
    return true;
  }

  readonly open = async (): Promise<Storage> => {
    const owner = this.#owner;
    if (owner === undefined || !owner.isAlive()) return new Promise(() => undefined);
    if (this.#opened !== undefined) throw lockedStorage(this.name);
    const session = {};
    this.#opened = session;
    await after(owner, this.#delay('buffered'));
    const check = (): void => {
      if (this.#opened !== session) throw closedStorage(this.name);
    };
    return {
      manifest: MANIFEST,
      place: {
        read: () => Promise.resolve(this.#place),
        mark: async () => {
          this.move();
          return this.#place ?? '';
        },
      },
      getMany: (keys) => {
        if (!owner.isAlive()) return new Promise(() => undefined);
        check();
        this.#read();
        return keys.map((key) => this.#entries.get(textOf(key))?.[1]);
      },
      getNow: (key) => {
        check();
        return this.#entries.get(textOf(key))?.[1];
      },
      scan: (range) => {
        check();
        this.#read();
        return inChunks(this.#inRange(range), CHUNK_ENTRIES);
      },
      commit: (batch, durability) => {
        if (!owner.isAlive()) return new Promise(() => undefined);
        check();
        return this.#commit(owner, batch, durability);
      },
      close: () => {
        if (owner.isAlive() && this.#opened === session) this.#opened = undefined;
      },
    };
  };

  #read(): void {
    if (this.#readsFail === 0) return;
    this.#readsFail -= 1;
    this.#recorder.fired('read error');
    throw unreadableStorage(this.name, new Error('it does not answer'));
  }

  async #commit(owner: Participant, batch: StorageBatch, durability: Durability): Promise<void> {
    const failure = this.#failures.shift();
    const isFull = this.#isFull;
    const isSynced = durability === 'synced';
    if (!isFull && failure === undefined && !isSynced) this.#unsynced.push(this.#apply(batch));
    else if (!isFull && failure !== 'not applied') this.#underWay = batch;
    await after(owner, this.#delay(durability));
    this.#underWay = undefined;
    if (isFull) {
      this.#recorder.fired('full disk');
      throw fullStorage(this.name, new Error('no room'));
    }
    if (failure !== undefined) {
      this.#recorder.fired('failing sync');
      // It happened wholly, so that it survives if it was to be synced; and a later one never survives what an earlier does not.
      if (failure === 'applied') this.#unsynced.push(this.#apply(batch));
      if (failure === 'applied' && isSynced) this.#unsynced.length = 0;
      throw failedStorage(this.name, new Error('it broke'));
    }
    if (!isSynced) return;
    this.#write(batch);
    this.#unsynced.length = 0;
  }

  #delay(durability: Durability): number {
    return drawDelay(this.#pace[durability], this.#random);
  }

  /**
   * How many of the commits that were not synced are still there: each reached the disk, in any order, or was torn; the
   * log ends before the first that is not whole.
   */
  #survivors(): number {
    if (this.#random.chance(0.3)) return this.#unsynced.length;
    const isWhole = this.#unsynced.map(() => this.#random.chance(0.6));
    const first = isWhole.indexOf(false);
    if (first >= 0 && isWhole.includes(true, first)) this.#recorder.fired('reordered writes');
    return first < 0 ? isWhole.length : first;
  }

  #apply(batch: StorageBatch): Undo {
    const undo: [string, ByteEntry | undefined][] = [];
    for (const entry of batch.puts) {
      const text = textOf(entry[0]);
      undo.push([text, this.#entries.get(text)]);
      this.#put(text, entry);
    }
    for (const key of batch.deletes) {
      const text = textOf(key);
      undo.push([text, this.#entries.get(text)]);
      this.#remove(text, key);
    }
    this.#sorted = undefined;
    return undo;
  }

  /** As `#apply`, for good. */
  #write({ puts, deletes }: StorageBatch): void {
    for (const entry of puts) this.#put(textOf(entry[0]), entry);
    for (const key of deletes) this.#remove(textOf(key), key);
    this.#sorted = undefined;
  }

  #put(text: string, entry: ByteEntry): void {
    this.#keepFormer(text, entry[0]);
    this.#entries.set(text, entry);
  }

  #remove(text: string, key: Uint8Array): void {
    this.#keepFormer(text, key);
    this.#entries.delete(text);
  }

  #keepFormer(text: string, key: Uint8Array): void {
    const former = key[0] === KIND.record ? this.#entries.get(text) : undefined;
    if (former !== undefined) this.#former.set(text, former);
  }

  #undo(undo: Undo): void {
    for (const [text, before] of [...undo].reverse()) {
      if (before === undefined) this.#entries.delete(text);
      else this.#entries.set(text, before);
    }
    this.#sorted = undefined;
  }

  #inRange({ from, to }: ByteRange): readonly ByteEntry[] {
    this.#sorted ??= [...this.#entries.keys()].sort();
    const low = from === undefined ? '' : textOf(from);
    const high = to === undefined ? undefined : textOf(to);
    const found: ByteEntry[] = [];
    for (const text of this.#sorted) {
      if (text < low) continue;
      if (high !== undefined && text >= high) break;
      const entry = this.#entries.get(text);
      if (entry !== undefined) found.push(entry);
    }
    return found;
  }
}

function after(owner: Participant, ms: number): Promise<void> {
  return new Promise((resolve) => void owner.after(ms, resolve));
}
