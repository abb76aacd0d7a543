/**
 * The operations of all histories of a search, for the model. Histories branch, so that one dot is a put in one and a
 * delete in another: an operation is named by its dot together with what it was based on, and what its author knew. The
 * same operation in two histories has one name, and one history never holds two of one dot.
 */

import { type Dot, formatDot } from '../../clock/dot.ts';
import { type Operation, Operations } from '../../model/operations.ts';
import type { Made } from '../schedule/judge.ts';
import type { Rename } from './image.ts';

export const KEY = 'k';

/** An operation with the dot that production gave it, and what is known of its author. */
export type Fact = Made & { readonly number: number; readonly dot: Dot; readonly text: string };

/** What a write is, beside its dot; `knew` is everything its author knew of the key. */
export type Writing = {
  readonly dot: Dot;
  readonly isTombstone: boolean;
  readonly context: readonly number[];
  readonly knew: readonly number[];
};

/** Every operation that some history holds, by number. */
export class Facts {
  readonly operations: Operations = new Operations();
  readonly #facts: Fact[] = [];
  readonly #byName = new Map<string, Fact>();
  readonly #writings: Writing[] = [];

  /** The number of this write. */
  note(writing: Writing): number {
    const { dot, isTombstone, context, knew } = writing;
    const text = formatDot(dot);
    const blind = context.length === knew.length ? '' : `|${knew.join()}`;
    const name = `${text}${isTombstone ? '-' : '+'}{${context.join()}${blind}}`;
    const known = this.#byName.get(name);
    if (known !== undefined) return known.number;
    const value = isTombstone ? undefined : text;
    const operation: Operation = { name, key: KEY, tombstone: isTombstone, value, context: this.names(context) };
    this.operations.add(operation);
    const fact: Fact = { number: this.#facts.length, dot, text, operation, authorKnew: this.names(knew) };
    this.#facts.push(fact);
    this.#writings.push(writing);
    this.#byName.set(name, fact);
    return fact.number;
  }

  get(number: number): Fact {
    const fact = this.#facts[number];
    if (fact === undefined) throw new RangeError(`there is no operation ${number}`);
    return fact;
  }

  names(numbers: Iterable<number>): Set<string> {
    return new Set([...numbers].map((number) => this.get(number).operation.name));
  }

  numbers(names: Iterable<string>): number[] {
    const numbers = [...names].map((name) => this.#byName.get(name)?.number ?? -1);
    return numbers.sort((one, other) => one - other);
  }

  /** The operation as it would be if the replicas had other names. */
  renamed(number: number, rename: Rename): number {
    const writing = this.#writings[number];
    if (writing === undefined) throw new RangeError(`there is no operation ${number}`);
    const { dot, isTombstone, context, knew } = writing;
    return this.note({
      dot: { id: rename(dot.id), counter: dot.counter },
      isTombstone,
      context: this.#renamedAll(context, rename),
      knew: this.#renamedAll(knew, rename),
    });
  }

  #renamedAll(numbers: readonly number[], rename: Rename): number[] {
    return numbers.map((number) => this.renamed(number, rename)).sort((one, other) => one - other);
  }
}
