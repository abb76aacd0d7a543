/** The public names of `cairndb/lab`: replaying a commit history on replicas, and what last-writer-wins would have lost. */

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
