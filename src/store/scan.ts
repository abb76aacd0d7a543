/** The result of a scan: iterable at once where the engine answers synchronously, and asynchronously everywhere. */

/** Lazily walks what a scan found, in key order. */
export class Scan<T> implements Iterable<T>, AsyncIterable<T> {
  readonly #walk: () => Iterator<T>;
  readonly #walkAsync: (() => AsyncIterable<T>) | undefined;

  constructor(walk: () => Iterator<T>, walkAsync?: () => AsyncIterable<T>) {
    this.#walk = walk;
    this.#walkAsync = walkAsync;
  }

  [Symbol.iterator](): Iterator<T> {
    return this.#walk();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<T, void> {
    yield* this.#walkAsync?.() ?? { [Symbol.iterator]: this.#walk };
  }

  /** Everything the scan finds, at once. */
  async toArray(): Promise<T[]> {
    if (this.#walkAsync === undefined) return [...this];
    const all: T[] = [];
    for await (const item of this) all.push(item);
    return all;
  }
}
