/** What a write gives back. Its context is computed when first asked for: most writers never do. */

import type { Dot } from '../clock/dot.ts';
import { DotSet } from '../clock/dot-set.ts';
import { contextOf } from './answer.ts';
import { encodeToken } from './context-token.ts';
import type { SeenAt } from './knowledge.ts';
import type { Written } from './operations.ts';
import type { Version } from './record.ts';
import type { WriteContext } from './replica-state.ts';
import type { Cell } from './table.ts';

/** A `Written` that remembers the moment of the write. */
export class WrittenView implements Written {
  readonly dot: Dot;
  readonly #key: string;
  readonly #context: WriteContext;
  readonly #seen: SeenAt;
  readonly #cell: Cell | undefined;

  constructor(key: string, version: Version, context: WriteContext, seen: SeenAt, cell: Cell | undefined) {
    this.dot = { id: version.id, counter: version.counter };
    this.#key = key;
    this.#context = context;
    this.#seen = seen;
    this.#cell = cell;
  }

  /** What the writer had seen, and this write: a sibling nobody read is never in it. */
  get context(): string {
    if (this.#context === 'local') return encodeToken('context', this.#key, contextOf(this.#seen, this.#cell));
    const past = this.#context === 'none' ? DotSet.empty : this.#context;
    return encodeToken('context', this.#key, past.add(this.dot.id, this.dot.counter));
  }
}
