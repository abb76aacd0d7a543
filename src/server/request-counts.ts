/** How many requests were answered, by route, method and status. Bounded: what is no method of HTTP is counted as one. */

import { compareText } from '../codec/text.ts';
import type { RequestCount } from './metrics.ts';

const METHODS: readonly string[] = ['GET', 'PUT', 'POST', 'DELETE', 'HEAD', 'OPTIONS'];

/** Counts of one server. */
export class RequestCounts {
  /** By route, method and status. Measured: names put together for every request cost more than the maps. */
  readonly #counts = new Map<string, Map<string, Map<number, number>>>();

  add(route: string, method: string, status: number): void {
    const byMethod = within(this.#counts, route);
    const byStatus = within(byMethod, byMethod.has(method) || METHODS.includes(method) ? method : 'other');
    byStatus.set(status, (byStatus.get(status) ?? 0) + 1);
  }

  /** In the order of method, route and status. */
  all(): readonly RequestCount[] {
    const all: RequestCount[] = [];
    for (const [route, byMethod] of this.#counts)
      for (const [method, byStatus] of byMethod)
        for (const [status, count] of byStatus) all.push({ route, method, status, count });
    const nameOf = ({ method, route }: RequestCount): string => `${method} ${route}`;
    return all.sort((a, b) => compareText(nameOf(a), nameOf(b)) || a.status - b.status);
  }
}

/** The map of a name, made when it is met first. */
function within<K, V>(maps: Map<string, Map<K, V>>, name: string): Map<K, V> {
  let map = maps.get(name);
  if (map === undefined) {
    map = new Map();
    maps.set(name, map);
  }
  return map;
}
