/**
 * The storage port: an ordered map of bytes with one atomic commit. Engines see bytes, never siblings, and are given one
 * commit at a time: gathering many callers into one (group commit) is done above them, once. The store in memory keeps
 * objects and needs no engine.
 */

/** Methods may answer with a value or a promise. */
export type MaybePromise<T> = T | Promise<T>;

/** `synced`: on the medium when the commit answers. `buffered`: perhaps lost by a power cut, never torn. */
export type Durability = 'synced' | 'buffered';

/** Inclusive `from`, exclusive `to`, in the order of bytes; without them, from the first or to the last key. */
export type ByteRange = { readonly from?: Uint8Array; readonly to?: Uint8Array };

export type ByteEntry = readonly [key: Uint8Array, value: Uint8Array];

/** A key is named once. */
export type StorageBatch = { readonly puts: readonly ByteEntry[]; readonly deletes: readonly Uint8Array[] };

/** What an engine can do; the conformance suite runs the parts that it claims. */
export type StorageManifest = {
  readonly name: string;
  /** What `commit` can be asked for. */
  readonly durability: readonly Durability[];
  /** What survives of a synced commit: the end of the process, or of the power too. */
  readonly survives: 'nothing' | 'process' | 'power';
  readonly keyBytesMax: number;
  readonly valueBytesMax: number;
};

/**
 * Evidence that the bytes are where they were: a copy or a restored backup of them has another fingerprint, whatever
 * tool made it.
 */
export type StoragePlace = {
  /** The fingerprint of this place; undefined when it was never marked. */
  readonly read: () => Promise<string | undefined>;
  /** Marks the place anew and gives its fingerprint. */
  readonly mark: () => Promise<string>;
};

/**
 * An open engine. Failures are CausalErrors: `STORAGE_FULL` and `STORAGE_UNREADABLE` when nothing happened,
 * `STORAGE_FAILED` when a commit may have happened. After a failure the engine recovers by itself, at the latest with
 * the next call, as soon as the cause is gone.
 */
export type Storage = {
  readonly manifest: StorageManifest;
  /** Undefined where bytes cannot be copied behind the engine's back. */
  readonly place: StoragePlace | undefined;
  /** Values in the order of the keys; undefined for one that is not there. Nobody changes bytes handed over either way. */
  readonly getMany: (keys: readonly Uint8Array[]) => MaybePromise<readonly (Uint8Array | undefined)[]>;
  /** The same for one key, at once; absent where the engine cannot. */
  readonly getNow?: (key: Uint8Array) => Uint8Array | undefined;
  /** Chunks of entries in key order, all as of the moment of the call. */
  readonly scan: (range: ByteRange) => AsyncIterable<readonly ByteEntry[]>;
  /**
   * All of the batch or nothing of it, also over a crash. Commits come one after another, and a later one never
   * survives a crash that an earlier one does not survive.
   */
  readonly commit: (batch: StorageBatch, durability: Durability) => MaybePromise<void>;
  /** Gives back the room of what was deleted; absent where the engine does so by itself or cannot. */
  readonly compact?: () => MaybePromise<void>;
  readonly close: () => MaybePromise<void>;
};

/** Where a store keeps its bytes. */
export type StorageEngine = {
  /** The kind of engine and where it is, for people: `level:./data`. */
  readonly name: string;
  /** Opens it, for this store alone. Throws: STORAGE_LOCKED while another store has it. */
  readonly open: () => Promise<Storage>;
};
