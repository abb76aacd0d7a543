/** The public names of `cairndb/lab`: replaying a commit history on replicas, and what last-writer-wins would have lost. */

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
