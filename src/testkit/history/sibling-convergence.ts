/**
 * Convergence of a history of siblings: the reads marked as final were made when every replica had met every other, so
 * for each key they show the same. Where no live version is shown, a tombstone may have been reaped here and not there.
 */

import { type SiblingIndex, siblingWitness } from './sibling-index.ts';
import { type Violation, violation } from './witness.ts';

/** Two final reads of a key that differ, if there are any. Cost: one visit a final read. */
export function findDivergence(index: SiblingIndex): Violation[] {
  const { operations, shown, nodeOf } = index;
  const first = new Map<string, { readonly node: number; readonly answer: string }>();
  for (const [node, operation] of operations.entries()) {
    if (operation.kind !== 'get' || operation.isFinal !== true) continue;
    const writes = shown[node] ?? [];
    const isLive = writes.some((write) => operations[nodeOf[write] ?? 0]?.kind === 'put');
    const answer = isLive ? [...writes].sort((a, b) => a - b).join() : '';
    const other = first.get(operation.key);
    if (other === undefined) first.set(operation.key, { node, answer });
    else if (other.answer !== answer) {
      const pair = [siblingWitness(index, other.node), siblingWitness(index, node)];
      return [violation('Divergence', pair, [{ kind: 'differs' }])];
    }
  }
  return [];
}
