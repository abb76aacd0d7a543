/**
 * The storage port: an ordered map of bytes with one atomic commit. Engines see bytes, never siblings. The store in
 * memory keeps objects and needs no engine; the durable store puts one of these under the same steps.
 */

/** Methods may answer with a value or a promise. */
export type MaybePromise<T> = T | Promise<T>;

/** `synced`: on the medium when the commit answers. `buffered`: perhaps lost by a power cut, never torn. */
export type Durability = 'synced' | 'buffered';

/** Inclusive `from`, exclusive `to`, in the order of bytes. */
export type ByteRange = { readonly from?: Uint8Array; readonly to?: Uint8Array; readonly limit?: number };

export type StorageBatch = {
  readonly puts: readonly (readonly [key: Uint8Array, value: Uint8Array])[];
  readonly deletes: readonly Uint8Array[];
};

/** What an engine can do; the conformance suite runs the parts that it claims. */
export type StorageManifest = {
  readonly name: string;
  readonly durability: readonly Durability[];
  readonly isSynchronous: boolean;
  readonly keyBytesMax: number;
  readonly valueBytesMax: number;
};

export type Storage = {
  readonly manifest: StorageManifest;
  /** Values in the order of the keys; undefined for one that is not there. */
  readonly getMany: (keys: readonly Uint8Array[]) => MaybePromise<readonly (Uint8Array | undefined)[]>;
  /** Chunks of entries in key order, all of one snapshot. */
  readonly scan: (range: ByteRange) => AsyncIterable<readonly (readonly [key: Uint8Array, value: Uint8Array])[]>;
  /** All of the batch or nothing of it. */
  readonly commit: (batch: StorageBatch, durability: Durability) => MaybePromise<void>;
  readonly close: () => MaybePromise<void>;
};
