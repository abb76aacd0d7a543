#!/usr/bin/env node
/**
 * The command line: finds the command in the table, parses its options, runs it and turns how it ended into an exit
 * status. Loads nothing that the command does not need.
 */

import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { CausalError } from '../errors.ts';
import { type Command, type Invocation, UsageError } from './command.ts';
import { COMMANDS } from './commands.ts';
import { commandPage, overviewPage } from './help.ts';

/** Failures whose message says all there is to say; of others the stack is shown. */
const EXPECTED_ERRORS: ReadonlySet<string> = new Set([
  ...['CausalError', 'CommandError', 'HistoryError', 'ResultError', 'ScenarioError'],
]);

/** The help of the help is the overview. */
const OF_HELP: ReadonlySet<string> = new Set(['help', '--help', '-h']);

process.stdout.on('error', (error: Error) => {
  // Whoever read our output has gone; there is nobody left to tell.
  if ('code' in error && error.code === 'EPIPE') process.exit(0);
  throw error;
});

process.exitCode = await main(process.argv.slice(2));

async function main(args: readonly string[]): Promise<number> {
  const [name = 'help', ...rest] = args;
  try {
    if (name === 'help' || name === '--help' || name === '-h') return help(rest.find((word) => !OF_HELP.has(word)));
    if (name === 'version' || name === '--version' || name === '-v') return sayVersion(rest);
    const command = find(name);
    if (rest.includes('--help') || rest.includes('-h')) return help(name);
    const invocation = parse(name, command, rest);
    const run = await command.load();
    return await run(invocation);
  } catch (error) {
    return fail(error);
  }
}

function parse(name: string, command: Command, args: readonly string[]): Invocation {
  try {
    const { values, positionals } = parseArgs({ args: [...args], options: command.options, allowPositionals: true });
    return { values: values as Invocation['values'], positionals }; // what `multiple` gives is a list of texts
  } catch (error) {
    throw new UsageError(`${error instanceof Error ? error.message : String(error)}. See: cairn help ${name}`);
  }
}

function help(name: string | undefined): number {
  return say(name === undefined ? overviewPage(version(), COMMANDS) : commandPage(name, find(name)));
}

function find(name: string): Command {
  const command = COMMANDS.get(name);
  if (command === undefined)
    throw new UsageError(`Cannot run ${JSON.stringify(name)}: no such command. See: cairn help`);
  return command;
}

function sayVersion(rest: readonly string[]): number {
  if (rest.some((word) => OF_HELP.has(word))) return help(undefined);
  const stray = rest.find((word) => word !== '--json');
  if (stray !== undefined) throw new UsageError(`Cannot use ${JSON.stringify(stray)}: cairn version takes --json only`);
  return say(rest.length > 0 ? `${JSON.stringify({ version: version() })}\n` : `${version()}\n`);
}

function say(text: string): number {
  process.stdout.write(text);
  return 0;
}

function fail(error: unknown): number {
  if (!(error instanceof Error)) throw error;
  if (error instanceof UsageError) {
    process.stderr.write(`${error.message}\n`);
    return 2;
  }
  const isExpected = EXPECTED_ERRORS.has(error.name) || 'syscall' in error;
  // The code is what a script can ask for.
  const code = error instanceof CausalError ? ` [${error.code}]` : '';
  process.stderr.write(`${isExpected ? `${error.message}${code}` : error.stack}\n`);
  return 1;
}

function version(): string {
  const text = readFileSync(new URL('../../package.json', import.meta.url), 'utf8');
  const described: unknown = JSON.parse(text);
  const isDescribed = typeof described === 'object' && described !== null && 'version' in described;
  return isDescribed ? String(described.version) : 'unknown';
}
