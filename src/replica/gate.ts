/** Something that is waited for, for a while: whoever waits goes on when it has come, or after so long all the same. */

/** Closed until it is opened. */
export class Gate {
  readonly #afterMs: (run: () => void) => void;
  #waiting: (() => void)[] = [];
  #isOpen = false;

  /** `after` calls back when it was waited for long enough. */
  constructor(after: (run: () => void) => void) {
    this.#afterMs = after;
  }

  get isOpen(): boolean {
    return this.#isOpen;
  }

  wait(): Promise<void> {
    return new Promise((resolve) => {
      this.#waiting.push(resolve);
      this.#afterMs(resolve);
    });
  }

  /** Lets go who waits now. */
  release(): void {
    for (const go of this.#waiting.splice(0)) go();
  }

  open(): void {
    this.#isOpen = true;
    this.release();
  }
}
