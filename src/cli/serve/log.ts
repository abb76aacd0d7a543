/**
 * The log of a serving replica: one JSON object a line, or lines for people where a terminal is looking. What is logged is
 * handed over field by field; nothing here looks into requests, tokens or values.
 */

import { isRefusal } from '../command.ts';
import { type Paint, paintFor } from '../terminal.ts';

export const LEVELS = ['debug', 'info', 'warn', 'error'] as const;
export type Level = (typeof LEVELS)[number];

/** What an entry says beside its event; undefined fields are left out. */
export type Fields = { readonly [field: string]: unknown };

export type Log = { readonly [level in Level]: (event: string, fields?: Fields) => void };

/** What a log writes to: stderr, or a list in a test. */
export type LogStream = { readonly isTTY?: boolean; readonly write: (text: string) => unknown };

/** A log of entries of this level and above. */
export function createLog(level: Level, stream: LogStream = process.stderr, now: () => number = Date.now): Log {
  const format = stream.isTTY === true ? prettyLine(paintFor(stream)) : jsonLine;
  const least = LEVELS.indexOf(level);
  const at =
    (of: Level) =>
    (event: string, fields: Fields = {}): void => {
      if (LEVELS.indexOf(of) >= least) stream.write(`${format(new Date(now()), of, event, fields)}\n`);
    };
  return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') };
}

/** An error as fields: code and sentence, its cause in a word, and the stack of what nobody foresaw. */
export function errorFields(error: unknown): Fields {
  if (!(error instanceof Error)) return { why: String(error) };
  const { name, message, cause, stack } = error;
  const code = 'code' in error ? error.code : undefined;
  return {
    ...{ code, why: message },
    cause: cause instanceof Error ? cause.message : undefined,
    stack: (code === undefined && !isRefusal(error)) || name === 'InvariantError' ? stack : undefined,
  };
}

/** Controls and line ends that JSON leaves as they are. */
const UNSAID = /[\u007f-\u009f\u2028\u2029]/g;

type Format = (time: Date, level: Level, event: string, fields: Fields) => string;

const jsonLine: Format = (time, level, event, fields) =>
  JSON.stringify({ time: time.toISOString(), level, event, ...fields });

function prettyLine(paint: Paint): Format {
  const paintOf: { readonly [level in Level]: (text: string) => string } = {
    debug: paint.dim,
    info: (text) => text,
    warn: paint.bold,
    error: paint.bad,
  };
  return (time, level, event, fields) => {
    const clock = time.toTimeString().slice(0, 8);
    const said = Object.entries(fields).flatMap(([field, value]) =>
      value === undefined ? [] : [`${paint.dim(`${field}=`)}${plain(value)}`],
    );
    return [paint.dim(clock), paintOf[level](level.padEnd(5)), paint.bold(event), ...said].join(' ');
  };
}

/** Text without spaces as it is; line ends and control characters of strangers never reach the terminal. */
function plain(value: unknown): string {
  const text = typeof value === 'string' && /^[\x21-\x7e]+$/.test(value) ? value : JSON.stringify(value);
  return (text ?? String(value)).replace(UNSAID, (sign) => `\\u${sign.charCodeAt(0).toString(16).padStart(4, '0')}`);
}
