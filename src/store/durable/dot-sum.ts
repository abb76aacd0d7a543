/** The sum of dots by which it is noticed that some of what was written is not there any more. */

import type { Dot } from '../../clock/dot.ts';
import { dotHashHi, dotHashLo, type Hash64, hashText } from '../../codec/hash.ts';

/** An order-independent sum over dots. */
export class DotSum {
  #hi = 0;
  #lo = 0;
  readonly #hashes = new Map<string, Hash64>();

  /** Begins anew with a sum. */
  begin({ hi, lo }: Hash64): void {
    this.#hi = hi;
    this.#lo = lo;
  }

  count({ id, counter }: Dot, sign: 1 | -1): void {
    let hash = this.#hashes.get(id);
    if (hash === undefined) {
      hash = hashText(id);
      this.#hashes.set(id, hash);
    }
    this.#hi = (this.#hi + sign * dotHashHi(hash, counter)) | 0;
    this.#lo = (this.#lo + sign * dotHashLo(hash, counter)) | 0;
  }

  get value(): Hash64 {
    return { hi: this.#hi >>> 0, lo: this.#lo >>> 0 };
  }
}

/** Whether two sums are equal. */
export function same(left: Hash64, right: Hash64): boolean {
  return left.hi === right.hi && left.lo === right.lo;
}
