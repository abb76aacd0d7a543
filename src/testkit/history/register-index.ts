/**
 * A history of registers as numbers: transactions are nodes, numbered through session by session; keys are interned; each
 * read knows the write it read. Finds what can be found without any order: reads of nothing that was written, and what is
 * wrong inside one transaction. Everything after this works on typed arrays.
 */

import { type IntRows, PairTable, placesOf } from './int-list.ts';
import type { PatternName } from './patterns.ts';
import {
  HistoryFault,
  type HistoryValue,
  operationsIn,
  operationText,
  type RegisterHistory,
  type RegisterOperation,
} from './register-history.ts';
import { type Violation, violation, type WitnessOperation } from './witness.ts';

/** In `source`: the read read nothing, or what nobody wrote, or the operation is a write. */
export const INITIAL = -1;
const THIN_AIR = -2;
const WRITE = -3;

/** Where a key was written in one session, in order; one a key and session. */
export type WriteLists = {
  /** List → its session, and where its nodes are. */
  readonly session: Int32Array;
  readonly starts: Int32Array;
  readonly nodes: Int32Array;
  /** Key → its lists: from here to where those of the next key start. */
  readonly ofKey: Int32Array;
};

export type RegisterIndex = {
  readonly history: RegisterHistory;
  readonly sessions: number;
  /** Session → its first node; one more entry than sessions. */
  readonly starts: Int32Array;
  readonly sessionOf: Int32Array;
  /** Node → its first operation; one more entry than nodes. */
  readonly operations: Int32Array;
  readonly nodeOf: Int32Array;
  readonly key: Int32Array;
  /** Operation → the write it read, INITIAL, or another negative number. */
  readonly source: Int32Array;
  readonly lists: WriteLists;
  /** What is wrong without any order. */
  readonly violations: readonly Violation[];
};

/**
 * The history as numbers. Cost: some passes over its operations.
 * Throws: HistoryFault when a value was written to a key twice.
 */
export function indexRegisters(history: RegisterHistory): RegisterIndex {
  const count = operationsIn(history);
  const nodes = history.sessions.reduce((sum, { transactions }) => sum + transactions.length, 0);
  const starts = new Int32Array(history.sessions.length + 1);
  const sessionOf = new Int32Array(nodes);
  const operations = new Int32Array(nodes + 1);
  const nodeOf = new Int32Array(count);
  const key = new Int32Array(count);
  const value = new Int32Array(count);
  const source = new Int32Array(count);
  const keys = new Map<string, number>();
  const values = new Map<HistoryValue, number>();
  let node = 0;
  let at = 0;
  for (const [session, { transactions }] of history.sessions.entries()) {
    for (const transaction of transactions) {
      sessionOf[node] = session;
      for (const operation of transaction) {
        nodeOf[at] = node;
        key[at] = interned(keys, operation.key);
        value[at] = operation.value === null ? -1 : interned(values, operation.value);
        source[at] = operation.kind === 'write' ? WRITE : INITIAL;
        at += 1;
      }
      node += 1;
      operations[node] = at;
    }
    starts[session + 1] = node;
  }
  const numbers = { history, sessions: history.sessions.length, starts, sessionOf, operations, nodeOf, key, source };
  resolveReads(numbers, value);
  const lists = listWrites(numbers, keys.size);
  return { ...numbers, lists, violations: findUnordered({ ...numbers, lists, violations: [] }) };
}

/** The operation of that number. */
export function operationAt({ history, nodeOf, operations, ...index }: RegisterIndex, at: number): RegisterOperation {
  const node = nodeOf[at] ?? 0;
  const session = index.sessionOf[node] ?? 0;
  const transaction = history.sessions[session]?.transactions[node - (index.starts[session] ?? 0)];
  const operation = transaction?.[at - (operations[node] ?? 0)];
  if (operation === undefined) throw new RangeError(`Cannot show operation ${at}: there is none`);
  return operation;
}

/** The operation as a witness; in a transaction of several, with the place of the transaction. */
export function witnessOperation(index: RegisterIndex, at: number): WitnessOperation {
  return { ...placeOf(index, index.nodeOf[at] ?? 0), operation: operationText(operationAt(index, at)) };
}

/** The whole transaction as a witness. */
export function witnessNode(index: RegisterIndex, node: number): WitnessOperation {
  const [from, to] = [index.operations[node] ?? 0, index.operations[node + 1] ?? 0];
  const texts: string[] = [];
  for (let at = from; at < Math.min(to, from + 8); at++) texts.push(operationText(operationAt(index, at)));
  if (to > from + 8) texts.push('…');
  return { ...placeOf(index, node), operation: texts.join(' ') };
}

function placeOf({ history, sessionOf, starts }: RegisterIndex, node: number): { session: string; index: number } {
  const session = sessionOf[node] ?? 0;
  return { session: history.sessions[session]?.name ?? '', index: node - (starts[session] ?? 0) };
}

function interned<Name>(numbers: Map<Name, number>, name: Name): number {
  const known = numbers.get(name);
  if (known !== undefined) return known;
  numbers.set(name, numbers.size);
  return numbers.size - 1;
}

type Numbers = Omit<RegisterIndex, 'lists' | 'violations'>;

/** Finds for every read the write it read. */
function resolveReads(numbers: Numbers, value: Int32Array): void {
  const { key, source } = numbers;
  const writes = new PairTable(source.length);
  for (let at = 0; at < source.length; at++) {
    if (source[at] !== WRITE) continue;
    const before = writes.add(key[at] ?? 0, value[at] ?? 0, at);
    if (before !== -1) throw writtenTwice({ ...numbers, lists: NO_LISTS, violations: [] }, before, at);
  }
  for (let at = 0; at < source.length; at++) {
    if (source[at] === WRITE || (value[at] ?? -1) < 0) continue;
    const write = writes.get(key[at] ?? 0, value[at] ?? 0);
    source[at] = write === -1 ? THIN_AIR : write;
  }
}

const NO_LISTS: WriteLists = {
  session: new Int32Array(0),
  starts: new Int32Array(1),
  nodes: new Int32Array(0),
  ofKey: new Int32Array(1),
};

function writtenTwice(index: RegisterIndex, first: number, second: number): HistoryFault {
  const [a, b] = [witnessOperation(index, first), witnessOperation(index, second)];
  return new HistoryFault(
    `Cannot check the history: ${a.operation} is in session ${a.session} #${a.index} and in session ${b.session} ` +
      `#${b.index}, let every value be written to its key once`,
  );
}

/** The writes by key and session; a transaction counts once a key. */
function listWrites({ key, source, nodeOf, sessionOf }: Numbers, keys: number): WriteLists {
  const written = new Int32Array(key.length);
  for (let at = 0; at < key.length; at++) written[at] = source[at] === WRITE ? (key[at] ?? 0) : -1;
  return writeLists(written, keys, nodeOf, sessionOf);
}

/** The same from the key that each operation wrote, or -1. */
export function writeLists(written: Int32Array, keys: number, nodeOf: Int32Array, sessionOf: Int32Array): WriteLists {
  const byKey: IntRows = placesOf(written, keys);
  const session: number[] = [];
  const starts: number[] = [0];
  const nodes = new Int32Array(byKey.items.length);
  const ofKey = new Int32Array(keys + 1);
  let filled = 0;
  for (let held = 0; held < keys; held++) {
    let lastSession = -1;
    for (let place = byKey.starts[held] ?? 0; place < (byKey.starts[held + 1] ?? 0); place++) {
      const node = nodeOf[byKey.items[place] ?? 0] ?? 0;
      const own = sessionOf[node] ?? 0;
      if (own !== lastSession) {
        if (lastSession !== -1) starts.push(filled);
        session.push(own);
        lastSession = own;
      } else if (nodes[filled - 1] === node) continue;
      nodes[filled++] = node;
    }
    if (lastSession !== -1) starts.push(filled);
    ofKey[held + 1] = session.length;
  }
  return { session: Int32Array.from(session), starts: Int32Array.from(starts), nodes: nodes.slice(0, filled), ofKey };
}

/** What is wrong without any order: one violation a pattern. Cost: one visit an operation. */
function findUnordered(index: RegisterIndex): Violation[] {
  const found = new Map<PatternName, Violation>();
  const say = (pattern: PatternName, ...operations: readonly number[]): void => {
    if (found.has(pattern)) return;
    const shown = operations.map((at) => witnessOperation(index, at));
    const edges = operations.slice(1).map(() => ({ kind: 'session' as const }));
    found.set(pattern, violation(pattern, shown, edges));
  };
  const aborted = new Set((index.history.aborted ?? []).map(({ key, value }) => JSON.stringify([key, value])));
  const { source, operations } = index;
  for (let at = 0; at < source.length; at++) {
    if (source[at] !== THIN_AIR) continue;
    const { key, value } = operationAt(index, at);
    say(aborted.has(JSON.stringify([key, value])) ? 'AbortedRead' : 'ThinAirRead', at);
  }
  for (let node = 0; node + 1 < operations.length; node++) {
    const [from, to] = [operations[node] ?? 0, operations[node + 1] ?? 0];
    if (to - from > 1) findInside(index, from, to, say);
  }
  findIntermediate(index, say);
  return [...found.values()];
}

type Say = (pattern: PatternName, ...operations: readonly number[]) => void;

/** What is wrong inside one transaction: its operations must agree with one another. */
function findInside({ key, source, nodeOf }: RegisterIndex, from: number, to: number, say: Say): void {
  const lastOnKey = new Map<number, number>();
  for (let at = from; at < to; at++) {
    const held = key[at] ?? 0;
    const before = lastOnKey.get(held);
    lastOnKey.set(held, at);
    const read = source[at] ?? WRITE;
    if (read === WRITE || read === THIN_AIR) continue;
    const isOwn = read >= 0 && nodeOf[read] === nodeOf[at];
    if (isOwn && read > at) say('FutureRead', at, read);
    else if (before === undefined) continue;
    else if (source[before] !== WRITE) {
      if (source[before] !== read) say('NonRepeatableRead', before, at);
    } else if (read !== before) say(isOwn ? 'NotMyLastWrite' : 'NotMyOwnWrite', before, at);
  }
}

/** Reads of a write that its own transaction overwrote. */
function findIntermediate(index: RegisterIndex, say: Say): void {
  const { key, source, nodeOf, operations } = index;
  for (let at = 0; at < source.length; at++) {
    const read = source[at] ?? WRITE;
    if (read < 0) continue;
    const node = nodeOf[read] ?? 0;
    if (node === nodeOf[at]) continue;
    for (let later = read + 1; later < (operations[node + 1] ?? 0); later++) {
      if (key[later] !== key[read] || source[later] !== WRITE) continue;
      say('IntermediateRead', read, at);
      break;
    }
  }
}
