/**
 * Histories of siblings as JSON lines, one operation a line in the order of its session:
 * `{"session":"s","op":"put","key":"k","dot":["a",1],"context":[["b",2]]}` (or `delete`; without a context, or with
 * `"session"`, the write is based on what the session saw; `{"atLeast":[…]}` on these and perhaps more), and `{"session":"s","op":"get","key":"k","shown":[["a",1]]}`,
 * with `"final":true` at the end. A dot is a pair or any text; `shown` takes the siblings that `cairn drive` gives, too.
 */

import { HistoryFault } from '../register-history.ts';
import type { SiblingContext, SiblingHistory, SiblingOperation } from '../sibling-history.ts';
import { readJsonLines } from './json.ts';

type Fields = { readonly [field: string]: unknown };

/** Throws: HistoryFault with the line. */
export function readSiblingLines(text: string): SiblingHistory {
  const sessions = new Map<string, SiblingOperation[]>();
  for (const { value, line } of readJsonLines(text)) {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) throw fault(line, 'it is no object');
    const fields = value as Fields; // as asked above
    const session = textIn(fields, 'session', line);
    const operations = sessions.get(session) ?? [];
    sessions.set(session, operations);
    operations.push(operationOf(fields, line));
  }
  return { sessions: [...sessions].map(([name, operations]) => ({ name, operations })) };
}

function operationOf(fields: Fields, line: number): SiblingOperation {
  const kind = own(fields, 'op');
  const key = textIn(fields, 'key', line);
  if (kind === 'get') {
    const shown = dotsIn(own(fields, 'shown') ?? own(fields, 'siblings'), 'shown', line);
    return own(fields, 'final') === true ? { kind, key, shown, isFinal: true } : { kind, key, shown };
  }
  if (kind !== 'put' && kind !== 'delete')
    throw fault(line, `its op is ${JSON.stringify(kind) ?? 'missing'}, give get, put or delete`);
  const context = own(fields, 'context') ?? 'session';
  return {
    ...{ kind, key, dot: dotOf(own(fields, 'dot'), 'dot', line) },
    context: contextOf(context, line),
  };
}

function contextOf(value: unknown, line: number): SiblingContext {
  if (value === 'session') return value;
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, 'atLeast'))
    return dotsIn(value, 'context', line);
  return { atLeast: dotsIn((value as Fields)['atLeast'], 'atLeast', line) }; // it has the field
}

function dotsIn(value: unknown, name: string, line: number): string[] {
  if (!Array.isArray(value)) throw fault(line, `"${name}" is no list of dots`);
  return value.map((dot: unknown) => dotOf(dot, name, line));
}

function dotOf(value: unknown, name: string, line: number): string {
  if (typeof value === 'string') return value;
  if (Array.isArray(value)) {
    const [id, counter] = value as readonly unknown[]; // any array is one
    if (value.length === 2 && typeof id === 'string' && Number.isSafeInteger(counter)) return `${id}:${counter}`;
  } else if (typeof value === 'object' && value !== null && Object.hasOwn(value, 'dot')) {
    return dotOf((value as Fields)['dot'], name, line); // it has the field
  }
  throw fault(line, `"${name}" is ${JSON.stringify(value) ?? 'missing'}, give a dot as [id, counter] or a text`);
}

function textIn(fields: Fields, name: string, line: number): string {
  const value = own(fields, name);
  if (typeof value === 'string') return value;
  throw fault(line, `"${name}" is ${JSON.stringify(value) ?? 'missing'}, give a text`);
}

function own(fields: Fields, name: string): unknown {
  return Object.hasOwn(fields, name) ? fields[name] : undefined;
}

function fault(line: number, what: string): HistoryFault {
  return new HistoryFault(`line ${line}: Cannot read the operation: ${what}`);
}

/** An operation a line, session by session. */
export function writeSiblingLines({ sessions }: SiblingHistory): string {
  const lines: string[] = [];
  for (const { name, operations } of sessions) {
    for (const operation of operations) {
      const { kind, key } = operation;
      const rest =
        operation.kind === 'get'
          ? { shown: operation.shown, ...(operation.isFinal === true ? { final: true } : {}) }
          : { dot: operation.dot, context: operation.context };
      lines.push(`${JSON.stringify({ session: name, op: kind, key, ...rest })}\n`);
    }
  }
  return lines.join('');
}
