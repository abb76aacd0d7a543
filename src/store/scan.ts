/** The result of a scan: iterable at once where the engine answers synchronously, and asynchronously everywhere. */

/** Lazily walks what a scan found, in key order. */
export class Scan<T> implements Iterable<T>, AsyncIterable<T> {
  readonly #walk: () => Iterator<T>;
  readonly #walkAsync: (() => AsyncIterator<T>) | undefined;

  constructor(walk: () => Iterator<T>, walkAsync?: () => AsyncIterator<T>) {
    this.#walk = walk;
    this.#walkAsync = walkAsync;
  }

  [Symbol.iterator](): Iterator<T> {
    return this.#walk();
  }

  [Symbol.asyncIterator](): AsyncIterator<T> {
    if (this.#walkAsync !== undefined) return this.#walkAsync();
    const walk = this.#walk();
    return {
      next: () => Promise.resolve(walk.next()),
      return: () => Promise.resolve({ done: true, value: undefined }),
    };
  }

  /** Everything the scan finds, at once. */
  async toArray(): Promise<T[]> {
    if (this.#walkAsync === undefined) return [...this];
    const all: T[] = [];
    for await (const item of this) all.push(item);
    return all;
  }
}
