/** The strategies that a scenario may name, with their options: data for parsing, help and documentation. */

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

export type OptionValue = number | string | boolean;
export type StrategyOptions = Readonly<Record<string, OptionValue>>;

/** What makes a strategy of some options; those that are not given are as their default says. */
export type StrategyMaker = {
  readonly name: string;
  readonly about: string;
  readonly options: Readonly<Record<string, { readonly about: string; readonly default: OptionValue }>>;
  /** Throws: TypeError for an option it does not have, or one of another type. */
  readonly make: (options: StrategyOptions) => Strategy;
};

const KEY_EPOCHS = {
  keyEpochs: { about: 'whether a key that is not there gets a new actor, as since Riak 2.1', default: false },
} as const;

/** In the order of documentation. */
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
  maker(
    cassandra,
    { graceMs: { about: 'how long a tombstone is kept, ms (gc_grace_seconds)', default: GRACE_MS } },
    'last writer by wall clock; tombstones are dropped after a grace period',
  ),
  maker(riakKeep, KEY_EPOCHS, 'siblings with dots for each key; tombstones stay for ever'),
  maker(riakImmediate, KEY_EPOCHS, 'the same; a tombstone that all replicas hold is reaped at once'),
  maker(
    riakDelay,
    {
      delayMs: { about: 'how long until a tombstone is reaped, ms (delete_mode)', default: REAP_DELAY_MS },
      ...KEY_EPOCHS,
    },
    'the same; a tombstone that all replicas hold is reaped some time later',
  ),
  maker(
    couchDb,
    { revsLimit: { about: 'how many revisions a leaf remembers (revs_limit)', default: REVS_LIMIT } },
    'revision trees: the longest branch is shown, stale edits are refused, deletes stay for ever',
  ),
  fixed(versionVectorsByServer),
  maker(
    versionVectorsByClient,
    { pruneAt: { about: 'how many entries a vector keeps; 0: all', default: 0 } },
    'a version vector for each sibling, by client ids',
  ),
  maker(
    dvv,
    { drop: { about: 'whether a deleted key forgets its vector', default: false } },
    'dotted version vectors for each key, none for the store',
  ),
];

function fixed(strategy: Strategy): StrategyMaker {
  return maker(() => strategy, {}, strategy.rule);
}

/** `O`: the options of `make`, whose names and types are those of the defaults. */
function maker<O extends StrategyOptions>(
  make: (options: O) => Strategy,
  options: { readonly [Name in keyof O]-?: { readonly about: string; readonly default: O[Name] } },
  about: string,
): StrategyMaker {
  const known: StrategyMaker['options'] = options;
  const defaults = Object.fromEntries(Object.entries(known).map(([name, option]) => [name, option.default]));
  const { name } = make(defaults as O); // as: one of each, from the line above
  return {
    ...{ name, about, options: known },
    make: (given) => {
      for (const [option, value] of Object.entries(given)) {
        const wanted = Object.hasOwn(known, option) ? known[option] : undefined;
        if (wanted === undefined)
          throw new TypeError(`Cannot make ${name}: it has no option ${option}, only ${listOf(known)}`);
        if (typeof value !== typeof wanted.default)
          throw new TypeError(`Cannot make ${name}: ${option} is a ${typeof value}, pass a ${typeof wanted.default}`);
      }
      return make({ ...defaults, ...given } as O); // as: checked above
    },
  };
}

function listOf(options: StrategyMaker['options']): string {
  const names = Object.keys(options);
  return names.length === 0 ? 'none' : names.join(', ');
}
