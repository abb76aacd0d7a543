/** What the commands on stores say, and how: data to stdout as fast as it is taken, notices to stderr. */

import { once } from 'node:events';
import { formatDot } from '../clock/dot.ts';
import { toTagged } from '../codec/tagged-json.ts';
import type { Written } from '../store/operations.ts';
import type { Sibling } from '../store/resolve.ts';
import type { Invocation } from './command.ts';
import { formatValue } from './value-text.ts';

/** Writes to stdout; answers when there is room for more. */
export async function write(text: string): Promise<void> {
  if (text !== '' && !process.stdout.write(text)) await once(process.stdout, 'drain');
}

/** Writes the data as JSON with `--json`, else the lines. */
export function say(invocation: Invocation, data: unknown, lines: readonly string[]): Promise<void> {
  if (invocation.values['json'] === true) return write(`${JSON.stringify(data)}\n`);
  return write(lines.map((line) => `${line}\n`).join(''));
}

/** For people, beside the data. */
export function notice(text: string): void {
  process.stderr.write(`${text}\n`);
}

/** What a write gives back. */
export function sayWritten(invocation: Invocation, { dot, context }: Written): Promise<void> {
  return say(invocation, { dot: [dot.id, dot.counter], context }, [`dot     ${formatDot(dot)}`, `context ${context}`]);
}

/** A sibling as data. */
export function siblingToJson(sibling: Sibling<unknown>): { readonly [field: string]: unknown } {
  const { dot, time } = sibling;
  const held = sibling.tombstone ? { tombstone: true } : { value: toTagged(sibling.value) };
  return { dot: [dot.id, dot.counter], time, ...held };
}

/** A sibling as a line: dot, time, value. */
export function siblingLine(sibling: Sibling<unknown>): string {
  const held = sibling.tombstone ? 'deleted' : formatValue(sibling.value);
  return `${formatDot(sibling.dot)}  ${new Date(sibling.time).toISOString()}  ${held}`;
}

/** Text as people see which text it is. */
export function quoted(text: string): string {
  return JSON.stringify(text);
}
