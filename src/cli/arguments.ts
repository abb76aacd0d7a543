/** What a command line gives a command, checked: so many words, options that are there or not. */

import { type Invocation, UsageError } from './command.ts';

/** Exactly the words a command takes; those in brackets may be left out. Throws: UsageError. */
export function words(name: string, { positionals }: Invocation, wanted: readonly string[]): readonly string[] {
  const least = wanted.filter((word) => !word.startsWith('[')).length;
  if (positionals.length < least || positionals.length > wanted.length)
    throw new UsageError(
      wanted.length === 0
        ? `Cannot ${name} with ${JSON.stringify(positionals[0])}: it takes options only. See: cairn help ${name}`
        : `Cannot ${name}: give ${wanted.join(' ')}. See: cairn help ${name}`,
    );
  return positionals;
}

/** A string option; undefined when it is not given. */
export function option({ values }: Invocation, name: string): string | undefined {
  const value = values[name];
  return typeof value === 'string' ? value : undefined;
}

/** Whether a flag is given. */
export function flag({ values }: Invocation, name: string): boolean {
  return values[name] === true;
}
