/**
 * Compares what readers are shown with what they must be shown, given what the replicas that answered had been told. Each
 * anomaly counts the operations it concerns, once each however often it was seen:
 *
 *  - undone: a delete had been told, and a value that it was based on is shown (a resurrection);
 *  - false sibling: a value is shown beside others although one of them, or another that was told, was based on it;
 *  - regressed: an overwritten value is shown alone in the place of the newer one;
 *  - hidden: a value that nobody overwrote is not shown;
 *  - lost: an acknowledged write that nobody overwrote is shown by no replica when all is healed and settled.
 */

import type { Shown } from '../strategies/strategy.ts';
import { countOf, covers, type Known, unite } from './known.ts';
import type { Operation, OperationBook } from './operation-book.ts';

export type AnomalyKind = 'undone' | 'false sibling' | 'regressed' | 'hidden' | 'lost' | 'delete hidden' | 'diverged';

/** One anomaly, when it was first seen. `by`: the delete or the write that should have kept it away. */
export type Anomaly = {
  readonly kind: AnomalyKind;
  readonly at: number;
  readonly key: string;
  readonly operation: number;
  readonly by?: number;
};

/** What one read came to. */
export type ReadVerdict = {
  /** Whether it reflects every write that had been acknowledged when it began. */
  readonly isFresh: boolean;
  /** Since the newest of these was acknowledged, ms; Infinity when nothing was. */
  readonly sinceMs: number;
  /** How many acknowledged operations it lacks. */
  readonly behind: number;
  readonly anomalies: number;
};

/** The anomalies of one run. */
export class Judge {
  readonly #book: OperationBook;
  /** By kind, then by the number of the operation. */
  readonly #found = new Map<AnomalyKind, Map<number, Anomaly>>();
  readonly #tell: ((anomaly: Anomaly) => void) | undefined;

  constructor(book: OperationBook, tell?: (anomaly: Anomaly) => void) {
    this.#book = book;
    this.#tell = tell;
  }

  /** In the order in which they were found. */
  get anomalies(): readonly Anomaly[] {
    return [...this.#found.values()].flatMap((found) => [...found.values()]).sort((one, other) => one.at - other.at);
  }

  count(kind: AnomalyKind): number {
    return this.#found.get(kind)?.size ?? 0;
  }

  /** Judges an answer by what the answering replicas had been told; how many anomalies it shows. */
  judge(key: string, known: Known, shown: Shown, at: number): number {
    const heads = this.#book.headsOf(key, known);
    if (isExact(heads, shown)) return 0;
    let anomalies = 0;
    const count = (kind: AnomalyKind, operation: Operation, by?: Operation): void => {
      anomalies += 1;
      this.#note(kind, operation, at, by);
    };
    const undone = new Set<Operation>();
    for (const number of shown.live) {
      const operation = this.#book.at(number);
      if (heads.includes(operation)) continue;
      const over = this.#book.deleteOver(operation, known);
      if (over !== undefined) {
        undone.add(over);
        count('undone', over, operation);
      } else {
        count(shown.live.length > 1 ? 'false sibling' : 'regressed', operation);
      }
    }
    for (const head of heads) {
      if (head.isDelete) {
        const isHidden = shown.live.length > 0 && !shown.deleted.includes(head.number) && !undone.has(head);
        if (isHidden && shown.passedOver.length === 0) count('delete hidden', head);
      } else if (!shown.live.includes(head.number) && !shown.passedOver.includes(head.number)) {
        count('hidden', head);
      }
    }
    return anomalies;
  }

  /** Judges what all replicas show of a key in the end, by everything that was acknowledged or told to any of them. */
  settle(key: string, knownByReplica: readonly Known[], shownByReplica: readonly Shown[], at: number): void {
    const known = knownByReplica.reduce(unite, this.#book.acknowledgedOf(key));
    const heads = [...this.#book.headsOf(key, known), ...this.#book.buriedOf(key)];
    for (const shown of shownByReplica) this.judge(key, known, shown, at);
    for (const head of heads) {
      const isSeen = ({ live, passedOver, aside }: Shown): boolean =>
        live.includes(head.number) || passedOver.includes(head.number) || aside?.includes(head.number) === true;
      if (head.isDelete || head.acknowledgedAt === undefined || shownByReplica.some(isSeen)) continue;
      this.#note('lost', head, at);
    }
    const [first, ...others] = shownByReplica;
    const last = this.#book.headsOf(key, known).at(-1);
    if (first !== undefined && last !== undefined && others.some((other) => !isSameShown(first, other)))
      this.#note('diverged', last, at);
  }

  headsOf(key: string, known: Known): readonly Operation[] {
    return this.#book.headsOf(key, known);
  }

  /** Notes an operation that is shown by nobody although nobody overwrote it. */
  bury(operation: Operation, at: number): void {
    if (this.#book.bury(operation)) this.#note(operation.isDelete ? 'delete hidden' : 'hidden', operation, at);
  }

  /** How fresh an answer is, by what had been acknowledged when the read began. */
  freshness(
    key: string,
    answer: Known,
    due: { readonly acknowledged: Known; readonly at: number },
    startedAt: number,
  ): Omit<ReadVerdict, 'anomalies'> {
    const known = this.#book.strip(key, answer);
    const acknowledged = this.#book.strip(key, due.acknowledged);
    const isFresh = covers(known, acknowledged);
    return { isFresh, sinceMs: startedAt - due.at, behind: isFresh ? 0 : lacking(known, acknowledged) };
  }

  #note(kind: AnomalyKind, operation: Operation, at: number, by?: Operation): void {
    let found = this.#found.get(kind);
    if (found === undefined) {
      found = new Map();
      this.#found.set(kind, found);
    }
    const { key, number } = operation;
    if (found.has(number)) return;
    const anomaly: Anomaly = { kind, at, key, operation: number, ...(by === undefined ? {} : { by: by.number }) };
    found.set(number, anomaly);
    this.#tell?.(anomaly);
  }
}

/** Whether two replicas show readers the same. Tombstones that stay alone show nothing. */
export function isSameShown(one: Shown, other: Shown): boolean {
  if (!isSameList(one.live, other.live)) return false;
  return one.live.length === 0 || isSameList(one.deleted, other.deleted);
}

function isSameList(one: readonly number[], other: readonly number[]): boolean {
  return one.length === other.length && one.every((number, at) => number === other[at]);
}

/** The usual case, decided at once: one operation is current, and it is shown. */
function isExact(heads: readonly Operation[], shown: Shown): boolean {
  const [head] = heads;
  if (heads.length !== 1 || head === undefined) return heads.length === 0 && shown.live.length === 0;
  return head.isDelete ? shown.live.length === 0 : shown.live.length === 1 && shown.live[0] === head.number;
}

/** How many operations of `wanted` are missing in `known`. */
function lacking(known: Known, wanted: Known): number {
  let count = 0;
  for (let at = 0; at < wanted.length; at += 2) {
    const [lane = 0, due = 0] = wanted.slice(at, at + 2);
    count += Math.max(0, due - countOf(known, lane));
  }
  return count;
}
