/**
 * What a history of registers is: sessions of transactions of reads and writes, as every published checker takes them.
 * A plain operation is a transaction of one. Every value is written to its key at most once, or nobody can say what a
 * read read. Knows nothing of files and nothing of checking.
 */

/** What was written; histories that hold other things write them as text. */
export type HistoryValue = string | number;

/** A read of null read nothing: the key had not been written. */
export type RegisterOperation =
  | { readonly kind: 'write'; readonly key: string; readonly value: HistoryValue }
  | { readonly kind: 'read'; readonly key: string; readonly value: HistoryValue | null };

/** What took effect as one, in the order it was done. */
export type RegisterTransaction = readonly RegisterOperation[];

export type RegisterSession = { readonly name: string; readonly transactions: readonly RegisterTransaction[] };

export type RegisterHistory = {
  readonly sessions: readonly RegisterSession[];
  /** Writes that are known not to have taken effect. */
  readonly aborted?: readonly { readonly key: string; readonly value: HistoryValue }[];
};

/** A history that cannot be read or judged; the message names where and what. */
export class HistoryFault extends Error {
  override readonly name = 'HistoryFault';
}

/** A history of plain operations. */
export function registerHistory(sessions: Readonly<Record<string, readonly RegisterOperation[]>>): RegisterHistory {
  return {
    sessions: Object.entries(sessions).map(([name, operations]) => ({
      name,
      transactions: operations.map((operation) => [operation]),
    })),
  };
}

/** How many operations a history holds. Cost: one visit a transaction. */
export function operationsIn({ sessions }: RegisterHistory): number {
  let count = 0;
  for (const { transactions } of sessions) for (const transaction of transactions) count += transaction.length;
  return count;
}

/** `w(x,1)`, `r(x,1)`, or `r(x,nothing)`. */
export function operationText({ kind, key, value }: RegisterOperation): string {
  return `${kind === 'write' ? 'w' : 'r'}(${key},${value ?? 'nothing'})`;
}
