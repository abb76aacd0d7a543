/** The strategies that a scenario can name, each with the options it takes; and those of a scenario, made. */

import { ScenarioError } from '../scenario/form.ts';
import type { StrategyChoice } from '../scenario/scenario.ts';
import { cairn, cairnDeleteWins, cairnLastWriter, cairnUpdateWins } from './cairn.ts';
import { cassandra, GRACE_MS } from './cassandra.ts';
import { couchDb, REVS_LIMIT } from './couchdb.ts';
import { dvv } from './dvv.ts';
import { lastWriterByHybridClock, lastWriterByLamportClock, lastWriterByWallClock } from './last-writer.ts';
import { REAP_DELAY_MS, riakDelay, riakImmediate, riakKeep } from './riak.ts';
import { scalar, scalarWithTombstones } from './scalar.ts';
import type { Strategy } from './strategy.ts';
import { versionVectorsByClient } from './vv-client.ts';
import { versionVectorsByServer } from './vv-server.ts';

export type StrategyOption = { readonly about: string; readonly fallback: number | string | boolean };
export type StrategyOptions = Readonly<Record<string, number | string | boolean>>;

/** What makes a strategy of its options. */
export type StrategyMaker = {
  readonly name: string;
  /** Given a value for each of `options`. */
  readonly make: (options: StrategyOptions) => Strategy;
  readonly options: Readonly<Record<string, StrategyOption>>;
};

/** What documentation of Riak calls a vnode's epoch for a key. */
const KEY_EPOCHS = {
  keyEpochs: { about: 'whether a key that is not there gets a new actor, as since Riak 2.1', fallback: false },
} as const;

export const ALL_STRATEGIES: readonly StrategyMaker[] = [
  fixed(cairn),
  fixed(cairnLastWriter),
  fixed(cairnDeleteWins),
  fixed(cairnUpdateWins),
  fixed(scalar),
  fixed(scalarWithTombstones),
  fixed(lastWriterByWallClock),
  fixed(lastWriterByHybridClock),
  fixed(lastWriterByLamportClock),
  maker(cassandra, { graceMs: { about: 'how long a tombstone is kept (gc_grace_seconds)', fallback: GRACE_MS } }),
  maker(riakKeep, KEY_EPOCHS),
  maker(riakImmediate, KEY_EPOCHS),
  maker(riakDelay, {
    delayMs: { about: 'how long until a tombstone is reaped (delete_mode)', fallback: REAP_DELAY_MS },
    ...KEY_EPOCHS,
  }),
  maker(couchDb, { revsLimit: { about: 'how many revisions a leaf remembers (revs_limit)', fallback: REVS_LIMIT } }),
  fixed(versionVectorsByServer),
  maker(versionVectorsByClient, { pruneAt: { about: 'how many entries a vector keeps; 0: all', fallback: 0 } }),
  maker(dvv, { drop: { about: 'whether a deleted key forgets its vector', fallback: false } }),
];

/**
 * The strategies that were chosen, in order, each by a name of its own: that of the choice, with its options if it has any.
 * `own`: strategies of the user's; a choice may name one of them, and those that none names come last.
 * Throws: ScenarioError.
 */
export function strategiesNamed(
  choices: readonly StrategyChoice[],
  own: readonly Strategy[] = [],
): readonly Strategy[] {
  const made = new Map<string, Strategy>();
  const used = new Set<Strategy>();
  const add = (name: string, strategy: Strategy, path: string): void => {
    if (made.has(name))
      throw new ScenarioError(path, `is ${JSON.stringify(name)} once more`, 'each strategy once', 'sense');
    made.set(name, strategy);
  };
  for (const [at, choice] of choices.entries()) {
    const { use, title, options = {} } = typeof choice === 'string' ? { use: choice } : choice;
    const path = `strategies[${at}]`;
    const mine = own.find(({ name }) => name === use);
    if (mine !== undefined) {
      used.add(mine);
      refuseStray(options, {}, path);
    }
    const strategy = mine ?? makeNamed(use, options, path);
    const name = nameOf(use, options);
    add(name, renamed(strategy, name, title ?? strategy.title), path);
  }
  for (const strategy of own) if (!used.has(strategy)) add(strategy.name, strategy, 'strategies');
  if (made.size === 0) throw new ScenarioError('strategies', 'is empty', 'one at least', 'sense');
  return [...made.values()];
}

function fixed(strategy: Strategy): StrategyMaker {
  return maker(() => strategy, {});
}

/** `O`: the options of `make`, whose names and types are those of the fallbacks. */
function maker<O extends StrategyOptions>(
  make: (options: O) => Strategy,
  options: { readonly [Name in keyof O]-?: { readonly about: string; readonly fallback: O[Name] } },
): StrategyMaker {
  const known: StrategyMaker['options'] = options;
  const fallbacks = Object.fromEntries(Object.entries(known).map(([name, { fallback }]) => [name, fallback]));
  const { name } = make(fallbacks as O); // as: one of each name, of its type
  return { name, options: known, make: (given) => make(given as O) }; // as: given a value of its type for each
}

/** Field by field, since a strategy of the user's may be an instance of a class. */
function renamed(strategy: Strategy, name: string, title: string): Strategy {
  const { rule, source, showsConflicts, reaping } = strategy;
  const kept = reaping === undefined ? {} : { reaping };
  return { ...{ name, title, rule, source, showsConflicts }, ...kept, begin: () => strategy.begin() };
}

function makeNamed(use: string, options: StrategyOptions, path: string): Strategy {
  const maker = ALL_STRATEGIES.find(({ name }) => name === use);
  if (maker === undefined) {
    const names = ALL_STRATEGIES.map(({ name }) => name).join(', ');
    throw new ScenarioError(path, `is ${JSON.stringify(use)}`, `one of ${names}`, 'sense');
  }
  refuseStray(options, maker.options, path);
  const full = Object.entries(maker.options).map(([name, { fallback }]) => {
    const given = Object.hasOwn(options, name) ? options[name] : fallback;
    if (typeof given !== typeof fallback)
      throw new ScenarioError(
        `${path}.options.${name}`,
        `is ${JSON.stringify(given)}`,
        `a ${typeof fallback}, as ${JSON.stringify(fallback)}`,
        'sense',
      );
    return [name, given] as const;
  });
  return maker.make(Object.fromEntries(full) as StrategyOptions); // as: each was checked above
}

function refuseStray(options: StrategyOptions, known: StrategyMaker['options'], path: string): void {
  const stray = Object.keys(options).find((name) => !Object.hasOwn(known, name));
  if (stray === undefined) return;
  const taken = Object.keys(known).join(', ');
  throw new ScenarioError(`${path}.options.${stray}`, 'is no option of it', taken === '' ? 'none' : taken, 'sense');
}

function nameOf(use: string, options: StrategyOptions): string {
  const words = Object.keys(options).map((name) => `${name}=${options[name]}`);
  return words.length === 0 ? use : `${use}(${words.join(', ')})`;
}
