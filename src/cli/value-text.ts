/** Values as people write them on a command line and in files: tagged JSON, refused in the words of the command line. */

import { fromTagged, toTagged } from '../codec/tagged-json.ts';
import { CausalError } from '../errors.ts';
import { CommandError } from './command.ts';

/** One line of JSON. Law: parseValue(formatValue(v)) is v. */
export function formatValue(value: unknown): string {
  return JSON.stringify(toTagged(value));
}

/** The value that the text says; `what` names it in errors. Throws: CommandError. */
export function parseValue(text: string, what: string): unknown {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new CommandError(`Cannot read ${what}: it is not JSON (${why}), quote text twice, '"like this"'`);
  }
  return untagged(parsed, what);
}

/** What toTagged was given. Throws: CommandError for a tag that says nothing. */
export function untagged(json: unknown, what: string): unknown {
  try {
    return fromTagged(json);
  } catch (error) {
    if (!(error instanceof CausalError)) throw error;
    throw new CommandError(`${error.message.replace('the value', what)}, see: cairn help put`);
  }
}
