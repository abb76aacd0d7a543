/**
 * Histories as Jepsen writes them, in EDN or JSON: one map an event with process, type, f and value. Processes are
 * sessions. What failed did not happen; what nobody knows the outcome of may have happened at any time after it began,
 * so it comes before nothing else of its process. Reads, writes and transactions of the two; nothing else.
 */

import {
  HistoryFault,
  type HistoryValue,
  type RegisterHistory,
  type RegisterOperation,
  type RegisterTransaction,
} from '../register-history.ts';
import { type Placed, type Plain, type PlainMap, readEdn, writeEdn } from './edn.ts';
import { readJsonItems } from './json.ts';

type Aborted = { readonly key: string; readonly value: HistoryValue };
type Event = {
  readonly process: string;
  readonly type: string;
  readonly f: string;
  readonly fields: PlainMap;
  readonly line: number;
};

/** Throws: HistoryFault with the line. */
export function readJepsenEdn(text: string): RegisterHistory {
  return read(readEdn(text));
}

/** An array of events, or an event a line. Throws: HistoryFault with the line. */
export function readJepsenJson(text: string): RegisterHistory {
  return read(readJsonItems(text));
}

function read(values: Iterable<Placed>): RegisterHistory {
  const processes = new Map<string, RegisterTransaction[]>();
  const begun = new Map<string, Event>();
  const unknown: { readonly process: string; readonly at: number; readonly writes: RegisterTransaction }[] = [];
  const aborted: Aborted[] = [];
  const leave = (event: Event): void => {
    const writes = operationsOf(event).filter(({ kind }) => kind === 'write');
    const at = processes.get(event.process)?.length ?? 0;
    if (writes.length > 0) unknown.push({ process: event.process, at, writes });
  };
  for (const placed of values) {
    const event = eventOf(placed);
    if (event === undefined) continue;
    const { process, type } = event;
    const own = processes.get(process) ?? [];
    processes.set(process, own);
    const before = begun.get(process);
    begun.delete(process);
    if (type === 'ok') own.push(operationsOf(event));
    else if (type === 'invoke') begun.set(process, event);
    else if (type === 'info') leave(before ?? event);
    else if (isKnown(event)) aborted.push(...operationsOf(before ?? event).flatMap(writeOf));
  }
  for (const event of begun.values()) leave(event);
  const sessions = [...processes].map(([name, transactions]) => ({ name, transactions }));
  for (const [number, { process, at, writes }] of unknown.entries()) {
    const own = processes.get(process);
    // The last of its process comes after the rest of it; any other comes before nothing.
    if (own !== undefined && own.length === at) own.push(writes);
    else sessions.push({ name: `${process}?${number}`, transactions: [writes] });
  }
  return aborted.length === 0 ? { sessions } : { sessions, aborted };
}

function writeOf(operation: RegisterOperation): Aborted[] {
  return operation.kind === 'write' ? [{ key: operation.key, value: operation.value }] : [];
}

/** The event of a client; undefined for what else was written down. */
function eventOf({ value, line }: Placed): Event | undefined {
  if (!(value instanceof Map)) throw fault(line, 'it is no map with :process, :type, :f and :value');
  const fields = value as PlainMap; // of all values only maps are Maps
  const process = fieldOf(fields, 'process');
  if (bare(process) === 'nemesis') return undefined;
  if (typeof process !== 'number' && typeof process !== 'string') throw fault(line, 'its process is missing');
  const type = bare(fieldOf(fields, 'type'));
  if (!['invoke', 'ok', 'fail', 'info'].includes(type))
    throw fault(line, `its type is ${type || 'missing'}, give invoke, ok, fail or info`);
  return { process: String(process), type, f: bare(fieldOf(fields, 'f')), fields, line };
}

function isKnown({ f }: Event): boolean {
  return ['read', 'r', 'write', 'w', 'txn'].includes(f);
}

function operationsOf(event: Event): RegisterOperation[] {
  const { f, fields, line } = event;
  if (!isKnown(event)) throw fault(line, `its f is ${f || 'missing'}, only read, write and txn can be checked`);
  const value = fieldOf(fields, 'value') ?? null;
  if (f === 'txn') {
    if (!Array.isArray(value)) throw fault(line, 'its value is no vector of operations');
    return value.map((part: Plain) => {
      if (Array.isArray(part) && part.length === 3) return operationOf(bare(part[0]), part[1], part[2], line);
      throw fault(line, 'an operation of it is not [f key value]');
    });
  }
  const key = fieldOf(fields, 'key');
  if (key !== undefined) return [operationOf(f, key, value, line)];
  if (Array.isArray(value) && value.length === 2) return [operationOf(f, value[0], value[1], line)];
  return [operationOf(f, 'register', value, line)];
}

function operationOf(f: string, key: Plain, value: Plain, line: number): RegisterOperation {
  const name = textOf(key);
  if (f === 'r' || f === 'read') return { kind: 'read', key: String(name), value: textOf(value) };
  if (f !== 'w' && f !== 'write') throw fault(line, `it holds ${f || 'nothing'}, only reads and writes can be checked`);
  const written = textOf(value);
  if (written === null) throw fault(line, `it writes nothing to ${name}`);
  return { kind: 'write', key: String(name), value: written };
}

/** Numbers and texts as they are, anything else as the text it is written as. */
function textOf(value: Plain): HistoryValue | null {
  return value === null || typeof value === 'number' || typeof value === 'string' ? value : writeEdn(value);
}

function fieldOf(fields: PlainMap, name: string): Plain | undefined {
  return fields.get(name) ?? fields.get(`:${name}`);
}

function bare(value: Plain | undefined): string {
  return typeof value === 'string' ? value.replace(/^:/, '') : '';
}

function fault(line: number, what: string): HistoryFault {
  return new HistoryFault(`line ${line}: Cannot read the operation: ${what}`);
}

/** An event a line; every transaction begins and succeeds, session by session. */
export function writeJepsenEdn(history: RegisterHistory): string {
  return lines(history, (event) =>
    writeEdn(new Map(Object.entries(event).map(([name, value]) => [`:${name}`, value]))),
  );
}

/** An event a line, as JSON. */
export function writeJepsenJson(history: RegisterHistory): string {
  return lines(history, (event) =>
    JSON.stringify(event, (_, value) => (typeof value === 'string' ? value.replace(/^:/, '') : value)),
  );
}

type Written = { readonly [field: string]: Plain };

function lines({ sessions, aborted = [] }: RegisterHistory, format: (event: Written) => string): string {
  const events: Written[] = [];
  const say = (process: number, type: string, value: Plain): void => {
    events.push({ index: events.length, process, type, f: ':txn', value });
  };
  const numbers = sessions.map(({ name }) => Number(name));
  const areNumbers = numbers.every(Number.isSafeInteger) && new Set(numbers).size === numbers.length;
  for (const [at, { transactions }] of sessions.entries()) {
    const process = areNumbers ? (numbers[at] ?? at) : at;
    for (const transaction of transactions) {
      const value = transaction.map((o): Plain[] => [o.kind === 'write' ? ':w' : ':r', keyOf(o.key), o.value]);
      say(
        process,
        ':invoke',
        value.map(([f = null, key = null, written = null]) => [f, key, f === ':r' ? null : written]),
      );
      say(process, ':ok', value);
    }
  }
  for (const { key, value } of aborted) {
    say(-1, ':invoke', [[':w', keyOf(key), value]]);
    say(-1, ':fail', [[':w', keyOf(key), value]]);
  }
  return events.map((event) => `${format(event)}\n`).join('');
}

function keyOf(key: string): Plain {
  return /^(0|-?[1-9]\d{0,14})$/.test(key) ? Number(key) : key;
}
