/**
 * The public names of `cairndb/lab`: replaying a commit history on replicas, what last-writer-wins would have lost, and the
 * strategies of experiments, with what a strategy of one's own is made of.
 */

export { type Changes, type Commit, type History, HistoryError, parseCommit, readHistory } from './git-history.ts';
export { readGitHistory } from './git-reader.ts';
export { LastWriterWins, type LastWriterWinsLosses, type Losses } from './last-writer-wins.ts';
export type { MetadataBytes } from './metadata.ts';
export { type ReplayOptions, replay } from './replay.ts';
export type { StorageAt } from './replay-replicas.ts';
export {
  type ConflictKind,
  differencesFrom,
  type ExchangeCount,
  type Expected,
  type MergeConflicts,
  parseExpected,
  type ReplayResult,
  resultToJson,
} from './replay-result.ts';
export { type KeyRules, type KeyWrite, keyStrategy, type Memory } from './strategies/key-strategy.ts';
export { ownStrategy } from './strategies/own-strategy.ts';
export { ALL_STRATEGIES, type OptionValue, type StrategyMaker, type StrategyOptions } from './strategies/registry.ts';
export type {
  Basis,
  Census,
  ExchangeCost,
  Met,
  Reaping,
  ReplicaSeat,
  Shown,
  Strategy,
  StrategyReplica,
  StrategyRun,
  Taken,
  Write,
} from './strategies/strategy.ts';
