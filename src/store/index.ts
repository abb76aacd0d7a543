/** The public names of `cairndb/store`: opening a store, what it answers, and the pure record algebra under it. */

export type { Absent, Answer, Conflict, Deleted, Live } from './answer.ts';
export type { Change } from './change-feed.ts';
export type { Explanation } from './explain.ts';
export type { Fault, OnProgress, VerifyReport } from './journal.ts';
export type { KeyRange } from './key-order.ts';
export { openStore, type StoreOptions } from './open-store.ts';
export type { BatchOperation, ReceiveResult, Report, UpdateRecipe, WriteOptions, Written } from './operations.ts';
export {
  type Cover,
  discard,
  isTombstone,
  type Merged,
  merge,
  type StoreRecord,
  type Version,
  write,
} from './record.ts';
export type { ReplicaRecord } from './replica-record.ts';
export { decodeReplicaRecord, encodeReplicaRecord } from './replica-record-encoding.ts';
export type { ReapReport } from './replica-state.ts';
export {
  type Decision,
  type DeletePolicy,
  deleteWins,
  keepSiblings,
  lastWriter,
  type Resolver,
  type Sibling,
  updateWins,
} from './resolve.ts';
export { Scan } from './scan.ts';
export type { StandardSchema } from './schema.ts';
export { Session } from './session.ts';
export type { Stats } from './stats.ts';
export { VersionedKVStore } from './versioned-kv-store.ts';
