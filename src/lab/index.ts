/**
 * The public names of `cairndb/lab`: experiments, which run conflict strategies side by side; and replaying a commit history
 * on replicas, under Cairn or any other strategy.
 */

export type { TraceEvent, Tracer } from './cluster/trace.ts';
export { resultToCsv } from './experiment/csv.ts';
export { type ExperimentOptions, type ExperimentProgress, runExperiment } from './experiment/experiment.ts';
export { MEASURES, type Measure, type MeasureName, type Measures } from './experiment/measures.ts';
export type { AssertionOutcome, Cell, ExperimentResult, Interval, Point, StrategyInfo } from './experiment/result.ts';
export { formatResult, parseResult, ResultError } from './experiment/result-file.ts';
export { type RunTrace, traceFirstRuns } from './experiment/traces.ts';
export {
  type Changes,
  type Commit,
  type History,
  HistoryError,
  parseCommit,
  readHistory,
} from './history/git-history.ts';
export { readGitHistory } from './history/git-reader.ts';
export { type HistoryPace, historyWorkload } from './history/history-workload.ts';
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
export { reportHtml } from './report/report.ts';
export { parseScenario, ScenarioError } from './scenario/parse-scenario.ts';
export type { FullScenario, Scenario } from './scenario/scenario.ts';
export { scenarioSchema } from './scenario/scenario-schema.ts';
export { cairn, cairnDeleteWins, cairnLastWriter, cairnUpdateWins } from './strategies/cairn.ts';
export { strategiesNamed } from './strategies/chosen.ts';
export { type KeyRules, type KeyWrite, keyStrategy, type Memory } from './strategies/key-strategy.ts';
export {
  lastWriterByHybridClock,
  lastWriterByLamportClock,
  lastWriterByWallClock,
} from './strategies/last-writer.ts';
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
