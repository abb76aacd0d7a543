/**
 * Names that are to be written beside what a commit changes: those that a check found missing, and the end of those that
 * name what was lost. They stay until a commit that carried them is done.
 */

import type { NameWriter } from './names.ts';

/** Without a key, the dot is unnamed. */
type Mend = { readonly number: number; readonly counter: number; readonly key: string | undefined };

/** The newest word on a dot counts. */
export class NameMends {
  readonly #pending = new Map<string, Mend>();
  #drawn: readonly [dot: string, mend: Mend][] = [];

  name(number: number, counter: number, key: string): void {
    this.#pending.set(`${number}/${counter}`, { number, counter, key });
  }

  unname(number: number, counter: number): void {
    this.#pending.set(`${number}/${counter}`, { number, counter, key: undefined });
  }

  /** Writes them before what the commit says itself, which counts then. */
  draw(names: NameWriter): void {
    this.#drawn = [...this.#pending];
    for (const [, { number, counter, key }] of this.#drawn) {
      if (key === undefined) names.unname(number, counter);
      else names.name(number, counter, key);
    }
  }

  /** What was drawn last is written. */
  noteWritten(): void {
    for (const [dot, mend] of this.#drawn) if (this.#pending.get(dot) === mend) this.#pending.delete(dot);
    this.#drawn = [];
  }
}
