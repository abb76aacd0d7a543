/** A small seeded generator (sfc32 behind splitmix32): the same seed draws the same numbers everywhere, for ever. */

/** Draws numbers, choices and chances from one seed. */
export class Random {
  #a: number;
  #b: number;
  #c: number;
  #count = 1;

  constructor(seed: number) {
    let state = seed | 0;
    const split = (): number => {
      state = (state + 0x9e3779b9) | 0;
      let mixed = Math.imul(state ^ (state >>> 16), 0x21f0aaad);
      mixed = Math.imul(mixed ^ (mixed >>> 15), 0x735a2d97);
      return (mixed ^ (mixed >>> 15)) | 0;
    };
    this.#a = split() ^ Math.floor(seed / 2 ** 32);
    this.#b = split();
    this.#c = split();
    for (let at = 0; at < 8; at++) this.#next();
  }

  /** A number in [0, 1). */
  fraction(): number {
    return this.#next() / 2 ** 32;
  }

  /** An integer in 0..below-1. */
  below(below: number): number {
    return Math.floor(this.fraction() * below);
  }

  /** An integer in from..to. */
  between(from: number, to: number): number {
    return from + this.below(to - from + 1);
  }

  /** True this often. */
  chance(share: number): boolean {
    return this.fraction() < share;
  }

  /** One of `list`, which must not be empty. */
  pick<T>(list: readonly T[]): T {
    return list[this.below(list.length)] as T; // the list is not empty
  }

  #next(): number {
    const sum = (((this.#a + this.#b) | 0) + this.#count) | 0;
    this.#count = (this.#count + 1) | 0;
    this.#a = this.#b ^ (this.#b >>> 9);
    this.#b = (this.#c + (this.#c << 3)) | 0;
    this.#c = (((this.#c << 21) | (this.#c >>> 11)) + sum) | 0;
    return sum >>> 0;
  }
}
