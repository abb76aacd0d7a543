/**
 * What really happened in a run, whatever the strategy made of it: every write and delete, and what it was based on, which
 * is what its client had been shown. From that follows what any reader must be shown who was told this much: the
 * operations that no other he was told of was based on. Shares nothing with the clocks and records it judges.
 */

import { countOf, type Known, NOTHING_KNOWN, unite } from './known.ts';

export type Operation = {
  readonly number: number;
  readonly key: string;
  readonly isDelete: boolean;
  readonly client: number;
  readonly replica: number;
  readonly at: number;
  /** All it was based on, directly or not, and itself. */
  readonly past: Known;
  readonly lane: number;
  /** Its place in the lane, from 1. */
  readonly place: number;
  acknowledgedAt: number | undefined;
};

type KeyBook = {
  /** The operations of each lane, oldest first. */
  readonly lanes: Operation[][];
  acknowledged: Known;
  lastAcknowledgedAt: number;
};

/** The operations of one run. */
export class OperationBook {
  readonly #keys = new Map<string, KeyBook>();
  readonly operations: Operation[] = [];
  #heads = new WeakMap<Known, readonly Operation[]>();

  /** The number that the next operation will get. */
  get next(): number {
    return this.operations.length;
  }

  /** Notes an operation based on others, which are named by number. */
  note(what: Pick<Operation, 'key' | 'isDelete' | 'client' | 'replica' | 'at'>, basis: Iterable<number>): Operation {
    const { lanes } = this.bookOf(what.key);
    let known = NOTHING_KNOWN;
    for (const number of basis) known = unite(known, this.at(number).past);
    const lane = freeLane(lanes, known) ?? lanes.push([]) - 1;
    const chain = lanes[lane] as Operation[]; // found or just made
    const place = chain.length + 1;
    const past = unite(known, [lane, place]);
    const operation: Operation = { ...what, number: this.next, past, lane, place, acknowledgedAt: undefined };
    chain.push(operation);
    this.operations.push(operation);
    return operation;
  }

  acknowledge(operation: Operation, at: number): void {
    const book = this.bookOf(operation.key);
    operation.acknowledgedAt = at;
    book.acknowledged = unite(book.acknowledged, operation.past);
    book.lastAcknowledgedAt = at;
  }

  /** The operation of a number. Throws: RangeError for one that nobody made. */
  at(number: number): Operation {
    const operation = this.operations[number];
    if (operation === undefined) throw new RangeError(`Cannot find operation ${number}: nobody made it`);
    return operation;
  }

  /** What has been acknowledged of a key until now, with all it was based on. */
  acknowledgedOf(key: string): Known {
    return this.#keys.get(key)?.acknowledged ?? NOTHING_KNOWN;
  }

  /** When the newest of it was acknowledged; -Infinity if nothing was. */
  lastAcknowledgedAt(key: string): number {
    return this.#keys.get(key)?.lastAcknowledgedAt ?? Number.NEGATIVE_INFINITY;
  }

  keys(): Iterable<string> {
    return this.#keys.keys();
  }

  /** Whether `one` was based, directly or not, on `other`. */
  isBasedOn(one: Operation, other: Operation): boolean {
    return one !== other && countOf(one.past, other.lane) >= other.place;
  }

  /** The known operations that no other known one was based on: what a reader must be shown. In order of their numbers. */
  headsOf(key: string, known: Known): readonly Operation[] {
    const remembered = this.#heads.get(known);
    if (remembered !== undefined) return remembered;
    const { lanes } = this.bookOf(key);
    const last: Operation[] = [];
    for (let at = 0; at < known.length; at += 2) {
      const operation = lanes[known[at] as number]?.[(known[at + 1] as number) - 1]; // pairs
      if (operation !== undefined) last.push(operation);
    }
    const covered = coverOf(last);
    const heads = last.length === 1 ? last : last.filter(({ lane, place }) => (covered.get(lane) ?? 0) < place);
    heads.sort((one, other) => one.number - other.number);
    this.#heads.set(known, heads);
    return heads;
  }

  /** A known delete that was based on this operation, if there is one. */
  deleteOver(operation: Operation, known: Known): Operation | undefined {
    const { lanes } = this.bookOf(operation.key);
    for (let at = 0; at < known.length; at += 2) {
      const told = lanes[known[at] as number]?.slice(0, known[at + 1]); // pairs
      const found = told?.find((other) => other.isDelete && this.isBasedOn(other, operation));
      if (found !== undefined) return found;
    }
    return undefined;
  }

  bookOf(key: string): KeyBook {
    let book = this.#keys.get(key);
    if (book === undefined) {
      book = { lanes: [], acknowledged: NOTHING_KNOWN, lastAcknowledgedAt: Number.NEGATIVE_INFINITY };
      this.#keys.set(key, book);
    }
    return book;
  }
}

/** A lane whose last operation is known: a next one is based on all that are in it. */
function freeLane(lanes: readonly (readonly Operation[])[], known: Known): number | undefined {
  for (let at = 0; at < known.length; at += 2) {
    const lane = known[at] as number; // pairs
    if (lanes[lane]?.length === known[at + 1]) return lane;
  }
  return undefined;
}

/** How much of each lane the others among these operations were based on. Cost: O(all their pasts). */
function coverOf(operations: readonly Operation[]): ReadonlyMap<number, number> {
  const covered = new Map<number, number>();
  for (const { past, lane: own } of operations) {
    for (let at = 0; at < past.length; at += 2) {
      const lane = past[at] as number; // pairs
      if (lane !== own) covered.set(lane, Math.max(covered.get(lane) ?? 0, past[at + 1] as number)); // pairs
    }
  }
  return covered;
}
