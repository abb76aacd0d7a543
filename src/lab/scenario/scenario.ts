/**
 * A scenario: what people write down, in JSON or YAML. Nearly everything has a default; where a list stands for a value,
 * every combination is run (a sweep). Its settings are made of it by settings.ts, its form is checked by parse-scenario.ts,
 * which publishes it as a JSON Schema too. Times are in ms.
 */

import type { Delay } from './delay.ts';
import type { Fault, KeyChoice, OperationKind, ScriptStep } from './setting.ts';

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
  /** One delay for every message, or one for each kind. Default: exponential, mean 5 ms. */
  readonly latency?:
    | Delay
    | { readonly write: Delay; readonly acknowledge: Delay; readonly request: Delay; readonly response: Delay };
  readonly loss?: number;
  readonly duplicate?: number;
};

export type ScenarioWorkload =
  | {
      readonly kind?: 'drawn';
      readonly clients?: number;
      readonly operations?: number;
      readonly durationMs?: number;
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
  | { readonly kind: 'script'; readonly steps: readonly ScriptStep[] };

/** Faults that the seed draws: so many of each kind within the first part of the run. */
export type Swarm = {
  readonly kinds?: readonly Fault['kind'][];
  readonly count?: number;
  readonly withinMs?: number;
  readonly forMs?: { readonly fromMs: number; readonly toMs: number };
  readonly clockMs?: number;
};

/** What must come out: a measure of a strategy (or of each: `*`), compared with a number. */
export type Assertion = {
  readonly strategy: string;
  readonly measure: string;
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
  readonly measures?: readonly string[];
  readonly assertions?: readonly Assertion[];
};
