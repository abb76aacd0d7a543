/** The strategies of a scenario, made: by name out of the registry, with options, or the user's own. */

import { ScenarioError } from '../scenario/form.ts';
import type { StrategyChoice } from '../scenario/scenario.ts';
import { ALL_STRATEGIES, type StrategyMaker, type StrategyOptions } from './registry.ts';
import type { Strategy } from './strategy.ts';

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
  const full = Object.entries(maker.options).map(([name, { default: fallback }]) => {
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
