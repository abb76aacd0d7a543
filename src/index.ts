/**
 * The public surface of `cairndb`: a causal key-value store, its clocks, and the exchange between two stores of one
 * process. Parts that fewer people need have entry points of their own (`cairndb/repair`, `cairndb/testkit`, …).
 */

export { type Comparison, DotSet, type Dot, VectorClock } from './clock/index.ts';
export type { Value } from './codec/index.ts';
export type { Env } from './env.ts';
export { CausalError, type ErrorCode, InvariantError, type Outcome } from './errors.ts';
export { exchange, type ExchangeReport, type LocalExchangeOptions } from './repair/index.ts';
export {
  type Absent,
  type Answer,
  type BatchOperation,
  type Change,
  type Conflict,
  type Decision,
  decodeReplicaRecord,
  type Deleted,
  type DeletePolicy,
  deleteWins,
  encodeReplicaRecord,
  keepSiblings,
  type KeyRange,
  lastWriter,
  type Live,
  openStore,
  type ReapReport,
  type ReceiveResult,
  type ReplicaRecord,
  type Report,
  type Resolver,
  Scan,
  Session,
  type Sibling,
  type StandardSchema,
  type Stats,
  type StoreOptions,
  type UpdateRecipe,
  updateWins,
  VersionedKVStore,
  type WriteOptions,
  type Written,
} from './store/index.ts';
