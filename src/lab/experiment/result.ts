/** What an experiment comes to: data, the same bytes for the same scenario and seeds, read by tables, plots and people. */

import type { FullScenario } from '../scenario/scenario.ts';
import type { Point } from '../scenario/settings.ts';
import type { MeasureName, Measures } from './measures.ts';
import type { Series } from './run-setting.ts';

export type { Point } from '../scenario/settings.ts';

/** The version of the format of result.json. */
export const RESULT_VERSION = 1;

/** A mean over seeds with its 95 % interval (Student's t); the interval of one seed is the value itself. */
export type Interval = { readonly mean: number; readonly low: number; readonly high: number; readonly runs: number };

export type StrategyInfo = {
  /** Names it within this result. */
  readonly name: string;
  readonly title: string;
  readonly rule: string;
  readonly source: string;
  readonly showsConflicts: boolean;
};

/** One strategy at one point, over all seeds. */
export type Cell = {
  readonly strategy: string;
  readonly point: Point;
  /** By seed, in the order of `seeds`. */
  readonly runs: readonly Measures[];
  readonly summary: Readonly<Record<MeasureName, Interval | null>>;
  /** Summed over the seeds; tombstones: their mean at each step. */
  readonly series: Series;
};

export type AssertionOutcome = {
  readonly text: string;
  readonly holds: boolean;
  /** What was found where it does not. */
  readonly found: string;
};

export type ExperimentResult = {
  readonly result: typeof RESULT_VERSION;
  /** The version of Cairn that ran it. */
  readonly cairn: string;
  /** With every default filled in. */
  readonly scenario: FullScenario;
  readonly seeds: readonly number[];
  readonly strategies: readonly StrategyInfo[];
  readonly points: readonly Point[];
  readonly cells: readonly Cell[];
  readonly assertions: readonly AssertionOutcome[];
  /** Clients' operations in all runs together. */
  readonly operations: number;
};
