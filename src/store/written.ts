/** What a write gives back. Its context is computed when first asked for: most writers never do. */

import type { Dot } from '../clock/dot.ts';
import { DotSet } from '../clock/dot-set.ts';
import { keepAlive } from '../codec/compact.ts';
import { encodeToken } from './context-token.ts';
import type { Written } from './operations.ts';

/**
 * A `Written` that remembers what its writer had seen: `past`, and, for a write on what the replica showed, also all of
 * the replica's own dots before it.
 */
export class WrittenView implements Written {
  readonly dot: Dot;
  readonly #key: string;
  readonly #past: DotSet;
  readonly #isLocal: boolean;

  constructor(key: string, dot: Dot, past: DotSet, isLocal: boolean) {
    this.dot = dot;
    this.#key = key;
    this.#past = past;
    this.#isLocal = isLocal;
  }

  /** What the writer had seen, and this write: a sibling nobody read is never in it. */
  get context(): string {
    const { id, counter } = this.dot;
    return encodeToken('context', this.#key, this.#past.addRange(id, this.#isLocal ? 1 : counter, counter));
  }
}

// As an answer stays: see there.
keepAlive(new WrittenView('', { id: '', counter: 0 }, DotSet.empty, true));
