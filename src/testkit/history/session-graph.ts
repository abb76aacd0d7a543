/**
 * A graph whose nodes stand in sessions: node i leads to i + 1 of its session without saying so, and to others by edges
 * with a label. Order, shortest paths and shortest circles in it, where a leap along a session counts as one step.
 * Knows nothing of what the nodes are.
 */

import { componentsOf } from './components.ts';
import { IntList, type IntRows, placesOf } from './int-list.ts';

/** One step of a path: along the session, or by an edge. */
export type Step = { readonly from: number; readonly to: number; readonly edge: number | undefined };

/** Visits that a search for the shortest circle may take before it is content with the shortest found. */
const VISITS_MAX = 20_000_000;

/** Sessions of nodes, numbered through, and edges between them. */
export class SessionGraph {
  /** Where each session starts; one more entry than sessions. */
  readonly starts: Int32Array;
  readonly sessionOf: Int32Array;
  readonly from: Int32Array;
  readonly to: Int32Array;
  readonly #out: IntRows;
  #into: IntRows | undefined;
  readonly #seen: Int32Array;
  readonly #cameBy: Int32Array;
  readonly #cameFrom: Int32Array;
  readonly #leapt: Int32Array;
  #search = 0;
  #visits = 0;

  constructor(starts: Int32Array, sessionOf: Int32Array, from: Int32Array, to: Int32Array) {
    this.starts = starts;
    this.sessionOf = sessionOf;
    this.from = from;
    this.to = to;
    const nodes = sessionOf.length;
    this.#out = placesOf(from, nodes);
    this.#seen = new Int32Array(nodes);
    this.#cameBy = new Int32Array(nodes);
    this.#cameFrom = new Int32Array(nodes);
    this.#leapt = new Int32Array(starts.length);
  }

  /** Node → the edges that lead to it. */
  get into(): IntRows {
    this.#into ??= placesOf(this.to, this.sessionOf.length);
    return this.#into;
  }

  /** What searches have cost so far. */
  get visits(): number {
    return this.#visits;
  }

  /** The nodes, each after what leads to it; fewer than all where there is a circle. Cost: one visit a node and edge. */
  order(): Int32Array {
    const { sessionOf, starts, to } = this;
    const nodes = sessionOf.length;
    const waits = new Int32Array(nodes);
    for (const node of to) waits[node] = (waits[node] ?? 0) + 1;
    for (let node = 1; node < nodes; node++)
      if (sessionOf[node] === sessionOf[node - 1]) waits[node] = (waits[node] ?? 0) + 1;
    const order = new Int32Array(nodes);
    let filled = 0;
    for (let session = starts.length - 2; session >= 0; session--) {
      const first = starts[session] ?? 0;
      if (first < (starts[session + 1] ?? 0) && waits[first] === 0) order[filled++] = first;
    }
    const free = (node: number): void => {
      const left = (waits[node] ?? 0) - 1;
      waits[node] = left;
      if (left === 0) order[filled++] = node;
    };
    const { starts: rows, items } = this.#out;
    for (let at = 0; at < filled; at++) {
      const node = order[at] ?? 0;
      for (let row = rows[node] ?? 0; row < (rows[node + 1] ?? 0); row++) free(to[items[row] ?? 0] ?? 0);
      if (node + 1 < nodes && sessionOf[node + 1] === sessionOf[node]) free(node + 1);
    }
    return order.subarray(0, filled);
  }

  /** A shortest path between two nodes, of at most so many steps. */
  path(from: number, to: number, stepsMax?: number): Step[] | undefined {
    if (from === to) return [];
    const { sessionOf, starts } = this;
    this.#search += 1;
    const search = this.#search;
    const leapt = this.#leapt;
    for (let session = 0; session + 1 < starts.length; session++) leapt[session] = starts[session + 1] ?? 0;
    this.#seen[from] = search;
    const queue = new IntList();
    queue.push(from);
    let levelEnd = 1;
    let steps = 0;
    const { starts: rows, items } = this.#out;
    for (let at = 0; at < queue.length; at++) {
      if (at === levelEnd) {
        levelEnd = queue.length;
        steps += 1;
      }
      if (stepsMax !== undefined && steps >= stepsMax) return undefined;
      const node = queue.at(at);
      for (let row = rows[node] ?? 0; row < (rows[node + 1] ?? 0); row++) {
        const edge = items[row] ?? 0;
        if (this.#reach(queue, search, node, this.to[edge] ?? 0, edge) === to) return this.#stepsTo(from, to);
      }
      const session = sessionOf[node] ?? 0;
      const known = leapt[session] ?? 0;
      for (let next = node + 1; next < known; next++)
        if (this.#reach(queue, search, node, next, -1) === to) return this.#stepsTo(from, to);
      if (node + 1 < known) leapt[session] = node + 1;
    }
    return undefined;
  }

  /**
   * A shortest circle, if there is one; every circle has an edge, so the search starts at each that can be in one.
   * Bound: after VISITS_MAX visits, the shortest found so far.
   */
  circle(): Step[] | undefined {
    const component = componentsOf(this.sessionOf.length, (node, place) => this.#successor(node, place));
    let best: Step[] | undefined;
    const most = this.#visits + VISITS_MAX;
    for (let edge = 0; edge < this.to.length; edge++) {
      const [from, to] = [this.from[edge] ?? 0, this.to[edge] ?? 0];
      if (component[from] !== component[to]) continue;
      const back = this.path(to, from, best === undefined ? undefined : best.length - 2);
      if (back !== undefined) best = [{ from, to, edge }, ...back];
      if (best !== undefined && (this.#visits > most || best.length <= 2)) break;
    }
    return best;
  }

  /** First along the edges, then along the session. */
  #successor(node: number, place: number): number {
    const { starts: rows, items } = this.#out;
    const row = (rows[node] ?? 0) + place;
    const end = rows[node + 1] ?? 0;
    if (row < end) return this.to[items[row] ?? 0] ?? 0;
    const isLast = node + 1 >= this.sessionOf.length || this.sessionOf[node + 1] !== this.sessionOf[node];
    return row > end || isLast ? -1 : node + 1;
  }

  #reach(queue: IntList, search: number, from: number, to: number, edge: number): number {
    this.#visits += 1;
    if (this.#seen[to] === search) return -1;
    this.#seen[to] = search;
    this.#cameFrom[to] = from;
    this.#cameBy[to] = edge;
    queue.push(to);
    return to;
  }

  #stepsTo(from: number, to: number): Step[] {
    const steps: Step[] = [];
    for (let at = to; at !== from; ) {
      const before = this.#cameFrom[at] ?? 0;
      const edge = this.#cameBy[at] ?? -1;
      steps.push({ from: before, to: at, edge: edge === -1 ? undefined : edge });
      at = before;
    }
    return steps.reverse();
  }
}
