/** The help pages, made from the command table. */

import type { Command } from './command.ts';

/** The page that `cairn help` prints. */
export function overviewPage(version: string, commands: ReadonlyMap<string, Command>): string {
  const rows: [string, string][] = [...commands].map(([name, command]) => [name, command.summary]);
  rows.push(['help', 'explain a command: cairn help COMMAND'], ['version', 'print the version']);
  return [
    `cairn ${version}: deletes that stay deleted, conflicts that are never lost.`,
    '',
    'Usage: cairn COMMAND [options]',
    '',
    ...columns(rows),
    '',
  ].join('\n');
}

/** The page that `cairn help COMMAND` prints. */
export function commandPage(name: string, command: Command): string {
  const rows: [string, string][] = Object.entries(command.options).map(([option, { value, help }]) => [
    value === undefined ? `--${option}` : `--${option} ${value}`,
    help,
  ]);
  return [
    `cairn ${name}: ${command.summary}`,
    '',
    ...command.usage.map((line, at) => `${at === 0 ? 'Usage:' : '      '} ${line}`),
    '',
    ...(rows.length === 0 ? [] : [...columns(rows), '']),
    ...command.details,
    '',
  ].join('\n');
}

function columns(rows: readonly (readonly [string, string])[]): string[] {
  const width = Math.max(...rows.map(([left]) => left.length));
  return rows.map(([left, right]) => `  ${left.padEnd(width)}  ${right}`);
}
