/**
 * Histories whose reads show siblings and tombstones, judged by the laws of Cairn: L6, L7 to L10, L12, L15, L16. The causal
 * past of a read is the least there can be, session order and reads-from, so what is found is wrong whatever the replicas
 * did; a delete may have been reaped, and then is shown by nobody. The definitions are in docs/semantics.md, "Checking
 * histories".
 */

import { CausalClocks, graphOf } from './causal-order.ts';
import { IntList, placesOf } from './int-list.ts';
import type { PatternName } from './patterns.ts';
import type { SessionGraph, Step } from './session-graph.ts';
import { findDivergence } from './sibling-convergence.ts';
import type { SiblingHistory } from './sibling-history.ts';
import { indexSiblings, type SiblingIndex, siblingWitness } from './sibling-index.ts';
import { Covered, maybeSuperseded } from './supersession.ts';
import {
  circleViolation,
  pathViolation,
  type Show,
  type Verdict,
  type Violation,
  verdict,
  violation,
  type WitnessEdge,
} from './witness.ts';

/** How many witnesses of one pattern are drawn up to choose the shortest. */
const WITNESSES_MAX = 200;

/**
 * Whether the history holds, and what breaks it: one violation a pattern, the shortest found.
 * Cost: n·k for n operations in k sessions, and each context once a session, when contexts are whole; a write that is
 * missing for no reason its context gives costs the writes of its key.
 */
export function checkSiblings(history: SiblingHistory): Verdict {
  const index = indexSiblings(history);
  const graph = graphOf(index, readEdges(index));
  const order = graph.order();
  const checker = new SiblingChecker(index, graph);
  const circle = findCircle(index, graph, order);
  if (circle !== undefined) return verdict([...index.violations, circle]);
  checker.clocks.fill(order, graph);
  for (let session = 0; session < index.sessions; session++) checker.goThrough(session);
  checker.findReturned();
  return verdict([...index.violations, ...checker.found(), ...findDivergence(index)]);
}

type Arrows = { readonly from: IntList; readonly to: IntList };

/** From each write to the reads that showed it. */
function readEdges({ shown, nodeOf }: SiblingIndex): Arrows {
  const edges: Arrows = { from: new IntList(), to: new IntList() };
  for (const [node, row] of shown.entries()) {
    for (const write of row) {
      edges.from.push(nodeOf[write] ?? 0);
      edges.to.push(node);
    }
  }
  return edges;
}

/** Operations before themselves: by sessions and reads alone, or with what writes were based on. */
function findCircle(index: SiblingIndex, graph: SessionGraph, order: Int32Array): Violation | undefined {
  const nodes = index.sessionOf.length;
  const edges = readEdges(index);
  const reads = edges.to.length;
  const show: Show = {
    operation: (node) => siblingWitness(index, node),
    edge: ({ edge }) => ({ kind: edge === undefined ? 'session' : edge < reads ? 'read' : 'context' }),
  };
  if (order.length < nodes) return circleViolation('CyclicCO', graph.circle() ?? [], show);
  for (const [write, row] of index.contexts.entries()) {
    for (const older of row) {
      edges.from.push(index.nodeOf[older] ?? 0);
      edges.to.push(index.nodeOf[write] ?? 0);
    }
  }
  const based = graphOf(index, edges);
  const whole = based.order();
  return whole.length === nodes ? undefined : circleViolation('CyclicContext', based.circle() ?? [], show);
}

class SiblingChecker {
  readonly clocks: CausalClocks;
  readonly #index: SiblingIndex;
  readonly #graph: SessionGraph;
  readonly #show: Show;
  readonly #covered: Covered;
  readonly #next: Int32Array;
  readonly #dismissed = { write: new IntList(), read: new IntList() };
  /** Tombstone → reads that showed it beside a live version. */
  readonly #beside = new Map<number, number[]>();
  #lost = 0;
  readonly #witnesses = new Map<PatternName, { count: number; shortest: Violation }>();

  constructor(index: SiblingIndex, graph: SessionGraph) {
    this.#index = index;
    this.#graph = graph;
    this.clocks = new CausalClocks(index);
    this.#show = {
      operation: (node) => siblingWitness(index, node),
      edge: ({ edge }) => ({ kind: edge === undefined ? 'session' : 'read' }),
    };
    this.#covered = new Covered(index);
    this.#next = new Int32Array(index.lists.session.length);
    this.#noteConflicts();
  }

  found(): Violation[] {
    return [...this.#witnesses.values()].map(({ shortest }) => shortest);
  }

  /** Goes through the reads of a session in order: what each newly knows, shows, and shows no more. */
  goThrough(session: number): void {
    const { starts, operations, key, shown, lists } = this.#index;
    this.#covered.begin(session);
    this.#next.set(lists.starts.subarray(0, this.#next.length));
    const before = new Map<number, readonly number[]>();
    for (let node = starts[session] ?? 0; node < (starts[session + 1] ?? 0); node++) {
      if (operations[node]?.kind !== 'get') continue;
      const held = key[node] ?? 0;
      const own = shown[node] ?? [];
      const fresh = this.#freshlyKnown(node, held);
      for (const write of fresh) this.#covered.add(write);
      for (const write of own) if (this.#covered.has(write)) this.#sayShown(write, node);
      const showing = new Set(own);
      const missing = new Set([...(before.get(held) ?? []), ...fresh].filter((write) => !showing.has(write)));
      for (const write of missing) if (!this.#covered.has(write)) this.#judgeMissing(write, node);
      before.set(held, own);
    }
  }

  /** A version that a read knew, and did not show for a good reason, must not be shown by a later one. */
  findReturned(): void {
    const { shown, nodeOf, operations } = this.#index;
    const rows = placesOf(this.#dismissed.write.items().slice(), nodeOf.length);
    for (const [node, own] of shown.entries()) {
      for (const write of own) {
        const writer = nodeOf[write] ?? 0;
        if (operations[writer]?.kind === 'delete') continue;
        for (let row = rows.starts[write] ?? 0; row < (rows.starts[write + 1] ?? 0); row++) {
          const without = this.#dismissed.read.at(rows.items[row] ?? 0);
          if (without === node || !this.clocks.isPast(without, node)) continue;
          this.#offer('Resurrection', () => {
            const steps = [...this.#path(writer, without), ...this.#path(without, node)];
            return pathViolation('Resurrection', steps, this.#show, { kind: 'returns' });
          });
        }
      }
    }
  }

  /** The writes of the key that a read knows and no earlier read of its session knew. */
  #freshlyKnown(node: number, held: number): number[] {
    const { lists, starts, writeOf } = this.#index;
    const fresh: number[] = [];
    for (let list = lists.ofKey[held] ?? 0; list < (lists.ofKey[held + 1] ?? 0); list++) {
      const writer = lists.session[list] ?? 0;
      const known = (this.clocks.rows[node * this.clocks.width + writer] ?? 0) + (starts[writer] ?? 0);
      let place = this.#next[list] ?? 0;
      for (; place < (lists.starts[list + 1] ?? 0) && (lists.nodes[place] ?? 0) < known; place++)
        fresh.push(writeOf[lists.nodes[place] ?? 0] ?? 0);
      this.#next[list] = place;
    }
    return fresh;
  }

  /** A shown version is superseded: by another that is shown, or by one that is known. */
  #sayShown(write: number, read: number): void {
    const { nodeOf, shown } = this.#index;
    const chain = this.#covered.chain(write);
    const top = chain.at(-1) ?? write;
    const pattern = (shown[read] ?? []).includes(top) ? 'FalseConflict' : 'Resurrection';
    this.#offer(pattern, () => {
      const path = this.#path(nodeOf[top] ?? 0, read);
      const nodes = [...chain.map((each) => nodeOf[each] ?? 0), ...path.map(({ to }) => to)];
      const edges: WitnessEdge[] = [
        ...chain.slice(1).map(() => ({ kind: 'context' as const })),
        ...path.map((step) => this.#show.edge(step)),
        { kind: 'returns' },
      ];
      return violation(
        pattern,
        nodes.map((node) => this.#show.operation(node)),
        edges,
      );
    });
  }

  /** A known version is not shown, and nothing known supersedes it by what contexts say. */
  #judgeMissing(write: number, read: number): void {
    const { nodeOf, operations } = this.#index;
    const writer = nodeOf[write] ?? 0;
    if (operations[writer]?.kind === 'delete') {
      this.#judgeMissingDelete(write, read);
    } else if (maybeSuperseded(this.#index, this.clocks, write, read, true)) {
      this.#dismissed.write.push(write);
      this.#dismissed.read.push(read);
    } else if (this.#lost < WITNESSES_MAX) {
      this.#lost += 1;
      const path = this.#path(writer, read);
      const pattern = guaranteeOf(path);
      this.#offer(pattern, () => pathViolation(pattern, path, this.#show));
    }
  }

  /** A delete may have been reaped, but not from beside a live sibling that is there still. */
  #judgeMissingDelete(write: number, read: number): void {
    const { nodeOf, operations, shown } = this.#index;
    const now = new Set(shown[read]);
    for (const earlier of this.#beside.get(write) ?? []) {
      if (!this.clocks.isPast(earlier, read)) continue;
      const isStill = (shown[earlier] ?? []).some(
        (other) => now.has(other) && operations[nodeOf[other] ?? 0]?.kind === 'put',
      );
      if (!isStill || maybeSuperseded(this.#index, this.clocks, write, read, false)) continue;
      this.#offer('HiddenConflict', () => {
        const steps = [...this.#path(nodeOf[write] ?? 0, earlier), ...this.#path(earlier, read)];
        return pathViolation('HiddenConflict', steps, this.#show);
      });
    }
  }

  #noteConflicts(): void {
    const { shown, operations, nodeOf } = this.#index;
    for (const [node, own] of shown.entries()) {
      if (own.length < 2) continue;
      const deletes = own.filter((write) => operations[nodeOf[write] ?? 0]?.kind === 'delete');
      if (deletes.length === own.length) continue;
      for (const write of deletes) {
        const reads = this.#beside.get(write);
        if (reads === undefined) this.#beside.set(write, [node]);
        else if (!this.#showSame(reads.at(-1) ?? 0, node)) reads.push(node);
      }
    }
  }

  /** Whether two reads are of one session and showed the same: the first then says all. */
  #showSame(a: number, b: number): boolean {
    const { shown, sessionOf } = this.#index;
    return sessionOf[a] === sessionOf[b] && String(shown[a]) === String(shown[b]);
  }

  #offer(pattern: PatternName, draw: () => Violation): void {
    const known = this.#witnesses.get(pattern);
    if (known === undefined) this.#witnesses.set(pattern, { count: 1, shortest: draw() });
    else if (known.count < WITNESSES_MAX) {
      known.count += 1;
      const drawn = draw();
      if (drawn.operations.length < known.shortest.operations.length) known.shortest = drawn;
    }
  }

  #path(from: number, to: number): Step[] {
    return this.#graph.path(from, to) ?? [];
  }
}

/** Which guarantee is broken when a write is missing at the end of this way to the read. */
function guaranteeOf(path: readonly Step[]): PatternName {
  const way = path.map(({ edge }) => (edge === undefined ? 's' : 'r')).join('');
  if (way === 's') return 'ReadYourWrites';
  if (way === 'rs') return 'MonotonicReads';
  if (way === 'sr' || way === 'srs') return 'MonotonicWrites';
  return way === 'rsr' || way === 'rsrs' ? 'WritesFollowReads' : 'LostWrite';
}
