/**
 * Replica ids by number, so that a stored dot costs a byte or two for its id. Numbers are given in order, each once, and
 * are never taken back; the book is written beside the records that use it, in the same commit.
 */

import { ID_BYTES_MAX } from '../../limits.ts';
import type { ByteEntry } from '../../storage/storage.ts';
import { idKey, numberOf, seal, unseal } from './layout.ts';

/** The numbers of replica ids in one store. */
export class IdBook {
  readonly #ids: string[] = [];
  readonly #numbers = new Map<string, number>();
  #written = 0;
  /** Numbers below this were given, whether their entry is still there or not. */
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** Sets how many numbers were given; what has no entry then was lost, and its number is not given again. */
  restore(size: number): void {
    this.#size = Math.max(this.#size, size);
    this.#written = this.#size;
  }

  /** The number of an id, a new one if it has none yet. */
  numberOf(id: string): number {
    let number = this.#numbers.get(id);
    if (number === undefined) {
      number = this.#size;
      this.#size += 1;
      this.#ids[number] = id;
      this.#numbers.set(id, number);
    }
    return number;
  }

  /** The id of a number; undefined for one that was never given. */
  idOf(number: number): string | undefined {
    return this.#ids[number];
  }

  /** Reads an entry, in the order of their keys. Throws: RECORD_CORRUPT. */
  take([key, sealed]: ByteEntry): void {
    const id = unseal(key, sealed, (reader) => reader.text(ID_BYTES_MAX));
    const number = numberOf(key);
    this.#ids[number] = id;
    this.#numbers.set(id, number);
    this.#size = this.#ids.length;
    this.#written = this.#size;
  }

  /** The entries that are not written yet. */
  unwritten(): ByteEntry[] {
    return this.#ids.slice(this.#written).map((id, at) => {
      const key = idKey(this.#written + at);
      return [key, seal(key, (writer) => writer.text(id))];
    });
  }

  /** Takes note that the first `size` entries are written. */
  noteWritten(size: number): void {
    this.#written = Math.max(this.#written, size);
  }
}
