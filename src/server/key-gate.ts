/**
 * Lets a conditional write see what it depends on: between its look and its write no other write of the key goes
 * through this server. Writes without conditions go beside one another. What comes from peers or from the library in
 * between does not wait; it stays as a sibling, because a conditional write covers only what was looked at.
 */

export class KeyGate {
  /** How many writes without conditions are under way. */
  readonly #shared = new Map<string, number>();
  /** Keys of conditional writes, with who waits for their end. */
  readonly #alone = new Map<string, Promise<void>>();
  readonly #whenFree = new Map<string, () => void>();

  /** Runs a write without conditions of these keys. */
  async beside<R>(keys: readonly string[], run: () => Promise<R>): Promise<R> {
    for (let other = this.#holderOf(keys); other !== undefined; other = this.#holderOf(keys)) await other;
    for (const key of keys) this.#shared.set(key, (this.#shared.get(key) ?? 0) + 1);
    try {
      return await run();
    } finally {
      for (const key of keys) this.#leave(key);
    }
  }

  /** The end of a conditional write of one of the keys, if one is under way. */
  #holderOf(keys: readonly string[]): Promise<void> | undefined {
    if (this.#alone.size === 0) return undefined;
    const taken = keys.find((key) => this.#alone.has(key));
    return taken === undefined ? undefined : this.#alone.get(taken);
  }

  /** Runs a look and the write that depends on it, alone. */
  async alone<R>(key: string, run: () => Promise<R>): Promise<R> {
    for (let other = this.#alone.get(key); other !== undefined; other = this.#alone.get(key)) await other;
    let end: () => void = () => undefined;
    this.#alone.set(
      key,
      new Promise((resolve) => {
        end = resolve;
      }),
    );
    try {
      if (this.#shared.has(key)) await new Promise<void>((resolve) => this.#whenFree.set(key, resolve));
      return await run();
    } finally {
      this.#alone.delete(key);
      end();
    }
  }

  #leave(key: string): void {
    const left = (this.#shared.get(key) ?? 1) - 1;
    if (left > 0) {
      this.#shared.set(key, left);
      return;
    }
    this.#shared.delete(key);
    this.#whenFree.get(key)?.();
    this.#whenFree.delete(key);
  }
}
