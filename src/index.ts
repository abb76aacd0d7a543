/**
 * The public surface of `cairndb`: a causal key-value store and its clocks. How replicas converge is `cairndb/repair`;
 * parts that fewer people need have entry points of their own too (`cairndb/store`, `cairndb/codec`, `cairndb/testkit`).
 */

export { type Comparison, type Dot, DotSet, VectorClock } from './clock/index.ts';
export type { Value } from './codec/index.ts';
export type { Env } from './env.ts';
export { CausalError, type ErrorCode, InvariantError, type Outcome } from './errors.ts';
export {
  type Absent,
  type Answer,
  type BatchOperation,
  type Change,
  type Conflict,
  type Decision,
  type Deleted,
  type DeletePolicy,
  deleteWins,
  type KeyRange,
  keepSiblings,
  type Live,
  lastWriter,
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
