/**
 * The dot index of a store that is checked: what the names say when they are read in order, those of format 1 before the
 * others. It is in memory only as long as somebody looks for what was lost; a store in use needs none of it.
 */

import type { Dot } from '../../clock/dot.ts';
import type { Hash64 } from '../../codec/hash.ts';
import { DotSum } from './dot-sum.ts';
import type { IdBook } from './id-book.ts';
import { unseal } from './layout.ts';
import { type NameVisitor, readNames } from './names.ts';

/** Every current dot with the key that holds it. */
export class NameIndex implements NameVisitor {
  readonly #keys = new Map<number, Map<number, string>>();

  name(number: number, counter: number, key: string): void {
    let keys = this.#keys.get(number);
    if (keys === undefined) {
      keys = new Map();
      this.#keys.set(number, keys);
    }
    keys.set(counter, key);
  }

  unname(number: number, counter: number): void {
    this.#keys.get(number)?.delete(counter);
  }

  /** The dots by key, how many there are, and their sum. A number without an id names nothing that could be lost. */
  byKey(ids: IdBook): { readonly named: Map<string, Dot[]>; readonly dots: number; readonly sum: Hash64 } {
    const named = new Map<string, Dot[]>();
    const sum = new DotSum();
    let dots = 0;
    for (const [number, keys] of this.#keys) {
      const id = ids.idOf(number);
      if (id === undefined) continue;
      dots += keys.size;
      for (const [counter, key] of keys) {
        sum.count({ id, counter }, 1);
        const held = named.get(key);
        if (held === undefined) named.set(key, [{ id, counter }]);
        else held.push({ id, counter });
      }
    }
    return { named, dots, sum: sum.value };
  }
}

/** Reads an entry of names. Throws: RECORD_CORRUPT. */
export function readStoredNames(key: Uint8Array, sealed: Uint8Array, visitor: NameVisitor): void {
  unseal(key, sealed, (reader) => readNames(reader, visitor));
}
