/**
 * Causal memory (CM): each session must be able to put all the writes it knows into one order that explains every read
 * it did. The order of a session grows from the causal order in rounds: a write that comes before one of its reads comes
 * before the write that was read; then everything is ordered anew, until a round adds nothing. Ours, on the bad patterns
 * of POPL 2017.
 */

import { CausalClocks, type Edges, graphOf, readEdges, showRegisters } from './causal-order.ts';
import { INITIAL, type RegisterIndex } from './register-index.ts';
import type { SessionGraph } from './session-graph.ts';
import { circleViolation, pathViolation, type Violation } from './witness.ts';

/** After so many sessions that have no order of their own, the shortest witness of these is shown. */
const BROKEN_MAX = 4;

/**
 * The bad patterns of CM in a history that is CC: WriteHBInitRead and CyclicHB, one each.
 * Cost: n·k a round for n operations in k sessions, a few rounds a session as a rule: n·k·k, and the worst case is as
 * many rounds as the session has reads and sessions. Memory: as the clocks, twice.
 */
export function findMemoryViolations(index: RegisterIndex, causal: CausalClocks): Violation[] {
  const edges = readEdges(index);
  const reads = edges.to.length;
  const own = new CausalClocks(index);
  let circle: Violation | undefined;
  let unwritten: Violation | undefined;
  let broken = 0;
  for (let session = 0; session < index.sessions && broken < BROKEN_MAX; session++) {
    const found = saturate(index, causal, own, edges, session);
    if (found?.pattern === 'CyclicHB') circle = shorter(circle, found);
    else if (found !== undefined) unwritten = shorter(unwritten, found);
    if (found !== undefined) broken += 1;
    for (const list of [edges.from, edges.to, edges.read]) list.cut(reads);
  }
  return [unwritten, circle].filter((found) => found !== undefined);
}

function shorter(best: Violation | undefined, found: Violation): Violation {
  return best === undefined || found.operations.length < best.operations.length ? found : best;
}

/** Adds to the edges what the reads of one session order; what that breaks. */
function saturate(
  index: RegisterIndex,
  causal: CausalClocks,
  own: CausalClocks,
  edges: Edges,
  session: number,
): Violation | undefined {
  const reads = edges.to.length;
  const [first, end] = [index.starts[session] ?? 0, index.starts[session + 1] ?? 0];
  const show = showRegisters(index, edges, reads, 'order');
  let graph: SessionGraph | undefined;
  for (let clocks = causal; ; clocks = own) {
    const before = edges.to.length;
    for (let node = first; node < end; node++) explain(index, clocks, edges, node);
    if (edges.to.length === before) {
      for (let node = first; node < end; node++) {
        const write = firstKnown(index, clocks, node);
        if (write === undefined) continue;
        const path = (graph ?? graphOf(index, edges)).path(write, node);
        return path === undefined ? undefined : pathViolation('WriteHBInitRead', path, show);
      }
      return undefined;
    }
    graph = graphOf(index, edges);
    const order = graph.order();
    if (order.length < index.sessionOf.length) {
      const circle = graph.circle();
      return circle === undefined ? undefined : circleViolation('CyclicHB', circle, show);
    }
    own.fill(order, graph);
  }
}

/** Puts before the write that a read returns every other write of the key that comes before the read. */
function explain(index: RegisterIndex, clocks: CausalClocks, edges: Edges, node: number): void {
  const { nodeOf, source, operations, key, lists } = index;
  const at = operations[node] ?? 0;
  const read = at === operations[node + 1] ? INITIAL : (source[at] ?? INITIAL);
  if (read < 0) return;
  const from = nodeOf[read] ?? 0;
  const held = key[at] ?? 0;
  for (let list = lists.ofKey[held] ?? 0; list < (lists.ofKey[held + 1] ?? 0); list++) {
    const last = lastKnown(index, clocks, list, node);
    if (last === undefined || last === from || clocks.isPast(last, from)) continue;
    edges.from.push(last);
    edges.to.push(from);
    edges.read.push(at);
  }
}

/** A write of the key that comes before a read of nothing. */
function firstKnown(index: RegisterIndex, clocks: CausalClocks, node: number): number | undefined {
  const { source, operations, key, lists } = index;
  const at = operations[node] ?? 0;
  if (at === operations[node + 1] || source[at] !== INITIAL) return undefined;
  const held = key[at] ?? 0;
  for (let list = lists.ofKey[held] ?? 0; list < (lists.ofKey[held + 1] ?? 0); list++)
    if (lastKnown(index, clocks, list, node) !== undefined) return lists.nodes[lists.starts[list] ?? 0];
  return undefined;
}

/** The last write of a list that comes before the node. Cost: logarithmic in the list. */
function lastKnown(index: RegisterIndex, clocks: CausalClocks, list: number, node: number): number | undefined {
  const { lists, starts } = index;
  const writer = lists.session[list] ?? 0;
  const bound = (clocks.rows[node * clocks.width + writer] ?? 0) + (starts[writer] ?? 0);
  const start = lists.starts[list] ?? 0;
  let [low, high] = [start, lists.starts[list + 1] ?? 0];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((lists.nodes[middle] ?? 0) < bound) low = middle + 1;
    else high = middle;
  }
  return low === start ? undefined : lists.nodes[low - 1];
}
