/**
 * Which versions supersede which, as far as a session knows, and as far as anybody can tell. Contexts say what a write
 * superseded at least; a write that may have known more (`session`) may have superseded anything that it does not come
 * before. So "is superseded" is what contexts prove, and "may be superseded" is what nothing excludes.
 */

import type { CausalClocks } from './causal-order.ts';
import type { SiblingIndex } from './sibling-index.ts';

/** What one session knows to be superseded, while its operations are gone through in order. */
export class Covered {
  readonly #index: SiblingIndex;
  readonly #session: Int32Array;
  readonly #by: Int32Array;
  #current = -1;

  constructor(index: SiblingIndex) {
    this.#index = index;
    this.#session = new Int32Array(index.nodeOf.length).fill(-1);
    this.#by = new Int32Array(index.nodeOf.length);
  }

  /** Forgets everything for the next session. Cost: none. */
  begin(session: number): void {
    this.#current = session;
  }

  has(write: number): boolean {
    return this.#session[write] === this.#current;
  }

  /** What a known write supersedes, and what that superseded. Cost: each write once a session. */
  add(write: number): void {
    const work = [write];
    for (let top = work.pop(); top !== undefined; top = work.pop()) {
      for (const older of this.#index.contexts[top] ?? []) {
        if (this.has(older)) continue;
        this.#session[older] = this.#current;
        this.#by[older] = top;
        work.push(older);
      }
    }
  }

  /** From a covered write up to one that is not: each is superseded by the next. */
  chain(write: number): number[] {
    const chain = [write];
    for (let at = write; this.has(at); ) {
      at = this.#by[at] ?? 0;
      chain.push(at);
    }
    return chain;
  }
}

/**
 * Whether a write that a read knows and does not show may have been superseded, for all that anybody can tell: by
 * something that the read knows, directly or through others; or by a delete that was reaped before it was shown.
 * Cost: at worst the writes of the key.
 */
export function maybeSuperseded(
  index: SiblingIndex,
  clocks: CausalClocks,
  write: number,
  read: number,
  byReaped: boolean,
): boolean {
  const { nodeOf, superseders, open, operations, key } = index;
  const visited = new Set([write]);
  const work = [write];
  for (let older = work.pop(); older !== undefined; older = work.pop()) {
    const under = nodeOf[older] ?? 0;
    const direct = superseders[older] ?? [];
    const unsaid = (open[key[under] ?? 0] ?? []).filter((newer) => !clocks.isPast(nodeOf[newer] ?? 0, under));
    for (const newer of [...direct, ...unsaid]) {
      const node = nodeOf[newer] ?? 0;
      if (visited.has(newer) || clocks.isPast(read, node)) continue;
      if (clocks.isPast(node, read)) return true;
      if (byReaped && operations[node]?.kind === 'delete') return true;
      visited.add(newer);
      work.push(newer);
    }
  }
  return false;
}
