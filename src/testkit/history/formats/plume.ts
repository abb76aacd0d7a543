/**
 * Histories as Plume, PolySI and AWDIT take them: `w(key,value,session,transaction)` or `r(…)` a line, all integers. A
 * value of 0 is the one that keys begin with; transaction -1 did not take effect.
 */

import { HistoryFault, type HistoryValue, type RegisterHistory, type RegisterOperation } from '../register-history.ts';
import { Numbering } from './numbering.ts';

const LINE = /^([rw])\((-?\d+),(-?\d+),(-?\d+),(-?\d+)\)$/;

/** Throws: HistoryFault with the line. */
export function readPlume(text: string): RegisterHistory {
  const sessions = new Map<string, Map<string, RegisterOperation[]>>();
  const aborted: { key: string; value: HistoryValue }[] = [];
  const zeros: { readonly transaction: RegisterOperation[]; readonly at: number }[] = [];
  const zeroed = new Set<string>();
  for (const [at, line] of text.split('\n').entries()) {
    const row = line.replaceAll(' ', '').trim();
    if (row === '') continue;
    const [, letter, key = '', written = '', session = '', number = ''] = LINE.exec(row) ?? [];
    if (letter === undefined)
      throw new HistoryFault(
        `line ${at + 1}: Cannot read ${JSON.stringify(row.slice(0, 60))}: give w(key,value,session,transaction) or r(…), in integers`,
      );
    const value = Number.isSafeInteger(Number(written)) ? Number(written) : written;
    if (number === '-1') {
      if (letter === 'w') aborted.push({ key, value });
      continue;
    }
    const transactions = sessions.get(session) ?? new Map<string, RegisterOperation[]>();
    sessions.set(session, transactions);
    const transaction = transactions.get(number) ?? [];
    transactions.set(number, transaction);
    if (letter === 'w' && value === 0) zeroed.add(key);
    if (letter === 'r' && value === 0) zeros.push({ transaction, at: transaction.length });
    transaction.push({ kind: letter === 'w' ? 'write' : 'read', key, value });
  }
  for (const { transaction, at } of zeros) {
    const read = transaction[at];
    if (read !== undefined && !zeroed.has(read.key)) transaction[at] = { kind: 'read', key: read.key, value: null };
  }
  const named = [...sessions].map(([name, transactions]) => ({ name, transactions: [...transactions.values()] }));
  return aborted.length === 0 ? { sessions: named } : { sessions: named, aborted };
}

/** Keys, values and sessions keep their numbers where they are such, and are numbered where they are not. */
export function writePlume(history: RegisterHistory): string {
  const numbering = new Numbering(history);
  const lines: string[] = [];
  let transaction = 0;
  for (const [at, { transactions }] of history.sessions.entries()) {
    for (const operations of transactions) {
      for (const { kind, key, value } of operations)
        lines.push(
          `${kind === 'write' ? 'w' : 'r'}(${numbering.key(key)},${numbering.value(value)},${numbering.session(at)},${transaction})`,
        );
      transaction += 1;
    }
  }
  for (const { key, value } of history.aborted ?? [])
    lines.push(`w(${numbering.key(key)},${numbering.value(value)},0,-1)`);
  return lines.map((line) => `${line}\n`).join('');
}
