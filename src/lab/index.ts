/** The public names of `cairndb/lab`: replaying a commit history on replicas, and what other strategies would have lost. */

export {
  type Changes,
  type Commit,
  type History,
  HistoryError,
  parseCommit,
  readHistory,
} from './history/git-history.ts';
export { readGitHistory } from './history/git-reader.ts';
export { LastWriterWins, type LastWriterWinsLosses, type Losses } from './history/last-writer-wins.ts';
export type { MetadataBytes } from './history/metadata.ts';
export { type ReplayOptions, replay } from './history/replay.ts';
export type { StorageAt } from './history/replay-replicas.ts';
export {
  type ConflictKind,
  differencesFrom,
  type ExchangeCount,
  type Expected,
  type MergeConflicts,
  parseExpected,
  type ReplayResult,
  resultToJson,
} from './history/replay-result.ts';
export { replayUnder, type StrategyReplayOptions } from './history/strategy-replay.ts';
export {
  type Conflicts,
  countOfAnomalies,
  countOfWrong,
  type HistoryAnomaly,
  type HistoryMeasures,
  type Occasion,
  type StrategyReplayResult,
  type ToldBy,
  type TreeCheck,
  type WrongPath,
} from './history/strategy-replay-result.ts';
export { cairn, cairnDeleteWins, cairnLastWriter, cairnUpdateWins } from './strategies/cairn.ts';
export {
  lastWriterByHybridClock,
  lastWriterByLamportClock,
  lastWriterByWallClock,
} from './strategies/last-writer.ts';
export type { Strategy } from './strategies/strategy.ts';
