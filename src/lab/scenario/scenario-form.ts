/** What a scenario may say, as one table: parse-scenario.ts reads by it, scenario-schema.ts publishes it. */

import { MEASURE_NAMES } from '../experiment/measures.ts';
import {
  choice,
  defaulted,
  dictionary,
  either,
  type Field,
  type Form,
  flag,
  kinds,
  list,
  named,
  number,
  object,
  oneOrMore,
  optional,
  required,
  text,
  whole,
} from './form.ts';
import { type Assertion, type FullScenario, SCENARIO_VERSION, type StrategyChoice, type Swarm } from './scenario.ts';
import type { Fault } from './setting.ts';
import { ms, type NamelessNetwork, network, pace, replicaIndex, word, workload } from './workload-form.ts';

export const SEEDS_MAX = 10_000;

const seeds: Form<number | readonly number[]> = either<number | readonly number[]>(
  { when: (value) => !Array.isArray(value), form: whole({ from: 1, to: SEEDS_MAX }) },
  { when: Array.isArray, form: list(whole({ to: 2 ** 40 }), { least: 1, most: SEEDS_MAX, isUnique: true }) },
);

type OptionValue = number | string | boolean;

const optionValue: Form<OptionValue> = either<OptionValue>(
  { when: (value) => typeof value === 'number', form: number({ from: -1e12, to: 1e12 }) },
  { when: (value) => typeof value === 'boolean', form: flag },
  { when: () => true, form: text('^[^\\p{Cc}\\p{Cs}]{0,1000}$', 'a number, a text, true or false') },
);

const strategy: Form<StrategyChoice> = either<StrategyChoice>(
  { when: (value) => typeof value === 'string', form: word },
  {
    when: () => true,
    form: object<Exclude<StrategyChoice, string>>({
      use: required(word, 'its name, or a path to a module that ends in .js, .mjs or .ts'),
      title: optional(word, 'as tables head it'),
      options: optional(dictionary(optionValue, '^[A-Za-z][A-Za-z0-9]{0,99}$'), 'its own, as graceMs'),
    }),
  },
);

const replicaCount: Form<number> = whole({ from: 1, to: 64 });
const forMs = optional(ms, 'how long; otherwise until all is healed');
const atMs = required(ms, 'from the start');
const replica = required(replicaIndex, 'from 0 on');

const fault: Form<Fault> = named(
  'fault',
  kinds<Fault>({
    cut: object({
      kind: required(choice('cut'), 'no message goes between the sides'),
      ...{ atMs, forMs },
      sides: required(
        list(list(replicaIndex, { least: 1, most: 64, isUnique: true }), { least: 2, most: 64 }),
        'replicas, from 0 on; no replica is on two sides',
      ),
    }),
    away: object({ kind: required(choice('away'), 'reached by nobody; its clients go on'), atMs, forMs, replica }),
    crash: object({ kind: required(choice('crash'), 'down; what it had is there later'), atMs, forMs, replica }),
    forget: object({ kind: required(choice('forget'), 'its disk is lost; it begins anew'), atMs, replica }),
    clock: object({
      kind: required(choice('clock'), 'its wall clock jumps'),
      ...{ atMs, replica },
      byMs: required(number({ from: -1e12, to: 1e12 }), 'by so much'),
    }),
  }),
);

const FAULTS: readonly Fault['kind'][] = ['cut', 'away', 'crash', 'forget', 'clock'];

const swarm: Form<Required<Swarm>> = object<Required<Swarm>>({
  kinds: defaulted(list(choice(...FAULTS), { least: 1, most: 5, isUnique: true }), FAULTS, 'which are drawn'),
  count: defaulted(whole({ to: 1_000 }), 6, 'how many'),
  withinMs: defaulted(
    either<number | null>({ when: (value) => value === null, form: choice(null) }, { when: () => true, form: pace }),
    null,
    'they begin within this time; null: the first three fifths of the workload',
  ),
  forMs: defaulted(
    object<Required<Swarm>['forMs']>({ fromMs: required(ms, 'at least'), toMs: required(ms, 'at most') }),
    { fromMs: 200, toMs: 2_000 },
    'how long each lasts',
  ),
  clockMs: defaulted(ms, 1_000, 'clocks jump by up to this much, either way'),
});

type Faults = FullScenario['faults'];

const faults: Form<Faults> = either<Faults>(
  { when: Array.isArray, form: list(fault, { most: 1_000 }) },
  {
    when: () => true,
    form: object<{ readonly swarm: Required<Swarm> }>({ swarm: required(swarm, 'drawn by the seed') }),
  },
);

const hints: Form<FullScenario['hints']> = either<FullScenario['hints']>(
  { when: (value) => value === false, form: choice(false) },
  {
    when: () => true,
    form: object<Exclude<FullScenario['hints'], false>>({
      ttlMs: defaulted(pace, 10_000, 'how long one is kept'),
      everyMs: defaulted(pace, 500, 'how often it is tried'),
    }),
  },
);

const assertion: Form<Required<Assertion>> = object<Required<Assertion>>({
  strategy: required(word, 'its name in this scenario; *: each'),
  measure: required(choice(...MEASURE_NAMES), 'which measure'),
  is: required(choice('=', '<', '<=', '>', '>='), 'how it compares'),
  to: required(number({ from: -1e15, to: 1e15 }), 'with what'),
  of: defaulted(choice('mean', 'every'), 'mean', 'the mean over the seeds, or every single run'),
});

/** A scenario as its form leaves it: seeds not counted out, networks not named. */
export type FormedScenario = Omit<FullScenario, 'seeds' | 'network'> & {
  readonly seeds: number | readonly number[];
  readonly network: readonly NamelessNetwork[];
};

const OF_REPLICAS = { most: 16, isUnique: true };

const FIELDS: { readonly [K in keyof FormedScenario]-?: Field<FormedScenario[K]> } = {
  scenario: required(choice(SCENARIO_VERSION), 'the version of this format'),
  name: required(word, 'what it is called'),
  about: defaulted(text('^[^\\p{Cs}]{0,2000}$', 'a text of up to 2000 characters'), '', 'what it shows'),
  seeds: defaulted(seeds, 20, 'how many, from 1 on; or which'),
  strategies: defaulted(
    list(strategy, { most: 64 }),
    ['cairn', 'lww-wall', 'lww-hybrid', 'lww-lamport'],
    'what is compared; `cairn experiment --list` has the names',
  ),
  replicas: defaulted(oneOrMore(replicaCount, OF_REPLICAS), 3, 'how many; a list is a sweep'),
  r: defaulted(oneOrMore(replicaCount, OF_REPLICAS), 1, 'how many answer a read; a list is a sweep'),
  w: defaulted(oneOrMore(replicaCount, OF_REPLICAS), 1, 'how many acknowledge a write; a list is a sweep'),
  network: defaulted(oneOrMore(network, { most: 16 }), {}, 'how messages travel; a list is a sweep'),
  coordinator: defaulted(
    choice('replica', 'client'),
    'replica',
    'who sends to all and counts: the replica of a client, or the client itself',
  ),
  timeoutMs: defaulted(pace, 1_000, 'an operation that is not answered by then has failed'),
  exchangeEveryMs: defaulted(
    either<number | null>({ when: (value) => value === null, form: choice(null) }, { when: () => true, form: pace }),
    1_000,
    'how often each replica exchanges with another; null: never',
  ),
  readRepair: defaulted(flag, true, 'whether a read brings replicas what they lack'),
  hints: defaulted(hints, {}, 'writes kept for replicas that did not acknowledge; false: none'),
  tidyEveryMs: defaulted(pace, 1_000, 'how often a replica forgets what its rule lets it forget'),
  workload: defaulted(workload, {}, 'what clients do'),
  faults: defaulted(faults, [], 'what befalls the replicas: a list, or a swarm that the seed draws'),
  settleMs: defaulted(pace, 20_000, 'how long replicas have to become equal when all is healed'),
  clockSkewMs: defaulted(ms, 0, 'wall clocks are wrong by up to this much, either way'),
  measures: defaulted(
    list(choice(...MEASURE_NAMES), { most: MEASURE_NAMES.length, isUnique: true }),
    [],
    'which tables and plots show first; none: those in which the strategies differ',
  ),
  assertions: defaulted(list(assertion, { most: 1_000 }), [], 'what must come out, so that it can be a test'),
};

/** A `$schema` may be there, for editors. */
export const scenarioForm: Form<FormedScenario> = object<FormedScenario>(FIELDS, ['$schema']);
