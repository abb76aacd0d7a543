/** The formats of histories by name: told apart by what a text begins with, read, and written. */

import { HistoryFault, type RegisterHistory } from '../register-history.ts';
import type { SiblingHistory } from '../sibling-history.ts';
import { readDbcop, writeDbcop } from './dbcop.ts';
import { readJepsenEdn, readJepsenJson, writeJepsenEdn, writeJepsenJson } from './jepsen.ts';
import { readPlume, writePlume } from './plume.ts';
import { areSiblingsInEdn, readSiblingEdn } from './sibling-edn.ts';
import { readSiblingLines, writeSiblingLines } from './sibling-lines.ts';

/** `siblings` is our own; the others hold registers. */
export const HISTORY_FORMATS = ['edn', 'jepsen-json', 'plume', 'dbcop', 'siblings'] as const;
export type HistoryFormat = (typeof HISTORY_FORMATS)[number];
export type RegisterFormat = Exclude<HistoryFormat, 'siblings'>;

export type HistoryText =
  | { readonly format: RegisterFormat; readonly history: RegisterHistory }
  | { readonly format: 'siblings'; readonly history: SiblingHistory };

const READERS: { readonly [format in RegisterFormat]: (text: string) => RegisterHistory } = {
  edn: readJepsenEdn,
  'jepsen-json': readJepsenJson,
  plume: readPlume,
  dbcop: readDbcop,
};

const WRITERS: { readonly [format in RegisterFormat]: (history: RegisterHistory) => string } = {
  edn: writeJepsenEdn,
  'jepsen-json': writeJepsenJson,
  plume: writePlume,
  dbcop: writeDbcop,
};

/** Reads a history in this format, or in the one it seems to have; EDN whose reads show dots is one of siblings. Throws: HistoryFault that says where. */
export function readHistoryText(text: string, format: HistoryFormat = detectFormat(text)): HistoryText {
  if (format === 'siblings') return { format, history: readSiblingLines(text) };
  if (format === 'edn' && areSiblingsInEdn(text)) return { format: 'siblings', history: readSiblingEdn(text) };
  return { format, history: READERS[format](text) };
}

/** Writes a history. Throws: HistoryFault for siblings as registers and the other way round. */
export function writeHistoryText(given: HistoryText, format: HistoryFormat): string {
  if (given.format === 'siblings') {
    if (format === 'siblings') return writeSiblingLines(given.history);
    throw new HistoryFault(`Cannot write siblings as ${format}: a register has one value, write siblings`);
  }
  if (format !== 'siblings') return WRITERS[format](given.history);
  throw new HistoryFault(
    'Cannot write registers as siblings: nobody says what a write was based on, write another format',
  );
}

/** The format a text seems to have. Throws: HistoryFault when it seems to have none. */
export function detectFormat(text: string): HistoryFormat {
  const start = text.slice(0, 4_096).trimStart();
  if (/^[rw] *\(/.test(start)) return 'plume';
  if (/^(;|#|[[({][\s,]*[:#{;]|[[(]\s*[\])]?$)/.test(start) && !/^\[\s*\{\s*"/.test(start)) return 'edn';
  if (/^\[\s*\[/.test(start) || /^\{\s*"(params|info|start|end|data)"/.test(start)) return 'dbcop';
  if (/^\[?\s*\{\s*"/.test(start)) {
    const line = start.slice(0, start.includes('\n') && start.startsWith('{') ? start.indexOf('\n') : undefined);
    return /"session"\s*:/.test(line) && /"op"\s*:/.test(line) ? 'siblings' : 'jepsen-json';
  }
  throw new HistoryFault(
    `line 1: Cannot tell the format from ${JSON.stringify(start.slice(0, 40))}: it is one of ${HISTORY_FORMATS.join(', ')}, say which`,
  );
}
