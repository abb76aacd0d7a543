/**
 * Histories as dbcop keeps them in JSON: sessions of transactions of events, bare or in a file with parameters. Reads
 * three spellings of an event: `{"Write":{"variable","version"}}`, `["w", variable, version]`, and the first one,
 * `{"write", "variable", "value", "success"}`, in which 0 is the value that keys begin with.
 */

import {
  HistoryFault,
  type HistoryValue,
  type RegisterHistory,
  type RegisterOperation,
  type RegisterTransaction,
} from '../register-history.ts';
import { readJson } from './json.ts';
import { Numbering } from './numbering.ts';

/** Throws: HistoryFault that names the place. */
export function readDbcop(text: string): RegisterHistory {
  const document = readJson(text);
  const data = Array.isArray(document) ? document : field(document, 'data');
  if (!Array.isArray(data)) throw new HistoryFault('line 1: Cannot read the history: it holds no list of sessions');
  const aborted: { key: string; value: HistoryValue }[] = [];
  const sessions = data.flatMap((session: unknown, at) => {
    if (!Array.isArray(session)) throw fault(`session ${at}`, 'it is no list of transactions');
    const transactions: RegisterTransaction[] = [];
    for (const [number, transaction] of session.entries()) {
      const where = `session ${at}, transaction ${number}`;
      const events = field(transaction, 'events');
      if (!Array.isArray(events)) throw fault(where, 'it has no list of events');
      const operations = events.map((event: unknown, place) => operationOf(event, `${where}, event ${place}`));
      const isCommitted = field(transaction, 'committed') ?? field(transaction, 'success') ?? true;
      if (isCommitted === true) transactions.push(operations);
      else for (const o of operations) if (o.kind === 'write') aborted.push({ key: o.key, value: o.value });
    }
    // A session of nothing that took effect is no session.
    return session.length > 0 && transactions.length === 0 ? [] : [{ name: String(at), transactions }];
  });
  return aborted.length === 0 ? { sessions } : { sessions, aborted };
}

function operationOf(event: unknown, where: string): RegisterOperation {
  if (Array.isArray(event)) return made(event[0] === 'w', event[0] === 'r', event[1], event[2], where);
  const [write, read] = [field(event, 'Write'), field(event, 'Read')];
  if (write !== undefined || read !== undefined) {
    const held = write ?? read;
    return made(write !== undefined, read !== undefined, field(held, 'variable'), field(held, 'version'), where);
  }
  const isWrite = field(event, 'write');
  const value = field(event, 'value');
  return made(
    isWrite === true,
    isWrite === false,
    field(event, 'variable'),
    isWrite === false && value === 0 ? null : value,
    where,
  );
}

function made(isWrite: boolean, isRead: boolean, key: unknown, value: unknown, where: string): RegisterOperation {
  const isNamed = typeof key === 'number' || typeof key === 'string';
  if (!isNamed || isWrite === isRead) throw fault(where, 'it is neither a read nor a write of a variable');
  if (isRead && (value === null || value === undefined)) return { kind: 'read', key: String(key), value: null };
  if (typeof value !== 'number' && typeof value !== 'string') throw fault(where, 'it has no version');
  return { kind: isWrite ? 'write' : 'read', key: String(key), value };
}

function field(held: unknown, name: string): unknown {
  if (typeof held !== 'object' || held === null || !Object.hasOwn(held, name)) return undefined;
  return (held as { readonly [field: string]: unknown })[name]; // it has the field
}

function fault(where: string, what: string): HistoryFault {
  return new HistoryFault(`${where}: Cannot read it: ${what}`);
}

/** The file that dbcop itself writes; what it does not know is numbered. */
export function writeDbcop(history: RegisterHistory): string {
  const numbering = new Numbering(history);
  const event = ({ kind, key, value }: RegisterOperation): object => {
    const held = { variable: numbering.key(key), version: value === null ? null : numbering.value(value) };
    return kind === 'write' ? { Write: held } : { Read: held };
  };
  const data = history.sessions.map(({ transactions }) =>
    transactions.map((operations) => ({ events: operations.map(event), committed: true })),
  );
  const aborted = (history.aborted ?? []).map((write) => ({
    events: [event({ kind: 'write', ...write })],
    committed: false,
  }));
  if (aborted.length > 0) data.push(aborted);
  const most = (counts: readonly number[]): number => counts.reduce((max, count) => Math.max(max, count), 0);
  const params = {
    ...{ id: 0, n_node: data.length, n_variable: numbering.keys },
    ...{
      n_transaction: most(data.map(({ length }) => length)),
      n_event: most(data.flat().map(({ events }) => events.length)),
    },
  };
  const time = '1970-01-01T00:00:00Z';
  return `${JSON.stringify({ params, info: 'converted', start: time, end: time, data })}\n`;
}
