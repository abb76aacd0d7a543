/**
 * A history of siblings as numbers: operations are nodes, numbered through session by session; writes have numbers of
 * their own; a context is a row of write numbers. Finds what is wrong without any order: dots used twice, and versions
 * that nobody wrote.
 */

import type { Nodes } from './causal-order.ts';
import { type WriteLists, writeLists } from './register-index.ts';
import { type SiblingHistory, type SiblingOperation, siblingOperationText } from './sibling-history.ts';
import { type Violation, violation, type WitnessOperation } from './witness.ts';

export type SiblingIndex = Nodes & {
  readonly operations: readonly SiblingOperation[];
  readonly history: SiblingHistory;
  /** Node → its key as a number. */
  readonly key: Int32Array;
  /** Node → its write, or -1; write → its node. */
  readonly writeOf: Int32Array;
  readonly nodeOf: Int32Array;
  readonly lists: WriteLists;
  /** Write → the writes it supersedes directly, and the writes that supersede it so. */
  readonly contexts: readonly (readonly number[])[];
  readonly superseders: readonly (readonly number[])[];
  /** Key → its writes that may have known more than they say. */
  readonly open: readonly (readonly number[])[];
  /** Node → the writes a read showed; empty for a write. */
  readonly shown: readonly (readonly number[])[];
  readonly violations: readonly Violation[];
};

/** The history as numbers. Cost: some visits of each operation and each dot it names. */
export function indexSiblings(history: SiblingHistory): SiblingIndex {
  const operations = history.sessions.flatMap((session) => session.operations);
  const starts = new Int32Array(history.sessions.length + 1);
  const sessionOf = new Int32Array(operations.length);
  for (const [session, { operations: own }] of history.sessions.entries()) {
    const start = starts[session] ?? 0;
    sessionOf.fill(session, start, start + own.length);
    starts[session + 1] = start + own.length;
  }
  const keys = new Map<string, number>();
  const key = Int32Array.from(operations, (operation) => {
    if (!keys.has(operation.key)) keys.set(operation.key, keys.size);
    return keys.get(operation.key) ?? 0;
  });
  const nodes: Nodes = { sessions: history.sessions.length, starts, sessionOf };
  const builder = new Builder(history, operations, nodes, key, keys.size);
  return builder.build();
}

/** The operation as a witness. */
export function siblingWitness(
  { operations, history, sessionOf, starts }: Pick<SiblingIndex, 'operations' | 'history' | 'sessionOf' | 'starts'>,
  node: number,
): WitnessOperation {
  const session = sessionOf[node] ?? 0;
  const operation = operations[node];
  return {
    session: history.sessions[session]?.name ?? '',
    index: node - (starts[session] ?? 0),
    operation: operation === undefined ? '' : siblingOperationText(operation),
  };
}

class Builder {
  readonly #history: SiblingHistory;
  readonly #operations: readonly SiblingOperation[];
  readonly #nodes: Nodes;
  readonly #key: Int32Array;
  readonly #keys: number;
  readonly #violations: Violation[] = [];
  readonly #byDot = new Map<string, number>();

  constructor(
    history: SiblingHistory,
    operations: readonly SiblingOperation[],
    nodes: Nodes,
    key: Int32Array,
    keys: number,
  ) {
    this.#history = history;
    this.#operations = operations;
    this.#nodes = nodes;
    this.#key = key;
    this.#keys = keys;
  }

  build(): SiblingIndex {
    const key = this.#key;
    const count = this.#operations.length;
    const writeOf = new Int32Array(count).fill(-1);
    const nodeOf: number[] = [];
    for (const [node, operation] of this.#operations.entries()) {
      if (operation.kind === 'get') continue;
      const first = this.#byDot.get(operation.dot);
      if (first === undefined) this.#byDot.set(operation.dot, nodeOf.length);
      else this.#say('DuplicateDot', nodeOf[first] ?? 0, node);
      writeOf[node] = nodeOf.length;
      nodeOf.push(node);
    }
    const keyOfWrite = (write: number): number => key[nodeOf[write] ?? 0] ?? 0;
    const numbered = (node: number, dots: readonly string[], pattern: 'ThinAirShown' | 'ThinAirContext'): number[] => {
      const writes = new Set<number>();
      for (const dot of dots) {
        const write = this.#byDot.get(dot);
        if (write === undefined || keyOfWrite(write) !== key[node]) this.#say(pattern, node);
        else writes.add(write);
      }
      return [...writes];
    };
    const shown = this.#operations.map((operation, node) =>
      operation.kind === 'get' ? numbered(node, operation.shown, 'ThinAirShown') : [],
    );
    const contexts: number[][] = nodeOf.map(() => []);
    const superseders: number[][] = nodeOf.map(() => []);
    const open: number[][] = Array.from({ length: this.#keys }, () => []);
    const seen = new LastSeen(this.#nodes.sessionOf);
    for (const [node, operation] of this.#operations.entries()) {
      const held = key[node] ?? 0;
      if (operation.kind === 'get') {
        seen.read(node, held, shown[node] ?? []);
        continue;
      }
      const write = writeOf[node] ?? 0;
      const { context } = operation;
      const isOpen = context === 'session' || 'atLeast' in context;
      const said = context === 'session' ? [] : 'atLeast' in context ? context.atLeast : context;
      const row = context === 'session' ? [...seen.of(node, held)] : numbered(node, said, 'ThinAirContext');
      if (isOpen) open[held]?.push(write);
      contexts[write] = row;
      for (const older of row) superseders[older]?.push(write);
      seen.write(node, held, write, row);
    }
    const written = key.map((held, node) => (writeOf[node] === -1 ? -1 : held));
    const identity = Int32Array.from(key.keys());
    return {
      ...this.#nodes,
      ...{ history: this.#history, operations: this.#operations, key, writeOf, nodeOf: Int32Array.from(nodeOf) },
      ...{ lists: writeLists(written, this.#keys, identity, this.#nodes.sessionOf), contexts, superseders, open },
      ...{ shown, violations: this.#violations },
    };
  }

  /** One violation a pattern. */
  #say(pattern: 'DuplicateDot' | 'ThinAirShown' | 'ThinAirContext', ...nodes: readonly number[]): void {
    if (this.#violations.some((known) => known.pattern === pattern)) return;
    this.#violations.push(
      violation(
        pattern,
        nodes.map((node) => this.#witness(node)),
      ),
    );
  }

  #witness(node: number): WitnessOperation {
    return siblingWitness({ ...this.#nodes, history: this.#history, operations: this.#operations }, node);
  }
}

/** What each session last saw of each key, and wrote to it since. */
class LastSeen {
  readonly #sessionOf: Int32Array;
  readonly #seen = new Map<string, readonly number[]>();

  constructor(sessionOf: Int32Array) {
    this.#sessionOf = sessionOf;
  }

  of(node: number, key: number): readonly number[] {
    return this.#seen.get(`${this.#sessionOf[node]} ${key}`) ?? [];
  }

  read(node: number, key: number, shown: readonly number[]): void {
    this.#seen.set(`${this.#sessionOf[node]} ${key}`, shown);
  }

  write(node: number, key: number, write: number, over: readonly number[]): void {
    const left = this.of(node, key).filter((seen) => !over.includes(seen));
    this.#seen.set(`${this.#sessionOf[node]} ${key}`, [...left, write]);
  }
}
