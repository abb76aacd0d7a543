/**
 * The public names of `cairndb/lab`: experiments, which run conflict strategies side by side; and replaying a commit history
 * on replicas, with what last-writer-wins would have lost.
 */

export type { TraceEvent, Tracer } from './cluster/trace.ts';
export { resultToCsv } from './experiment/csv.ts';
export { type ExperimentOptions, type ExperimentProgress, runExperiment } from './experiment/experiment.ts';
export { MEASURES, type Measure, type MeasureName, type Measures } from './experiment/measures.ts';
export type { AssertionOutcome, Cell, ExperimentResult, Interval, Point, StrategyInfo } from './experiment/result.ts';
export { formatResult, parseResult, ResultError } from './experiment/result-file.ts';
export { type RunTrace, traceFirstRuns } from './experiment/traces.ts';
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
export { parseScenario, ScenarioError } from './scenario/parse-scenario.ts';
export type { FullScenario, Scenario } from './scenario/scenario.ts';
export { scenarioSchema } from './scenario/scenario-schema.ts';
export { type KeyRules, type KeyWrite, keyStrategy, type Memory } from './strategies/key-strategy.ts';
export { ALL_STRATEGIES, type StrategyMaker, strategiesNamed } from './strategies/registry.ts';
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
  Write,
} from './strategies/strategy.ts';
