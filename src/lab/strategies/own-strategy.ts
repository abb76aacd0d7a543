/** A strategy out of a module of the user's own: what it exports is checked here, what it does is its own affair. */

import type { StrategyMaker, StrategyOptions } from './registry.ts';
import type { Strategy } from './strategy.ts';

const TEXTS = ['name', 'title', 'rule', 'source'] as const;

/**
 * What a module exports as `strategy`, or as `make`, which is handed the options of the scenario as they are.
 * Throws: TypeError where neither is a strategy; `path` is for its words.
 */
export function ownStrategy(path: string, exported: object): StrategyMaker {
  const { strategy, make }: { readonly strategy?: unknown; readonly make?: unknown } = exported;
  const build = (options: StrategyOptions): Strategy => {
    if (typeof make === 'function') return checked(path, make(options));
    if (Object.keys(options).length > 0)
      throw new TypeError(`Cannot pass options to ${path}: it exports a strategy, let it export make(options)`);
    return checked(path, strategy);
  };
  if (typeof make !== 'function') checked(path, strategy);
  return { name: path, about: `a module of your own: ${path}`, options: {}, make: build };
}

function checked(path: string, made: unknown): Strategy {
  if (typeof made !== 'object' || made === null)
    throw new TypeError(`Cannot use ${path}: it exports no strategy, export one as strategy or as make(options)`);
  const strategy = made as Partial<Strategy>; // as: its fields are looked at next
  for (const field of TEXTS) if (typeof strategy[field] !== 'string') throw lacking(path, field, 'a string');
  if (typeof strategy.showsConflicts !== 'boolean') throw lacking(path, 'showsConflicts', 'true or false');
  if (typeof strategy.begin !== 'function') throw lacking(path, 'begin', 'a function');
  return strategy as Strategy; // as: checked above
}

function lacking(path: string, field: string, wanted: string): TypeError {
  return new TypeError(`Cannot use ${path}: the ${field} of its strategy is not ${wanted}`);
}
