/**
 * Strongly connected components after Tarjan (1972), without recursion: nodes are in one component when each leads to
 * the other, so every circle lies in one. Nodes number `next` their successors; nothing else is known of the graph.
 */

/** The successor at this place of a node's list; -1 after the last. */
export type Successors = (node: number, place: number) => number;

/** Node → a number of its component. Cost: one visit a node and edge. */
export function componentsOf(nodes: number, next: Successors): Int32Array {
  const found = new Int32Array(nodes);
  const lowest = new Int32Array(nodes);
  const place = new Int32Array(nodes);
  const component = new Int32Array(nodes).fill(-1);
  const path = new Int32Array(nodes);
  const open = new Int32Array(nodes);
  let [count, opened, components] = [0, 0, 0];
  for (let root = 0; root < nodes; root++) {
    if (found[root] !== 0) continue;
    let depth = 0;
    const enter = (node: number): void => {
      count += 1;
      found[node] = count;
      lowest[node] = count;
      open[opened++] = node;
      path[depth++] = node;
    };
    const lower = (node: number, to: number): void => {
      if (to < (lowest[node] ?? 0)) lowest[node] = to;
    };
    enter(root);
    while (depth > 0) {
      const node = path[depth - 1] ?? 0;
      const at = place[node] ?? 0;
      place[node] = at + 1;
      const successor = next(node, at);
      if (successor !== -1) {
        if (found[successor] === 0) enter(successor);
        else if (component[successor] === -1) lower(node, found[successor] ?? 0);
        continue;
      }
      depth -= 1;
      if (depth > 0) lower(path[depth - 1] ?? 0, lowest[node] ?? 0);
      if (lowest[node] !== found[node]) continue;
      for (let member = -1; member !== node; ) {
        member = open[--opened] ?? node;
        component[member] = components;
      }
      components += 1;
    }
  }
  return component;
}
