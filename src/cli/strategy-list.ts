/** The strategies that commands know by name. */

import { ALL_STRATEGIES } from '../lab/strategies/registry.ts';
import type { Strategy } from '../lab/strategies/strategy.ts';
import { UsageError } from './command.ts';

const STRATEGIES: readonly Strategy[] = ALL_STRATEGIES.map(({ make }) => make({}));

/** The strategies that a list names: names between commas, or `all`. Throws: UsageError that says what is known. */
export function strategiesNamed(list: string): readonly Strategy[] {
  if (list === 'all') return STRATEGIES;
  const names = [...new Set(list.split(',').map((name) => name.trim()))];
  return names.map((name) => {
    const found = STRATEGIES.find((strategy) => strategy.name === name);
    if (found !== undefined) return found;
    const known = STRATEGIES.map((strategy) => strategy.name).join(', ');
    throw new UsageError(`Cannot take strategy ${JSON.stringify(name)}: it is unknown, give some of ${known}, or all`);
  });
}
