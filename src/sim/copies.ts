/**
 * What the observer asks for when one identity lived twice: two copies of a disk at the same place, each of which went on
 * issuing dots. Nothing can keep that from happening; but it must be noticed once the two meet what they wrote, and no
 * value may be lost by it. Law: L23.
 */

import { sameDot } from '../clock/dot.ts';
import { nameOf } from '../store/membership.ts';
import type { ReplicaState } from '../store/replica-state.ts';
import type { Sibling } from '../store/resolve.ts';
import { describe, type Operation, type OperationBook, type Violation } from './operation-book.ts';
import type { SimProcess } from './process.ts';

/** One dot that names two writes, of which others have the first. */
type Clash = {
  readonly process: string;
  readonly swaps: number;
  readonly first: Operation;
  readonly second: Operation;
};

/** How a process had a write. */
type Had = {
  /** Its author itself told of it, under the dot that it was given first. */
  isTold: boolean;
  /** It stood under another dot, which nothing else has. */
  isAnew: boolean;
  isGone: boolean;
};

/** The copies of one run. */
export class Copies {
  /** How often each process went on with another copy. */
  readonly #swaps = new Map<string, number>();
  readonly #clashes: Clash[] = [];
  /** How many writes there were when each process went on under another id last, and when anybody found a dot in use twice. */
  readonly #renewed = new Map<string, number>();
  #collidedAt = 0;
  /** Of each write, how each process had it. */
  readonly #had = new Map<Operation, Map<string, Had>>();
  /** Writes that somebody let go of for what he heard by way of others. */
  readonly #outrun = new Set<Operation>();

  get areThere(): boolean {
    return this.#swaps.size > 0;
  }

  has(process: string): boolean {
    return this.#swaps.has(process);
  }

  /** A process goes on with another copy, and has from now on what that one shows. */
  swapped(process: string, book: OperationBook): void {
    this.#swaps.set(process, this.#swapsOf(process) + 1);
    for (const { holders } of book.all()) holders.delete(process);
    for (const had of this.#had.values()) had.delete(process);
  }

  /** A process reported that its id, or a dot of somebody's, is in use twice. */
  noticed(process: string, kind: 'renewed' | 'collision', { size }: OperationBook): void {
    if (kind === 'renewed') this.#renewed.set(process, size);
    else this.#collidedAt = size;
  }

  clashed(process: string, first: Operation, second: Operation): void {
    this.#clashes.push({ process, swaps: this.#swapsOf(process), first, second });
  }

  /** Whether what is shown of a key was written: where a dot does not tell which write it names, the value does. */
  judge(
    by: string,
    key: string,
    siblings: readonly Sibling<string>[],
    holder: ReplicaState | undefined,
    book: OperationBook,
    lifeOf: (process: string) => number | undefined,
  ): Violation | undefined {
    const shown = new Set<Operation>();
    for (const sibling of siblings) {
      if (sibling.tombstone) continue;
      const { value } = sibling;
      const operation = book.byValue(value);
      if (operation?.key !== key)
        return { law: 'L6', what: `${by} shows ${value} of ${JSON.stringify(key)}, which nobody wrote`, key };
      if (operation.isRefused)
        return { law: 'L17', what: `${by} shows ${value}, whose client was told it failed`, key };
      const isNew = ![operation.dot, ...operation.aliases].some((dot) => sameDot(dot, sibling.dot));
      if (isNew) operation.aliases.push(sibling.dot);
      operation.isGone = false;
      shown.add(operation);
      if (holder === undefined) continue;
      operation.holders.add(by);
      const had = this.#had.get(operation) ?? new Map<string, Had>();
      this.#had.set(operation, had);
      const isAnew = !sameDot(sibling.dot, operation.dot);
      const isTold =
        had.get(by)?.isTold === true || (!isAnew && hasBeenTold(holder, operation, this.#otherLife(operation, lifeOf)));
      had.set(by, { isTold, isAnew, isGone: false });
    }
    if (holder === undefined) return undefined;
    for (const { process, first, second } of this.#clashes) {
      for (const operation of [first, second]) {
        const had = this.#had.get(operation)?.get(by);
        if (operation.key !== key || had === undefined || had.isGone || shown.has(operation)) continue;
        had.isGone = true;
        const hasMetBoth =
          operation === first
            ? had.isTold && isInLife(holder, first, lifeOf(process))
            : this.#had.get(first)?.get(by)?.isTold === true || isUnderAnotherId(holder, second);
        // By way of others it hears of dots, and not of whose life they are: then it cannot know better.
        if (!hasMetBoth && !had.isAnew) this.#outrun.add(operation);
      }
    }
    return undefined;
  }

  /** At the end of a run, when everybody has met. */
  check(processes: readonly SimProcess[], book: OperationBook): Violation | undefined {
    if (this.#clashes.length === 0) return undefined;
    const superseded = new Set<Operation>();
    for (const { context } of book.all()) for (const operation of context) superseded.add(operation);
    for (const { process, swaps, first, second } of this.#clashes) {
      const isFirstElsewhere = [...first.holders].some((holder) => holder !== process);
      // A copy that nobody looks at any more may have taken with it what it wrote, or had from others.
      const isSecondThere = second.isAcknowledged && swaps === this.#swapsOf(process);
      if (!isFirstElsewhere || !isSecondThere) continue;
      const pair = `${describe(first)} and ${describe(second)} have one dot`;
      const isTold = [...(this.#had.get(first) ?? [])].some(([by, had]) => by !== process && had.isTold);
      const noticedAt = Math.max(
        this.#collidedAt,
        ...(isTold ? [this.#renewed.get(process) ?? 0] : this.#renewed.values()),
      );
      if (noticedAt < (isTold ? second.number : 1))
        return { law: 'L23', what: `${pair}, and nobody reported it`, key: second.key };
      for (const operation of [first, second]) {
        if (operation.value === undefined || superseded.has(operation) || this.#outrun.has(operation)) continue;
        const missing = processes.find(({ store }) => store !== undefined && !shows(store, operation));
        if (missing === undefined) continue;
        const what = `${pair}; ${missing.name} does not show ${operation.value}, which nothing superseded`;
        return { law: 'L23', what, key: operation.key };
      }
    }
    return undefined;
  }

  /** The life in which the author of a write used its dot again. */
  #otherLife(first: Operation, lifeOf: (process: string) => number | undefined): number | undefined {
    const clash = this.#clashes.find((one) => one.first === first);
    return clash === undefined ? undefined : lifeOf(clash.process);
  }

  #swapsOf(process: string): number {
    return this.#swaps.get(process) ?? 0;
  }
}

/** Whether a replica knows of the write from its author itself, and not from what the author is in the other life. */
function hasBeenTold({ membership }: ReplicaState, { dot }: Operation, other: number | undefined): boolean {
  const author = membership.peers.get(nameOf(dot.id));
  return author?.id === dot.id && author.life !== other && author.seen.vector.get(dot.id) >= dot.counter;
}

/** Whether a replica has met the author of the write last in that life. */
function isInLife({ membership }: ReplicaState, { dot }: Operation, life: number | undefined): boolean {
  const author = membership.peers.get(nameOf(dot.id));
  return author?.id === dot.id && author.life === life;
}

/** Whether a replica is the author of the write, and goes on under another id since: it has met its copy. */
function isUnderAnotherId({ id }: ReplicaState, { dot }: Operation): boolean {
  return nameOf(id) === nameOf(dot.id) && id !== dot.id;
}

function shows(store: NonNullable<SimProcess['store']>, { key, value }: Operation): boolean {
  return store.peek(key).siblings.some((sibling) => !sibling.tombstone && sibling.value === value);
}
