/**
 * What the clients of a run did, as a history that the checkers of histories judge by themselves: they know neither the
 * replicas nor the observer. A client is a session; writes whose client was told nothing are sessions of their own.
 */

import { formatDot } from '../clock/dot.ts';
import type { SiblingHistory, SiblingOperation, SiblingSession } from '../testkit/history/sibling-history.ts';
import type { ClientRecord } from './clients.ts';
import type { Operation, OperationBook } from './operation-book.ts';

/** The history of a run whose clients kept to their sessions. */
export function historyOf(records: readonly ClientRecord[], book: OperationBook): SiblingHistory {
  const sessions = new Map<number, SiblingOperation[]>();
  const byDot = new Map(book.all().map((operation) => [formatDot(operation.dot), operation]));
  const told = new Set<string>();
  for (const { client, kind, key, shown } of records) {
    const operations = sessions.get(client) ?? [];
    sessions.set(client, operations);
    if (kind === 'get') operations.push({ kind, key, shown });
    else {
      const [dot = ''] = shown;
      told.add(dot);
      operations.push({ kind, key, dot, context: contextOf(byDot.get(dot)) });
    }
  }
  const named = [...sessions].map(([client, operations]): SiblingSession => ({ name: `client ${client}`, operations }));
  const others = book.all().filter((operation) => !(operation.isGone || told.has(formatDot(operation.dot))));
  return { sessions: [...named, ...others.map(alone)] };
}

/** An operation as a record tells it. `over`: what it supersedes, but for what these supersede. */
export function issueOf({ key, dot, value, context }: Operation): Readonly<Record<string, unknown>> {
  const indirect = new Set([...context].flatMap((older) => [...older.context]));
  const over = [...context].filter((older) => !indirect.has(older)).map((older) => formatDot(older.dot));
  return { key, dot: formatDot(dot), ...(value === undefined ? {} : { value }), over };
}

function contextOf(operation: Operation | undefined): readonly string[] {
  return [...(operation?.context ?? [])].filter(({ isGone }) => !isGone).map(({ dot }) => formatDot(dot));
}

function alone(operation: Operation): SiblingSession {
  const { key, value } = operation;
  const dot = formatDot(operation.dot);
  const kind = value === undefined ? 'delete' : 'put';
  return { name: `somebody who wrote ${dot}`, operations: [{ kind, key, dot, context: contextOf(operation) }] };
}
