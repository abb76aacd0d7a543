/**
 * One sweep over the reads of a history: what is the last write of the key that a read knows of each session? Enough to
 * find every read that knows its value to be overwritten, and every order that a read imposes on conflicting writes,
 * because what holds for an earlier write of a session follows from the last. After AWDIT (PACMPL 2025): O(n·k) for n
 * operations in k sessions.
 */

import type { CausalClocks, Edges } from './causal-order.ts';
import { INITIAL, type RegisterIndex } from './register-index.ts';

/** A read (an operation), the node it read from, and a node that wrote the key and that the read knows. */
export type Suspect = { readonly read: number; readonly from: number; readonly known: number };

/** How many suspects of a kind are kept to choose the shortest witness from. */
const SUSPECTS_MAX = 1_000;

export type Sweep = {
  /** Reads of nothing that know a write. */
  readonly initial: readonly Suspect[];
  /** Reads that know their value to be overwritten. */
  readonly overwritten: readonly Suspect[];
};

/**
 * Sweeps, and adds to `conflicts` an edge from each known write to the one that was read, unless it is in its past.
 * Cost: reads × sessions that wrote the key, and a step of a list for each session and write.
 */
export function sweepReads(index: RegisterIndex, clocks: CausalClocks, conflicts: Edges): Sweep {
  const { sessions, starts, operations, nodeOf, source, key, lists } = index;
  const { rows, width } = clocks;
  const initial: Suspect[] = [];
  const overwritten: Suspect[] = [];
  const next = new Int32Array(lists.session.length);
  for (let session = 0; session < sessions; session++) {
    next.set(lists.starts.subarray(0, next.length));
    const first = operations[starts[session] ?? 0] ?? 0;
    const end = operations[starts[session + 1] ?? 0] ?? 0;
    for (let at = first; at < end; at++) {
      const read = source[at] ?? 0;
      if (read < INITIAL) continue;
      const node = nodeOf[at] ?? 0;
      const from = read === INITIAL ? INITIAL : (nodeOf[read] ?? 0);
      if (from === node) continue;
      const held = key[at] ?? 0;
      for (let list = lists.ofKey[held] ?? 0; list < (lists.ofKey[held + 1] ?? 0); list++) {
        const writer = lists.session[list] ?? 0;
        // What the reader itself wrote is not before it.
        const known = (rows[node * width + writer] ?? 0) - (writer === session ? 1 : 0) + (starts[writer] ?? 0);
        const listEnd = lists.starts[list + 1] ?? 0;
        let place = next[list] ?? 0;
        while (place < listEnd && (lists.nodes[place] ?? 0) < known) place += 1;
        next[list] = place;
        const listStart = lists.starts[list] ?? 0;
        if (place === listStart) continue;
        const last = lists.nodes[place - 1] ?? 0;
        if (from === INITIAL) {
          if (initial.length < SUSPECTS_MAX) initial.push({ read: at, from, known: lists.nodes[listStart] ?? 0 });
        } else if (last === from) continue;
        else if (clocks.isPast(from, last)) {
          if (overwritten.length < SUSPECTS_MAX) overwritten.push({ read: at, from, known: last });
        } else if (!clocks.isPast(last, from)) {
          conflicts.from.push(last);
          conflicts.to.push(from);
          conflicts.read.push(at);
        }
      }
    }
  }
  return { initial, overwritten };
}
