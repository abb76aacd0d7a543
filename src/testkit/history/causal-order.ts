/**
 * The causal order of a history: session order and reads-from, as a graph and as one vector clock a transaction. A clock
 * says how many transactions of each session come before, itself included. Everything asked of the order later is a
 * comparison of two integers.
 */

import { IntList } from './int-list.ts';
import type { EdgeKind } from './patterns.ts';
import { type RegisterIndex, witnessNode, witnessOperation } from './register-index.ts';
import { SessionGraph } from './session-graph.ts';
import type { Show } from './witness.ts';

/** Edges from outside: reads-from first, then those a checker adds. */
export type Edges = { readonly from: IntList; readonly to: IntList; readonly read: IntList };

/** The reads-from edges; `read` is the operation that reads. */
export function readEdges({ source, nodeOf }: RegisterIndex): Edges {
  const edges: Edges = { from: new IntList(), to: new IntList(), read: new IntList() };
  for (let at = 0; at < source.length; at++) {
    const read = source[at] ?? -1;
    if (read < 0 || nodeOf[read] === nodeOf[at]) continue;
    edges.from.push(nodeOf[read] ?? 0);
    edges.to.push(nodeOf[at] ?? 0);
    edges.read.push(at);
  }
  return edges;
}

/** The graph of the history with these edges. */
export function graphOf({ starts, sessionOf }: Nodes, { from, to }: Pick<Edges, 'from' | 'to'>): SessionGraph {
  return new SessionGraph(starts, sessionOf, from.items(), to.items());
}

/** Nodes in sessions, numbered through. */
export type Nodes = Pick<RegisterIndex, 'sessions' | 'starts' | 'sessionOf'>;

/** One clock a node, in one array. */
export class CausalClocks {
  readonly width: number;
  readonly rows: Int32Array;
  readonly #index: Nodes;

  /** Clocks that know nothing yet. Bound: nodes × sessions integers of memory. */
  constructor(index: Nodes) {
    this.width = index.sessions;
    this.rows = new Int32Array(index.sessionOf.length * index.sessions);
    this.#index = index;
  }

  /** Sets every clock from what leads to its node in this graph. Cost: sessions for each node and edge. */
  fill(order: Int32Array, graph: SessionGraph): void {
    const { width, rows } = this;
    const { starts, sessionOf } = this.#index;
    const { starts: places, items } = graph.into;
    for (const node of order) {
      const session = sessionOf[node] ?? 0;
      const first = starts[session] ?? 0;
      const row = node * width;
      if (node > first) rows.copyWithin(row, row - width, row);
      else rows.fill(0, row, row + width);
      rows[row + session] = node - first + 1;
      for (let place = places[node] ?? 0; place < (places[node + 1] ?? 0); place++)
        raise(rows, row, (graph.from[items[place] ?? 0] ?? 0) * width, width);
    }
  }

  /** Whether the first comes before the second, or is it. */
  isPast(node: number, of: number): boolean {
    const { sessionOf, starts } = this.#index;
    const session = sessionOf[node] ?? 0;
    return (this.rows[of * this.width + session] ?? 0) > node - (starts[session] ?? 0);
  }
}

/** Raises the clock at `to` by the one at `by`. Hot: plain on purpose. */
function raise(rows: Int32Array, to: number, by: number, width: number): void {
  for (let session = 0; session < width; session++) {
    const count = rows[by + session] ?? 0;
    if (count > (rows[to + session] ?? 0)) rows[to + session] = count;
  }
}

/** How the nodes and edges of a history of registers are shown; edges after the reads-from are `kind`. */
export function showRegisters(index: RegisterIndex, edges: Edges, reads: number, kind: EdgeKind): Show {
  return {
    operation: (node) => witnessNode(index, node),
    edge: ({ edge }) => {
      if (edge === undefined) return { kind: 'session' };
      if (edge < reads) return { kind: 'read' };
      return { kind, because: witnessOperation(index, edges.read.at(edge)) };
    },
  };
}
