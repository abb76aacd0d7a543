/** Chunks between a reader that cannot wait and a caller who takes his time: kept until they are asked for. */

/** What is pushed comes out in order; then the end, or the failure. One caller takes from it. */
export class ChunkQueue<T> implements AsyncIterable<T> {
  readonly #chunks: T[] = [];
  #end: { readonly failure: unknown } | undefined;
  #wake: () => void = () => undefined;
  #isLeft = false;

  /** Whether the caller has stopped taking, so that nothing more need be pushed. */
  get isLeft(): boolean {
    return this.#isLeft;
  }

  push(chunk: T): void {
    this.#chunks.push(chunk);
    this.#wake();
  }

  end(): void {
    this.fail(undefined);
  }

  /** Ends with an error, after what was pushed before. */
  fail(failure: unknown): void {
    this.#end ??= { failure };
    this.#wake();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<T> {
    try {
      for (;;) {
        const chunk = this.#chunks.shift();
        if (chunk !== undefined) {
          yield chunk;
        } else if (this.#end === undefined) {
          await new Promise<void>((resolve) => {
            this.#wake = resolve;
          });
        } else {
          if (this.#end.failure !== undefined) throw this.#end.failure;
          return;
        }
      }
    } finally {
      this.#isLeft = true;
    }
  }
}
