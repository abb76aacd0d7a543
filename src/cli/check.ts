/** `cairn check`: reads a recorded history in any of the usual formats, and judges it or writes it in another. */

import { readFile, writeFile } from 'node:fs/promises';
import { buffer } from 'node:stream/consumers';
import { checkRegisters, REGISTER_LEVELS, type RegisterLevel } from '../testkit/history/check-registers.ts';
import { checkSiblings } from '../testkit/history/check-siblings.ts';
import {
  HISTORY_FORMATS,
  type HistoryFormat,
  type HistoryText,
  readHistoryText,
  writeHistoryText,
} from '../testkit/history/formats/formats.ts';
import { HistoryFault, operationsIn } from '../testkit/history/register-history.ts';
import { type Verdict, violationLines } from '../testkit/history/witness.ts';
import { option, words } from './arguments.ts';
import { type Invocation, UsageError } from './command.ts';
import { notice, say, write } from './output.ts';
import { count } from './terminal.ts';

type Level = RegisterLevel | 'siblings';

/** Runs the command; the exit status: 1 when the history does not hold. Throws: UsageError for one that is none. */
export async function run(invocation: Invocation): Promise<number> {
  const [file = ''] = words('check', invocation, ['FILE']);
  const format = oneOf(invocation, 'format', HISTORY_FORMATS);
  const to = oneOf(invocation, 'to', HISTORY_FORMATS);
  const level = oneOf<Level>(invocation, 'level', [...REGISTER_LEVELS, 'siblings']);
  const out = option(invocation, 'out');
  if (to === undefined && out !== undefined)
    throw new UsageError('Cannot check: --out goes with --to. See: cairn help check');
  if (to !== undefined && level !== undefined)
    throw new UsageError('Cannot check: --to writes instead of checking, give --to or --level. See: cairn help check');
  try {
    const text = await textOf(file);
    const given = readHistoryText(text, format);
    return to === undefined ? await judge(invocation, given, level) : await convert(given, to, out);
  } catch (error) {
    if (error instanceof HistoryFault) throw new UsageError(`${file}: ${error.message}`);
    throw error;
  }
}

async function textOf(file: string): Promise<string> {
  try {
    const bytes = file === '-' ? await buffer(process.stdin) : await readFile(file);
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (error) {
    throw new HistoryFault(`Cannot read it: ${error instanceof Error ? error.message : String(error)}`);
  }
}

async function judge(invocation: Invocation, given: HistoryText, asked: Level | undefined): Promise<number> {
  const level = asked ?? (given.format === 'siblings' ? 'siblings' : 'cc');
  const verdict = verdictOf(given, level);
  const { sessions } = given.history;
  const operations = countOf(given);
  const size = `${count(operations)} operations in ${count(sessions.length)} sessions`;
  const data = { format: given.format, level, ...verdict, operations, sessions: sessions.length };
  await say(invocation, data, [
    ...verdict.violations.flatMap((violation) => [...violationLines(violation), '']),
    verdict.holds ? `Holds: ${level}, ${size}.` : `Does not hold: ${level}, ${size}.`,
  ]);
  return verdict.holds ? 0 : 1;
}

function verdictOf(given: HistoryText, level: Level): Verdict {
  if (given.format === 'siblings') {
    if (level === 'siblings') return checkSiblings(given.history);
    throw new HistoryFault(`Cannot check ${level}: its reads show siblings, check siblings`);
  }
  if (level !== 'siblings') return checkRegisters(given.history, level);
  throw new HistoryFault('Cannot check siblings: its reads return single values, check cc, cm or ccv');
}

async function convert(given: HistoryText, to: HistoryFormat, out: string | undefined): Promise<number> {
  const text = writeHistoryText(given, to);
  if (out === undefined) await write(text);
  else {
    await writeFile(out, text);
    notice(`Wrote ${count(countOf(given))} operations to ${out} as ${to}.`);
  }
  return 0;
}

function countOf(given: HistoryText): number {
  if (given.format !== 'siblings') return operationsIn(given.history);
  return given.history.sessions.reduce((sum, { operations }) => sum + operations.length, 0);
}

function oneOf<Choice extends string>(
  invocation: Invocation,
  name: string,
  choices: readonly Choice[],
): Choice | undefined {
  const given = option(invocation, name);
  const chosen = choices.find((choice) => choice === given);
  if (given !== undefined && chosen === undefined)
    throw new UsageError(`Cannot check: --${name} is ${JSON.stringify(given)}, give one of ${choices.join(', ')}`);
  return chosen;
}
