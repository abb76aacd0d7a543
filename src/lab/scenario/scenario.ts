/**
 * A scenario: what people write down, in JSON or YAML. Nearly everything has a default; where a list stands for a value,
 * every combination is run (a sweep). Its settings are made of it by settings.ts, its form is checked by parse-scenario.ts,
 * which publishes it as a JSON Schema too. Times are in ms.
 */

import type { MeasureName } from '../experiment/measures.ts';
import type { Delay } from './delay.ts';
import type { FitName } from './latency-fits.ts';
import type {
  Fault,
  KeyChoice,
  Latency,
  OperationKind,
  ProbeWorkload,
  ScriptedWorkload,
  ScriptStep,
} from './setting.ts';

/** The version of the format. */
export const SCENARIO_VERSION = 1;

export type OneOrMore<T> = T | readonly T[];

/** A strategy by name, or with its own options (as `graceMs`), or a module of the user's by its path. */
export type StrategyChoice =
  | string
  | {
      readonly use: string;
      readonly title?: string;
      readonly options?: Readonly<Record<string, number | string | boolean>>;
    };

export type ScenarioNetwork = {
  readonly name?: string;
  /** One delay for every message, one for each kind, or a published fit. Default: exponential, mean 5 ms. */
  readonly latency?: Delay | Latency | FitName;
  readonly loss?: number;
  readonly duplicate?: number;
};

export type ScenarioWorkload =
  | {
      readonly kind?: 'drawn';
      readonly clients?: number;
      /** How many together, and for how long; null: that does not end it. Default: for 10 s. */
      readonly operations?: number | null;
      readonly durationMs?: number | null;
      readonly keys?: number;
      readonly choice?: KeyChoice;
      readonly loaded?: number;
      readonly mix?: Readonly<Partial<Record<OperationKind, number>>>;
      readonly inserts?: number;
      readonly scanKeys?: number;
      readonly thinkMs?: Delay;
      readonly isSticky?: boolean;
    }
  | {
      readonly kind: 'probe';
      readonly clients?: number;
      readonly probesEach?: number;
      readonly afterMs?: readonly number[];
      readonly gapMs?: number;
    }
  | { readonly kind: 'script'; readonly steps: readonly ScriptStep[] }
  | HistoryWorkload;

/** The commits of a file as what clients do; see history/history-workload.ts. Paths are relative to the scenario's. */
export type HistoryWorkload = {
  readonly kind: 'history';
  readonly file: string;
  readonly clients?: number;
  readonly msPerHour?: number;
  readonly gapMsMax?: number;
};

/** Faults that the seed draws: so many, of these kinds, within the first part of the run. */
export type Swarm = {
  readonly kinds?: readonly Fault['kind'][];
  readonly count?: number;
  /** Default (null): the first three fifths of the workload. */
  readonly withinMs?: number | null;
  readonly forMs?: { readonly fromMs: number; readonly toMs: number };
  readonly clockMs?: number;
};

/** What must come out: a measure of a strategy (or of each: `*`), compared with a number. */
export type Assertion = {
  readonly strategy: string;
  readonly measure: MeasureName;
  readonly is: '=' | '<' | '<=' | '>' | '>=';
  readonly to: number;
  /** Of which runs: the mean over seeds (default), or every single run. */
  readonly of?: 'mean' | 'every';
};

export type Scenario = {
  readonly scenario: typeof SCENARIO_VERSION;
  readonly name: string;
  /** What it shows, in a sentence or two. */
  readonly about?: string;
  /** How many seeds from 1 on, or which. Default: 20. */
  readonly seeds?: number | readonly number[];
  readonly strategies?: readonly StrategyChoice[];
  readonly replicas?: OneOrMore<number>;
  readonly r?: OneOrMore<number>;
  readonly w?: OneOrMore<number>;
  readonly network?: OneOrMore<ScenarioNetwork>;
  readonly coordinator?: 'replica' | 'client';
  readonly timeoutMs?: number;
  /** Pace of what replicas do by themselves; null or false switches it off. */
  readonly exchangeEveryMs?: number | null;
  readonly readRepair?: boolean;
  readonly hints?: { readonly ttlMs?: number; readonly everyMs?: number } | false;
  readonly tidyEveryMs?: number;
  readonly workload?: ScenarioWorkload;
  readonly faults?: readonly Fault[] | { readonly swarm: Swarm };
  readonly settleMs?: number;
  readonly clockSkewMs?: number;
  /** Measures that tables and plots show first. Default: those in which the strategies differ. */
  readonly measures?: readonly MeasureName[];
  readonly assertions?: readonly Assertion[];
};

/** A network with every default filled in. */
export type FullNetwork = Required<ScenarioNetwork>;

/** A workload with every default filled in. */
export type FullWorkload =
  | (Required<Extract<ScenarioWorkload, { readonly kind?: 'drawn' }>> & {
      readonly mix: Readonly<Record<OperationKind, number>>;
    })
  | ProbeWorkload
  | ScriptedWorkload
  | Required<HistoryWorkload>;

/** A scenario with every default filled in; it is one too. */
export type FullScenario = Required<
  Omit<Scenario, 'seeds' | 'replicas' | 'r' | 'w' | 'network' | 'hints' | 'workload' | 'faults' | 'assertions'>
> & {
  readonly seeds: readonly number[];
  readonly replicas: readonly number[];
  readonly r: readonly number[];
  readonly w: readonly number[];
  readonly network: readonly FullNetwork[];
  readonly hints: Required<Exclude<NonNullable<Scenario['hints']>, false>> | false;
  readonly workload: FullWorkload;
  readonly faults: readonly Fault[] | { readonly swarm: Required<Swarm> };
  readonly assertions: readonly Required<Assertion>[];
};
