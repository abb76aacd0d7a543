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
  /** Lanes that ended in an operation that nobody will be shown any more; what anybody knows of them is left out. */
  readonly buried: Map<number, Operation>;
  /** All that what was buried had been based on, and itself: it stays overwritten. */
  covered: Known;
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
    const { lanes, buried } = this.bookOf(what.key);
    let known = NOTHING_KNOWN;
    for (const number of basis) known = unite(known, this.at(number).past);
    const lane = freeLane(lanes, known, buried) ?? lanes.push([]) - 1;
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
    book.acknowledged = unite(book.acknowledged, this.strip(operation.key, operation.past));
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

  /**
   * Leaves an operation out of what is known from now on: every replica was told of it, and none shows it. What it was
   * based on stays overwritten. false: one of its lane came after it, which not all may know; nothing was done.
   */
  bury(operation: Operation): boolean {
    const book = this.bookOf(operation.key);
    if (book.lanes[operation.lane]?.length !== operation.place) return false;
    book.buried.set(operation.lane, operation);
    book.covered = unite(book.covered, operation.past);
    this.#heads = new WeakMap();
    book.acknowledged = this.strip(operation.key, book.acknowledged);
    return true;
  }

  /** What was buried of a key. */
  buriedOf(key: string): Iterable<Operation> {
    return this.bookOf(key).buried.values();
  }

  /** What is known without what was buried; the very same list when that is all. */
  strip(key: string, known: Known): Known {
    const { buried } = this.bookOf(key);
    if (buried.size === 0 || !known.some((lane, at) => at % 2 === 0 && buried.has(lane))) return known;
    const kept: number[] = [];
    for (let at = 0; at < known.length; at += 2) {
      const [lane = 0, count = 0] = known.slice(at, at + 2);
      if (!buried.has(lane)) kept.push(lane, count);
    }
    return kept;
  }

  /** Whether `one` was based, directly or not, on `other`. */
  isBasedOn(one: Operation, other: Operation): boolean {
    return one !== other && countOf(one.past, other.lane) >= other.place;
  }

  /** The known operations that no other known one was based on: what a reader must be shown. In order of their numbers. */
  headsOf(key: string, known: Known): readonly Operation[] {
    const remembered = this.#heads.get(known);
    if (remembered !== undefined) return remembered;
    const { lanes, covered } = this.bookOf(key);
    const last: Operation[] = [];
    for (let at = 0; at < known.length; at += 2) {
      const operation = lanes[known[at] as number]?.[(known[at + 1] as number) - 1]; // pairs
      if (operation !== undefined && countOf(covered, operation.lane) < operation.place) last.push(operation);
    }
    const heads = last.length === 1 ? last : headsAmong(last);
    heads.sort((one, other) => one.number - other.number);
    this.#heads.set(known, heads);
    return heads;
  }

  /** A known or buried delete that was based on this operation, if there is one. */
  deleteOver(operation: Operation, known: Known): Operation | undefined {
    const { lanes, buried } = this.bookOf(operation.key);
    for (const other of buried.values()) if (other.isDelete && this.isBasedOn(other, operation)) return other;
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
      book = {
        lanes: [],
        buried: new Map(),
        covered: NOTHING_KNOWN,
        acknowledged: NOTHING_KNOWN,
        lastAcknowledgedAt: Number.NEGATIVE_INFINITY,
      };
      this.#keys.set(key, book);
    }
    return book;
  }
}

/** A lane whose last operation is known: a next one is based on all that are in it. */
function freeLane(
  lanes: readonly (readonly Operation[])[],
  known: Known,
  buried: ReadonlyMap<number, Operation>,
): number | undefined {
  for (let at = 0; at < known.length; at += 2) {
    const lane = known[at] as number; // pairs
    if (lanes[lane]?.length === known[at + 1] && !buried.has(lane)) return lane;
  }
  return undefined;
}

/**
 * Those that none of the others was based on; at most one of each lane. Newest first, so that of most only one number is
 * looked at: whatever an operation that is not a head was based on, its head was too. Cost: O(all + heads × lanes).
 */
function headsAmong(operations: Operation[]): Operation[] {
  const covered = new Map<number, number>();
  const heads: Operation[] = [];
  operations.sort((one, other) => other.number - one.number);
  for (const operation of operations) {
    const { lane: own, place, past } = operation;
    if ((covered.get(own) ?? 0) >= place) continue;
    heads.push(operation);
    for (let at = 0; at < past.length; at += 2) {
      const [lane = 0, count = 0] = [past[at], past[at + 1]];
      if (lane !== own && (covered.get(lane) ?? 0) < count) covered.set(lane, count);
    }
  }
  return heads;
}
