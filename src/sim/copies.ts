/**
 * What the observer asks for when one identity lived twice: two copies of a disk at the same place, each of which went on
 * issuing dots. Nothing can keep that from happening; but it must be noticed once the two meet what they wrote, and no
 * value may be lost by it. Law: L23.
 */

import { sameDot } from '../clock/dot.ts';
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
  /** Processes of which somebody reported that their id, or a dot of theirs, is in use twice. */
  readonly #noticed = new Set<string>();

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
  }

  noticed(process: string): void {
    this.#noticed.add(process);
  }

  clashed(process: string, first: Operation, second: Operation): void {
    this.#clashes.push({ process, swaps: this.#swapsOf(process), first, second });
  }

  /** Whether what is shown of a key was written: where a dot does not tell which write it names, the value does. */
  judge(
    by: string,
    key: string,
    siblings: readonly Sibling<string>[],
    isHolder: boolean,
    book: OperationBook,
  ): Violation | undefined {
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
      if (isHolder) operation.holders.add(by);
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
      if (this.#noticed.size === 0) return { law: 'L23', what: `${pair}, and nobody reported it`, key: second.key };
      for (const operation of [first, second]) {
        if (operation.value === undefined || superseded.has(operation)) continue;
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

function shows(store: NonNullable<SimProcess['store']>, { key, value }: Operation): boolean {
  return store.peek(key).siblings.some((sibling) => !sibling.tombstone && sibling.value === value);
}
