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
  beside<R>(keys: readonly string[], run: () => Promise<R>): Promise<R> {
    const taken = this.#alone.size === 0 ? undefined : keys.find((key) => this.#alone.has(key));
    if (taken !== undefined) return this.#whenTold(this.#alone.get(taken), () => this.beside(keys, run));
    for (const key of keys) this.#shared.set(key, (this.#shared.get(key) ?? 0) + 1);
    const leave = (): void => {
      for (const key of keys) this.#leave(key);
    };
    let running: Promise<R>;
    try {
      running = run();
    } catch (error) {
      leave();
      throw error;
    }
    running.then(leave, leave);
    return running;
  }

  async #whenTold<R>(told: Promise<void> | undefined, then: () => Promise<R>): Promise<R> {
    await told;
    return then();
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
