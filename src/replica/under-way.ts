/** How many calls are under way, and the wait until none is. A count, not a set of promises: every call passes here. */

export class UnderWay {
  #count = 0;
  #whenNone: (() => void)[] = [];

  begin(): void {
    this.#count += 1;
  }

  /** To be called once for each `begin`, however the call ended. */
  end(): void {
    this.#count -= 1;
    if (this.#count > 0 || this.#whenNone.length === 0) return;
    const told = this.#whenNone;
    this.#whenNone = [];
    for (const tell of told) tell();
  }

  /** Answers when no call is under way. */
  async none(): Promise<void> {
    while (this.#count > 0) await new Promise<void>((resolve) => this.#whenNone.push(resolve));
  }
}
