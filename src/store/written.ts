/** What a write gives back. Its context is computed when first asked for: most writers never do. */

import type { Dot } from '../clock/dot.ts';
import { DotSet } from '../clock/dot-set.ts';
import { encodeToken } from './context-token.ts';
import type { SeenAt } from './knowledge.ts';
import type { Written } from './operations.ts';
import type { Version } from './record.ts';

/** A `Written` that remembers what its writer had seen: one moment of the replica, or the dots a token named. */
export class WrittenView implements Written {
  readonly dot: Dot;
  readonly #key: string;
  readonly #past: SeenAt | DotSet;
  readonly #residual: DotSet;

  constructor(key: string, version: Version, past: SeenAt | DotSet, residual: DotSet) {
    this.dot = { id: version.id, counter: version.counter };
    this.#key = key;
    this.#past = past;
    this.#residual = residual;
  }

  /** What the writer had seen, and this write: a sibling nobody read is never in it. */
  get context(): string {
    const past = this.#past instanceof DotSet ? this.#past : this.#past.toDotSet();
    return encodeToken('context', this.#key, past.union(this.#residual).add(this.dot.id, this.dot.counter));
  }
}
