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

/** The copies of one run. */
export class Copies {
  /** How often each process went on with another copy. */
  readonly #swaps = new Map<string, number>();
  readonly #clashes: Clash[] = [];
  /** How many writes there were when each process went on under another id last, and when anybody found a dot in use twice. */
  readonly #renewed = new Map<string, number>();
  #collidedAt = 0;
  /** Who was told of a write by its author itself; and who does not show it any more, of those that did. */
  readonly #toldOf = new Map<Operation, Set<string>>();
  readonly #letGo = new Map<Operation, Set<string>>();
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
    for (const names of [...this.#toldOf.values(), ...this.#letGo.values()]) names.delete(process);
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
      if (hasBeenTold(holder, operation)) namesIn(this.#toldOf, operation).add(by);
    }
    if (holder === undefined) return undefined;
    for (const { process, first } of this.#clashes)
      if (first.key === key && first.holders.has(by) && !shown.has(first))
        this.#lets(first, by, holder, lifeOf(process));
    return undefined;
  }

  /**
   * A process does not show the first of two writes any more. It cannot know that this is wrong unless it was told of
   * that one by its author and has met the other copy too: by way of others it hears of dots, and not of whose life they are.
   */
  #lets(first: Operation, by: string, holder: ReplicaState, life: number | undefined): void {
    const before = namesIn(this.#letGo, first);
    if (before.has(by)) return;
    before.add(by);
    const author = holder.membership.peers.get(nameOf(first.dot.id));
    const hasMetBoth = namesIn(this.#toldOf, first).has(by) && author?.id === first.dot.id && author.life === life;
    if (!hasMetBoth) this.#outrun.add(first);
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
      const noticedAt = Math.max(this.#collidedAt, this.#renewed.get(process) ?? 0);
      if (noticedAt < second.number) return { law: 'L23', what: `${pair}, and nobody reported it`, key: second.key };
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

  #swapsOf(process: string): number {
    return this.#swaps.get(process) ?? 0;
  }
}

/** Whether a replica knows of the write from its author itself. */
function hasBeenTold({ membership }: ReplicaState, { dot }: Operation): boolean {
  return (membership.seenBy(dot.id)?.vector.get(dot.id) ?? 0) >= dot.counter;
}

function namesIn(map: Map<Operation, Set<string>>, operation: Operation): Set<string> {
  const names = map.get(operation) ?? new Set();
  map.set(operation, names);
  return names;
}

function shows(store: NonNullable<SimProcess['store']>, { key, value }: Operation): boolean {
  return store.peek(key).siblings.some((sibling) => !sibling.tombstone && sibling.value === value);
}
