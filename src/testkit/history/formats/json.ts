/** JSON in a file of history: one document, or a value a line, with the line where something is wrong. */

import { HistoryFault } from '../register-history.ts';
import type { Placed, Plain } from './edn.ts';

/** The items of one array, or the values of lines. Throws: HistoryFault with the line. */
export function* readJsonItems(text: string): Generator<Placed, void> {
  if (!text.trimStart().startsWith('[')) {
    for (const { value, line } of readJsonLines(text)) yield { value: plain(value), line };
    return;
  }
  const items = readJson(text);
  if (!Array.isArray(items)) return;
  // One item a line is how such arrays are written; where it is not, the line is that of the array.
  const isLined = text.trim().split('\n').length >= items.length;
  const first = text.slice(0, text.indexOf('[')).split('\n').length + (/^\s*\[\s*\n/.test(text) ? 1 : 0);
  for (const [at, item] of items.entries()) yield { value: plain(item), line: isLined ? first + at : first };
}

/** The value of each line that is not empty. Throws: HistoryFault with the line. */
export function* readJsonLines(text: string): Generator<{ readonly value: unknown; readonly line: number }, void> {
  let line = 0;
  for (let from = 0; from <= text.length; ) {
    const end = text.indexOf('\n', from);
    const row = text.slice(from, end === -1 ? text.length : end);
    line += 1;
    from = end === -1 ? text.length + 1 : end + 1;
    if (row.trim() === '') continue;
    try {
      yield { value: JSON.parse(row), line };
    } catch (error) {
      throw notJson(line, error);
    }
  }
}

/** The one document a text is. Throws: HistoryFault with the line. */
export function readJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    const place = /position (\d+)/.exec(error instanceof Error ? error.message : '')?.[1];
    const line = place === undefined ? text.split('\n').length : text.slice(0, Number(place)).split('\n').length;
    throw notJson(line, error);
  }
}

function notJson(line: number, error: unknown): HistoryFault {
  return new HistoryFault(
    `line ${line}: Cannot read the JSON: ${error instanceof Error ? error.message : String(error)}`,
  );
}

function plain(value: unknown): Plain {
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== 'object' || value === null) {
    return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? value : null;
  }
  return new Map(Object.entries(value).map(([key, held]) => [key, plain(held)]));
}
